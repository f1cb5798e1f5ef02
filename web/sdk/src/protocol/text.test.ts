import fc from "fast-check";
import { expect, test } from "vitest";
import { utf8Length, wellFormed } from "./text.js";

const anyText = fc.string({ unit: fc.nat({ max: 0xffff }).map((unit) => String.fromCharCode(unit)) });
const texts = fc.oneof(
  anyText,
  fc.string({ unit: "binary" }),
  fc.constantFrom("\ud83d", "\udc4b", "a👋\ud83d", "\ud83d\ud83d\udc4b"),
);

test("a text is as long as its bytes", () => {
  fc.assert(fc.property(texts, (text) => utf8Length(text) === new TextEncoder().encode(text).length));
});

test("a well-formed text is what its bytes say", () => {
  fc.assert(
    fc.property(texts, (text) => {
      expect(wellFormed(text)).toBe(
        new TextDecoder("utf-8", { ignoreBOM: true }).decode(new TextEncoder().encode(text)),
      );
    }),
  );
});
