import { expect, test } from "vitest";
import { secureLink } from "./secure-address";

test.each([
  ["https://chat.lan:7743", "#/search", "https://chat.lan:7743/#/search"],
  ["https://chat.lan", "", "https://chat.lan/"],
  ["http://chat.lan", "", undefined],
  ["javascript:alert(1)", "", undefined],
  ["nonsense", "", undefined],
])("%s with %j is %s", (origin, fragment, link) => expect(secureLink(origin, fragment)).toBe(link));
