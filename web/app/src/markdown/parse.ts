/**
 * Text of a message → tree. `marked` reads the text; only what is known to be safe passes into the tree, and input made
 * to be slow is not read as markdown at all: some rules of the lexer are quadratic in runs of delimiters.
 */

import { Marked, type Token, type Tokens } from "marked";
import { hostToTell, safeAddress, visibleText } from "./links";
import type { Block, Inline, ListItem } from "./tree";

/** Quotes in lists in emphasis …: what is deeper is shown as it was typed. */
const DEPTH_MAX = 8;
/** More delimiters than these in one message, and it is shown as it was typed. */
const DELIMITERS_MAX = 1_200;
/** A longer run of characters without a space, likewise. */
const WORD_CHARS_MAX = 4_000;
const LANGUAGE_CHARS_MAX = 24;
/** Parsed messages kept, so that a row that comes back into view costs nothing. */
const PARSED_MAX = 400;

const nothing = (): undefined => undefined;
const lexer = new Marked({
  gfm: true,
  breaks: true,
  tokenizer: {
    html: nothing,
    tag: nothing,
    table: nothing,
    def: nothing,
    lheading: nothing,
    reflink: nothing,
    // One tilde stands for "about" more often than for struck text.
    del: (source) => (source.startsWith("~~") ? false : undefined),
  },
});

const parsed = new Map<string, readonly Block[]>();

/** The tree of a message's text: pure, remembered for the texts seen last. */
export const parseMarkdown = (text: string): readonly Block[] => {
  const known = parsed.get(text);
  if (known !== undefined) {
    parsed.delete(text);
    parsed.set(text, known);
    return known;
  }
  const blocks = read(text);
  parsed.set(text, blocks);
  if (parsed.size > PARSED_MAX) {
    const [oldest] = parsed.keys();
    if (oldest !== undefined) parsed.delete(oldest);
  }
  return blocks;
};

/** A message that the lexer stumbles over must not take the timeline with it. */
const read = (text: string): readonly Block[] => {
  if (!isReadable(text)) return asTyped(text);
  try {
    return toBlocks(lexer.lexer(text), 0);
  } catch {
    return asTyped(text);
  }
};

