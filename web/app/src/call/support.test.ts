import { expect, it } from "vitest";
import { secureFrom } from "./support";

it("leads to the same place under the secure address", () => {
  expect(secureFrom({ secure_url: "https://chat.example:7443" }, "#/room/ab")).toBe(
    "https://chat.example:7443/#/room/ab",
  );
});

it.each([{}, null, "text", { secure_url: 5 }, { secure_url: "javascript:alert(1)" }, { secure_url: "http://a" }])(
  "takes nothing from %j",
  (version) => {
    expect(secureFrom(version, "")).toBeUndefined();
  },
);
