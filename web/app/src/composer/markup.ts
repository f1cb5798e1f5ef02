/** Formatting of what is being written: pure changes of a text and what is selected in it. */

/** A text with its selection, in UTF-16 units; the caret alone when both ends are the same. */
export interface Selected {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** A change: what stands between `from` and `to` becomes `insert`; then this is selected. */
export interface Change {
  readonly from: number;
  readonly to: number;
  readonly insert: string;
  readonly start: number;
  readonly end: number;
}

export type Format = "bold" | "italic" | "strike" | "code" | "codeBlock" | "link" | "list" | "numbered" | "quote";

const AROUND = { bold: "**", italic: "_", strike: "~~", code: "`" } as const;

/** Formats what is selected, or takes the format off. */
export const format = (kind: Format, selected: Selected): Change => {
  switch (kind) {
    case "bold":
    case "italic":
    case "strike":
    case "code":
      return around(AROUND[kind], selected);
    case "codeBlock":
      return fenced(selected);
    case "link":
      return linked(selected);
    case "list":
      return eachLine(selected, /^[-*] /, () => "- ");
    case "numbered":
      return eachLine(selected, /^\d+\. /, (at) => `${at + 1}. `);
    case "quote":
      return eachLine(selected, /^> ?/, () => "> ");
  }
};

/** Whether a fence of code is open before the caret: there Enter makes a line. */
export const inFence = (text: string, caret: number): boolean => {
  const fences = text.slice(0, caret).match(/^```/gm)?.length ?? 0;
  return fences % 2 === 1;
};

const around = (mark: string, { text, start, end }: Selected): Change => {
  const inner = text.slice(start, end);
  const size = mark.length;
  if (text.slice(start - size, start) === mark && text.slice(end, end + size) === mark && start >= size)
    return { from: start - size, to: end + size, insert: inner, start: start - size, end: end - size };
  if (inner.length >= size * 2 && inner.startsWith(mark) && inner.endsWith(mark)) {
    const bare = inner.slice(size, -size);
    return { from: start, to: end, insert: bare, start, end: start + bare.length };
  }
  return { from: start, to: end, insert: mark + inner + mark, start: start + size, end: end + size };
};

const fenced = ({ text, start, end }: Selected): Change => {
  const before = start === 0 || text[start - 1] === "\n" ? "" : "\n";
  const after = end === text.length || text[end] === "\n" ? "" : "\n";
  const open = `${before}\`\`\`\n`;
  const inner = text.slice(start, end);
  return {
    from: start,
    to: end,
    insert: `${open}${inner}\n\`\`\`${after}`,
    start: start + open.length,
    end: start + open.length + inner.length,
  };
};

const linked = ({ text, start, end }: Selected): Change => {
  const inner = text.slice(start, end);
  const isAddress = /^https?:\/\/\S+$/.test(inner);
  const insert = isAddress ? `[](${inner})` : `[${inner}](https://)`;
  // What is missing yet is where one goes on.
  const caret = isAddress || inner === "" ? start + 1 : start + insert.length - 1;
  return { from: start, to: end, insert, start: caret, end: caret };
};

const eachLine = ({ text, start, end }: Selected, mark: RegExp, make: (at: number) => string): Change => {
  const from = text.lastIndexOf("\n", start - 1) + 1;
  const next = text.indexOf("\n", end);
  const to = next === -1 ? text.length : next;
  const lines = text.slice(from, to).split("\n");
  const marked = lines.every((line) => mark.test(line));
  const insert = lines.map((line, at) => (marked ? line.replace(mark, "") : make(at) + line)).join("\n");
  const caret = from + insert.length;
  return { from, to, insert, start: start === end ? caret : from, end: caret };
};
