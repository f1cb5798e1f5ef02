/** What a message's text means: the safe subset of markdown as a tree. There is no node for HTML or pictures. */

/** A part of a message that begins on a line of its own. */
export type Block =
  | { readonly is: "paragraph"; readonly inlines: readonly Inline[] }
  | { readonly is: "heading"; readonly level: number; readonly inlines: readonly Inline[] }
  | { readonly is: "code"; readonly text: string; readonly language: string }
  | { readonly is: "quote"; readonly blocks: readonly Block[] }
  | { readonly is: "list"; readonly start?: number; readonly items: readonly ListItem[] }
  | { readonly is: "rule" };

/** A line of a list; `checked` of a task. */
export interface ListItem {
  readonly checked?: boolean;
  readonly blocks: readonly Block[];
}

/** A part of a line. */
export type Inline =
  | { readonly is: "text"; readonly text: string }
  | { readonly is: "break" }
  | { readonly is: "strong" | "emphasis" | "strike"; readonly inlines: readonly Inline[] }
  | { readonly is: "code"; readonly text: string }
  /** `leadsTo`: the real host, when the text makes one believe in another. */
  | { readonly is: "link"; readonly href: string; readonly leadsTo?: string; readonly inlines: readonly Inline[] };

/** The letters alone, for excerpts, announcements and notifications. */
export const plainText = (blocks: readonly Block[]): string =>
  blocks.map(blockText).join(" ").replace(/\s+/g, " ").trim();

const blockText = (block: Block): string => {
  switch (block.is) {
    case "paragraph":
    case "heading":
      return inlineText(block.inlines);
    case "code":
      return block.text;
    case "quote":
      return plainText(block.blocks);
    case "list":
      return block.items.map((item) => plainText(item.blocks)).join(" ");
    case "rule":
      return "";
  }
};

const inlineText = (inlines: readonly Inline[]): string =>
  inlines
    .map((inline) => {
      switch (inline.is) {
        case "text":
        case "code":
          return inline.text;
        case "break":
          return " ";
        case "strong":
        case "emphasis":
        case "strike":
        case "link":
          return inlineText(inline.inlines);
      }
    })
    .join("");
