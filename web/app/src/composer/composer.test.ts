import { describe, expect, it } from "vitest";
import type { Member, UserId } from "@greenroom/client";
import { findPeople, shortcodeAt, tokenAt } from "./completion";
import { format, inFence, type Change, type Format, type Selected } from "./markup";

/** `|` marks the ends of the selection. */
const selected = (marked: string): Selected => {
  const start = marked.indexOf("|");
  const end = marked.lastIndexOf("|");
  const text = marked.replaceAll("|", "");
  return { text, start, end: end === start ? start : end - 1 };
};
const shown = ({ text }: Selected, { from, to, insert, start, end }: Change): string => {
  const next = text.slice(0, from) + insert + text.slice(to);
  if (start === end) return `${next.slice(0, start)}|${next.slice(start)}`;
  return `${next.slice(0, start)}|${next.slice(start, end)}|${next.slice(end)}`;
};
const apply = (kind: Format, marked: string): string => shown(selected(marked), format(kind, selected(marked)));

describe("formatting", () => {
  it.each([
    ["bold", "a |b| c", "a **|b|** c"],
    ["bold", "a **|b|** c", "a |b| c"],
    ["bold", "a |**b**| c", "a |b| c"],
    ["italic", "|", "_|_"],
    ["code", "x|y|", "x`|y|`"],
    ["codeBlock", "a |b| c", "a \n```\n|b|\n```\n c"],
    ["codeBlock", "|let x|", "```\n|let x|\n```"],
    ["link", "see |here|", "see [here](https://|)"],
    ["link", "|https://a.example|", "[|](https://a.example)"],
    ["list", "a\n|b\nc|\nd", "a\n|- b\n- c|\nd"],
    ["list", "|- a\n- b|", "|a\nb|"],
    ["numbered", "|a\nb|", "|1. a\n2. b|"],
    ["quote", "a|", "> a|"],
    ["quote", "> a|", "a|"],
  ] as const)("%s: %j", (kind, before, after) => expect(apply(kind, before)).toBe(after));

  it("knows when code is being written", () => {
    expect(inFence("```\na", 5)).toBe(true);
    expect(inFence("```\na\n```\n", 10)).toBe(false);
    expect(inFence("a ``` b", 7)).toBe(false);
  });
});

describe("completion", () => {
  it("sees the name before the caret", () => {
    expect(tokenAt("hi @an", 6)).toEqual({ kind: "person", from: 3, typed: "an" });
    expect(tokenAt("@", 1)).toEqual({ kind: "person", from: 0, typed: "" });
    expect(tokenAt("well :smi", 9)).toEqual({ kind: "emoji", from: 5, typed: "smi" });
  });

  it.each(["a@b", "12:30", "note: ", ":-)", ":D", "http://a", "@ann x"])("sees none in %j", (text) =>
    expect(tokenAt(text, text.length)).toBeUndefined(),
  );

  it("sees a whole shortcode", () => {
    expect(shortcodeAt("a :tada:", 8)).toEqual({ from: 2, code: "tada" });
    expect(shortcodeAt("10:30:", 6)).toBeUndefined();
  });

  it("ranks people", () => {
    const member = (name: string, status: Member["status"], standing: Member["standing"] = "joined"): Member => ({
      user: `id-${name}` as UserId,
      name,
      role: "member",
      standing,
      lifted: [],
      status,
    });
    const members = [
      member("Joanna", "online"),
      member("Mary Ann", "online"),
      member("Ann", "offline"),
      member("Änne", "online"),
      member("Annabel", "online", "left"),
    ];
    expect(findPeople(members, "ann", 9).map(({ name }) => name)).toEqual(["Änne", "Ann", "Mary Ann", "Joanna"]);
    expect(findPeople(members, "", 2)).toHaveLength(2);
    expect(findPeople(members, "zz", 9)).toEqual([]);
  });
});
