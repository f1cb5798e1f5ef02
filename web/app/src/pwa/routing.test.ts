import { expect, test } from "vitest";
import { cacheToDrop, routeOf } from "./routing";

const ORIGIN = "https://chat.lan";
const get = (path: string, mode: RequestMode = "cors") => ({ url: new URL(path, ORIGIN).href, method: "GET", mode });

test.each([
  [get("/", "navigate"), "page"],
  [get("/index.html", "navigate"), "page"],
  [get("/metrics", "navigate"), "network"],
  [get("/assets/index-abc.js"), "asset"],
  [get("/version"), "network"],
  [get("/ws"), "network"],
  [get("/sw.js"), "network"],
  [{ ...get("/assets/x.js"), method: "POST" }, "network"],
  [get("https://elsewhere.lan/assets/x.js"), "network"],
] as const)("%j is answered by: %s", (request, route) => expect(routeOf(request, ORIGIN)).toBe(route));

test("the build before the present one stays, older ones go, others' caches are let be", () => {
  const names = ["greenroom-1", "others", "greenroom-2", "greenroom-3"];
  expect(cacheToDrop(names, "greenroom-3")).toEqual(["greenroom-1"]);
  expect(cacheToDrop(names, "greenroom-4")).toEqual(["greenroom-1", "greenroom-2"]);
  expect(cacheToDrop(["greenroom-1"], "greenroom-1")).toEqual([]);
});