/** Whether the lexer gets through it quickly. Linear itself. Code between fences costs the lexer nothing. */
const isReadable = (text: string): boolean => {
  let delimiters = 0;
  let fence = 0;
  for (const line of text.split("\n")) {
    if (fence > 0) {
      const closing = /^(`{3,})\s*$/.exec(line)?.[1];
      if (closing !== undefined && closing.length >= fence) fence = 0;
      continue;
    }
    fence = /^(`{3,})[^`]*$/.exec(line)?.[1]?.length ?? 0;
    delimiters += countDelimiters(line);
    if (delimiters > DELIMITERS_MAX || hasLongWord(line) || isNestedTooDeep(line)) return false;
  }
  return true;
};

/** `*`, `_`, `~`, `[`, `]`, `` ` ``, `<`, `\`: what the lexer has to look behind for. */
const countDelimiters = (line: string): number => {
  let count = 0;
  for (let at = 0; at < line.length; at += 1) if ("*_~[]`<\\".includes(line.charAt(at))) count += 1;
  return count;
};

const hasLongWord = (line: string): boolean => {
  let from = 0;
  for (let at = 0; at <= line.length; at += 1) {
    const char = line.charCodeAt(at);
    if (char === 32 || char === 9 || at === line.length) {
      if (at - from > WORD_CHARS_MAX) return true;
      from = at + 1;
    }
  }
  return false;
};

/** Quotes and lists nest on one line, too: `> - 1. a`. A rule (`-----`) does not. */
const isNestedTooDeep = (line: string): boolean => {
  const head = /^(?:[\s>*+-]|\d+[.)])+/.exec(line)?.[0] ?? "";
  const markers = head.match(/[>*+-]|\d+/g) ?? [];
  return markers.length > DEPTH_MAX && !/^\s*([-*])(?:\s*\1)*\s*$/.test(line);
};

const asTyped = (text: string): readonly Block[] => [{ is: "paragraph", inlines: lines(text) }];

const lines = (text: string): readonly Inline[] =>
  text.split("\n").flatMap((line, at): Inline[] => (at === 0 ? [textOf(line)] : [{ is: "break" }, textOf(line)]));

const textOf = (text: string): Inline => ({ is: "text", text });

const toBlocks = (tokens: readonly Token[], depth: number): readonly Block[] =>
  tokens.flatMap((token) => toBlock(token as Tokens.Generic, depth));

const toBlock = (token: Tokens.Generic, depth: number): readonly Block[] => {
  const inner = token.tokens ?? [];
  if (depth >= DEPTH_MAX && token.type !== "space") return asTyped(token.raw);
  switch (token.type) {
    case "space":
    case "checkbox":
      return [];
    case "heading":
      return [{ is: "heading", level: (token as Tokens.Heading).depth, inlines: toInlines(inner, depth + 1) }];
    case "code":
      return [{ is: "code", text: (token as Tokens.Code).text, language: languageOf((token as Tokens.Code).lang) }];
    case "blockquote":
      return [{ is: "quote", blocks: toBlocks(inner, depth + 1) }];
    case "list":
      return [toList(token as Tokens.List, depth)];
    case "hr":
      return [{ is: "rule" }];
    case "paragraph":
    case "text":
      return [{ is: "paragraph", inlines: token.tokens ? toInlines(inner, depth + 1) : lines(token.raw) }];
    default:
      return asTyped(token.raw);
  }
};

const toList = (list: Tokens.List, depth: number): Block => ({
  is: "list",
  ...(list.ordered && { start: list.start === "" ? 1 : list.start }),
  items: list.items.map((item): ListItem => {
    const blocks = toBlocks(item.tokens, depth + 1);
    return item.task ? { checked: item.checked === true, blocks } : { blocks };
  }),
});

const toInlines = (tokens: readonly Token[], depth: number): readonly Inline[] =>
  tokens.flatMap((token) => toInline(token as Tokens.Generic, depth));

const toInline = (token: Tokens.Generic, depth: number): readonly Inline[] => {
  if (depth > DEPTH_MAX * 2) return lines(token.raw);
  const inlines = (): readonly Inline[] => toInlines(token.tokens ?? [], depth + 1);
  switch (token.type) {
    case "br":
      return [{ is: "break" }];
    case "strong":
      return [{ is: "strong", inlines: inlines() }];
    case "em":
      return [{ is: "emphasis", inlines: inlines() }];
    case "del":
      return [{ is: "strike", inlines: inlines() }];
    case "codespan":
      return [{ is: "code", text: (token as Tokens.Codespan).text }];
    case "escape":
      return [textOf((token as Tokens.Escape).text)];
    case "checkbox":
      return [];
    case "link":
    case "image":
      return toLink(token as Tokens.Link | Tokens.Image, depth);
    case "text":
      return token.tokens ? inlines() : lines((token as Tokens.Text).text);
    default:
      return lines(token.raw);
  }
};

const toLink = (token: Tokens.Link | Tokens.Image, depth: number): readonly Inline[] => {
  const url = safeAddress(token.href);
  if (url === undefined) return lines(token.raw);
  const text = visibleText(token.text);
  const leadsTo = hostToTell(text, url);
  // What is hidden in the text of a link is there to deceive: then its visible letters alone are shown.
  const isPlain = token.type === "image" || text.trim() === "" || text !== token.text;
  const inner = isPlain ? [] : toInlines(token.tokens, depth + 1);
  const inlines = inner.length === 0 ? [textOf(text.trim() === "" ? url.href : text)] : inner;
  return [{ is: "link", href: url.href, inlines, ...(leadsTo !== undefined && { leadsTo }) }];
};

/** The first word of what stands behind the fence, if it can be the name of a language. */
const languageOf = (info: string | undefined): string =>
  /^[\w+#.-]+/.exec(info ?? "")?.[0].slice(0, LANGUAGE_CHARS_MAX) ?? "";
