import { describe, expect, it } from "vitest";
import fc from "fast-check";
import { MENTIONS_MAX, type UserId } from "@greenroom/client";
import { mentionedIn, splitMentions } from "./mentions";
import { parseMarkdown } from "./parse";
import { plainText, type Block, type Inline } from "./tree";

const SIZE = 16_384;
const fill = (part: string): string => part.repeat(Math.ceil(SIZE / part.length)).slice(0, SIZE);
const paragraph = (...inlines: Inline[]): Block => ({ is: "paragraph", inlines });
const text = (value: string): Inline => ({ is: "text", text: value });

/** All links of a tree. */
const hrefs = (node: unknown): string[] => {
  if (typeof node !== "object" || node === null) return [];
  const own = "href" in node && typeof node.href === "string" ? [node.href] : [];
  return [...own, ...Object.values(node).flatMap(hrefs)];
};

const depthOf = (node: unknown): number =>
  typeof node === "object" && node !== null ? 1 + Math.max(0, ...Object.values(node).map(depthOf)) : 0;

describe("markdown", () => {
  it("reads the subset", () => {
    expect(parseMarkdown("a **b** _c_ ~~d~~ `e`\nf")).toEqual([
      paragraph(
        text("a "),
        { is: "strong", inlines: [text("b")] },
        text(" "),
        { is: "emphasis", inlines: [text("c")] },
        text(" "),
        { is: "strike", inlines: [text("d")] },
        text(" "),
        { is: "code", text: "e" },
        { is: "break" },
        text("f"),
      ),
    ]);
    expect(parseMarkdown("```rust\nfn main() {}\n  x\n```")).toEqual([
      { is: "code", text: "fn main() {}\n  x", language: "rust" },
    ]);
    expect(parseMarkdown("> a\n\n3. b\n4. c")).toEqual([
      { is: "quote", blocks: [paragraph(text("a"))] },
      { is: "list", start: 3, items: [{ blocks: [paragraph(text("b"))] }, { blocks: [paragraph(text("c"))] }] },
    ]);
    expect(parseMarkdown("- [x] a")).toEqual([
      { is: "list", items: [{ checked: true, blocks: [paragraph(text("a"))] }] },
    ]);
  });

  it("leaves as typed what is not of it", () => {
    for (const typed of [
      "<script>alert(1)</script>",
      "<img src=x onerror=alert(1)>",
      "a <b>bold</b> &amp; &lt;",
      "~5 to ~6",
      "[a][b]",
      "|a|b|",
      "snake_case_name",
      "[x](javascript:alert(1))",
      "[x](JaVaScRiPt:alert(1))",
      "[x](data:text/html,hello)",
      "[x](vbscript:x)",
      "[x](/relative)",
      "![x](javascript:alert(1))",
    ])
      expect(parseMarkdown(typed)).toEqual([paragraph(text(typed))]);
  });

  it("links only to safe addresses, pictures too", () => {
    expect(parseMarkdown("https://a.example/b?c=1.")).toEqual([
      paragraph({ is: "link", href: "https://a.example/b?c=1", inlines: [text("https://a.example/b?c=1")] }, text(".")),
    ]);
    expect(hrefs(parseMarkdown("![cat](https://a.example/cat.png) <mailto:a@b.example> www.c.example"))).toEqual([
      "https://a.example/cat.png",
      "mailto:a@b.example",
      "http://www.c.example/",
    ]);
    expect(hrefs(parseMarkdown("java\nscript:alert(1) javascript://a.example/%0aalert(1)"))).toEqual([]);
  });

  it("tells the host when the text of a link names another", () => {
    const link = (source: string): unknown => {
      const [block] = parseMarkdown(source);
      return block?.is === "paragraph" ? block.inlines[0] : undefined;
    };
    expect(link("[https://bank.example](https://evil.example/)")).toMatchObject({ leadsTo: "evil.example" });
    expect(link("[bank.example](https://evil.example/)")).toMatchObject({ leadsTo: "evil.example" });
    expect(link("[the bank](https://bank.example/)")).not.toHaveProperty("leadsTo");
    expect(link("[www.bank.example/a](https://bank.example/a)")).not.toHaveProperty("leadsTo");
    expect(link("https://bank.example@evil.example/")).toMatchObject({ leadsTo: "evil.example" });
    // A Cyrillic "а" reads as a Latin one.
    expect(link("https://b\u0430nk.example/")).toMatchObject({ leadsTo: "xn--bnk-6cd.example" });
    // An override of direction must not hide the address.
    expect(link("[\u202eelpmaxe.knab](https://evil.example)")).toMatchObject({
      inlines: [text("elpmaxe.knab")],
      leadsTo: "evil.example",
    });
  });

  it("keeps strange letters", () => {
    const zalgo = "Z\u0351\u036b\u0343a\u0357l\u0366g\u0335o\u0322".repeat(200);
    expect(plainText(parseMarkdown(zalgo))).toBe(zalgo);
    expect(plainText(parseMarkdown("\u202eabc\u202c \ud83d\udc69\u200d\ud83d\udcbb \ud800 \u0000"))).toContain("abc");
  });

  it("reads long code in a fence as code", () => {
    const code = "let a_b = c[0][1] * d_e;\n".repeat(300);
    expect(parseMarkdown("```\n" + code + "```\nand **more**")).toMatchObject([{ is: "code" }, { is: "paragraph" }]);
  });

  it.each([
    fill(">"),
    fill("> "),
    fill("- "),
    fill("1. "),
    fill("> - 1) "),
    fill("*"),
    fill("_a "),
    fill("*a_"),
    fill("__a__b"),
    fill("a**b"),
    fill("["),
    fill("[x]("),
    fill("![a](<"),
    fill("`"),
    fill("<http://"),
    fill("\\"),
    fill("a.b-c"),
    fill("http://a.b/)"),
    fill("http://"),
    fill("www."),
    fill("a@b."),
    fill("# "),
    fill("```\n"),
    fill("\n"),
    fill(" ") + "x",
    fill("*a_ "),
    "````\n```\n````\n" + fill("*a_"),
    fill("a"),
    Array.from({ length: 170 }, (_, depth) => " ".repeat(depth) + "- a").join("\n"),
    Array.from({ length: 300 }, (_, depth) => "> ".repeat(depth % 30) + "a").join("\n"),
  ])("gets through 16 KiB made to be slow: %#", (hostile) => {
    const blocks = parseMarkdown(hostile);
    expect(depthOf(blocks)).toBeLessThan(100);
    // Nothing but the markers is lost.
    const letters = (value: string): string => value.replace(/[^a-z]/g, "");
    expect(letters(plainText(blocks)).length).toBeGreaterThanOrEqual(
      letters(hostile.replace(/^```.*$/gm, "")).length / 2,
    );
  });

  it("never throws, and never links elsewhere than where it may", () => {
    const part = fc.constantFrom(
      ..."*_~`[]()<>!#-+.\\|:@ \n\t".split(""),
      "a",
      "javascript:",
      "https://a.example",
      "www.",
      "1. ",
      "data:",
      "&lt;",
      "\u202e",
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 120 }), (parts) => {
        for (const href of hrefs(parseMarkdown(parts.join("")))) expect(href).toMatch(/^(https?:|mailto:)/);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("mentions", () => {
  const ann = { user: "u1" as UserId, name: "Ann" };
  const annLee = { user: "u2" as UserId, name: "Ann Lee" };
  const li = { user: "u3" as UserId, name: "李雷" };

  it("finds names, the longest first, and ids", () => {
    expect(splitMentions("hi @ann lee, @Ann! @u1", [ann, annLee])).toEqual(["hi ", annLee, ", ", ann, "! ", ann]);
    expect(splitMentions("你好@李雷你来了", [li])).toEqual(["你好", li, "你来了"]);
  });

  it("leaves addresses and longer words alone", () => {
    expect(splitMentions("x@ann @annette @", [ann])).toEqual(["x@ann @annette @"]);
    expect(splitMentions("@ann", [])).toEqual(["@ann"]);
  });

  it("says whom a text mentions, each once", () => {
    expect(mentionedIn("@Ann @Ann @Ann Lee", [ann, annLee])).toEqual(["u1", "u2"]);
  });

  it("counts everybody a text mentions, also more than a post takes", () => {
    const crowd = Array.from({ length: MENTIONS_MAX + 1 }, (_, at) => ({
      user: `u${at}` as UserId,
      name: `Crew ${at}.`,
    }));
    expect(mentionedIn(crowd.map(({ name }) => `@${name}`).join(" "), crowd)).toHaveLength(MENTIONS_MAX + 1);
  });
});
