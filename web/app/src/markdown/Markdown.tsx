import { memo, type ReactNode } from "react";
import { ExternalLink } from "lucide-react";
import { classes } from "../ui/classes";
import { CodeBlock } from "./CodeBlock";
import { splitMentions, type Named } from "./mentions";
import { parseMarkdown } from "./parse";
import type { Block, Inline } from "./tree";
import { useWords } from "../timeline/words";
import styles from "./Markdown.module.css";

/** Who is named in the text, and who reads it. */
interface Reading {
  readonly mentions: readonly Named[];
  readonly self: string | undefined;
}

/** At most so many emoji alone stand larger. */
const JUMBO_CHARS_MAX = 16;
const ONLY_EMOJI = /^(?:\p{Extended_Pictographic}|\p{Regional_Indicator}|\p{Emoji_Modifier}|\u200d|\ufe0f|\s)+$/u;

/** The text of a message, formatted. `mentions` are those its post names; `self` is told apart. */
export const Markdown = memo(function Markdown({
  text,
  mentions,
  self,
  tailed = false,
}: {
  readonly text: string;
  readonly mentions: readonly Named[];
  readonly self?: string | undefined;
  /** Something follows on the line of the last word. */
  readonly tailed?: boolean;
}) {
  const jumbo = text.length <= JUMBO_CHARS_MAX && ONLY_EMOJI.test(text);
  return (
    <div className={classes(styles.text, jumbo && styles.jumbo, tailed && styles.tailed)} dir="auto" data-part="text">
      {blocksOf(parseMarkdown(text), { mentions, self })}
    </div>
  );
});

const blocksOf = (blocks: readonly Block[], reading: Reading): ReactNode =>
  blocks.map((block, at) => <BlockView key={at} block={block} reading={reading} />);

function BlockView({ block, reading }: { readonly block: Block; readonly reading: Reading }) {
  switch (block.is) {
    case "paragraph":
      return <p dir="auto">{inlinesOf(block.inlines, reading)}</p>;
    case "heading":
      // Not a heading of the page: messages are not its chapters.
      return (
        <p dir="auto" className={classes(styles.heading, block.level === 1 && styles.first)}>
          {inlinesOf(block.inlines, reading)}
        </p>
      );
    case "code":
      return <CodeBlock text={block.text} language={block.language} />;
    case "quote":
      return <blockquote className={styles.quote}>{blocksOf(block.blocks, reading)}</blockquote>;
    case "list":
      return <ListView list={block} reading={reading} />;
    case "rule":
      return <hr className={styles.rule} />;
  }
}

function ListView({ list, reading }: { readonly list: Block & { readonly is: "list" }; readonly reading: Reading }) {
  const { t } = useWords();
  const items = list.items.map(({ checked, blocks }, at) => (
    <li key={at} className={checked === undefined ? undefined : styles.task}>
      {checked !== undefined && (
        <span
          className={classes(styles.box, checked && styles.done)}
          role="img"
          aria-label={t(checked ? "taskDone" : "taskOpen")}
        />
      )}
      <div className={styles.item}>{blocksOf(blocks, reading)}</div>
    </li>
  ));
  return list.start === undefined ? (
    <ul className={styles.list}>{items}</ul>
  ) : (
    <ol className={classes(styles.list, styles.numbered)} start={list.start}>
      {items}
    </ol>
  );
}

const inlinesOf = (inlines: readonly Inline[], reading: Reading): ReactNode =>
  inlines.map((inline, at) => <InlineView key={at} inline={inline} reading={reading} />);

function InlineView({ inline, reading }: { readonly inline: Inline; readonly reading: Reading }) {
  switch (inline.is) {
    case "text":
      return <TextView text={inline.text} reading={reading} />;
    case "break":
      return <br />;
    case "strong":
      return <strong>{inlinesOf(inline.inlines, reading)}</strong>;
    case "emphasis":
      return <em>{inlinesOf(inline.inlines, reading)}</em>;
    case "strike":
      return <s>{inlinesOf(inline.inlines, reading)}</s>;
    case "code":
      return <code className={styles.code}>{inline.text}</code>;
    case "link":
      return <LinkView link={inline} />;
  }
}

function TextView({ text, reading }: { readonly text: string; readonly reading: Reading }) {
  return splitMentions(text, reading.mentions).map((piece, at) =>
    typeof piece === "string" ? (
      piece
    ) : (
      <bdi
        key={at}
        className={classes(styles.mention, piece.user === reading.self && styles.me)}
        data-user={piece.user}
      >
        @{piece.name}
      </bdi>
    ),
  );
}

function LinkView({ link }: { readonly link: Inline & { readonly is: "link" } }) {
  const { t } = useWords();
  // A place in this app opens in this page.
  const inside = link.href.startsWith(`${location.origin}${location.pathname}#`);
  return (
    <>
      <a href={link.href} title={link.href} rel="noopener noreferrer" {...(!inside && { target: "_blank" })}>
        {inlinesOf(link.inlines, { mentions: [], self: undefined })}
      </a>
      {link.leadsTo !== undefined && (
        <span className={styles.host}>
          <ExternalLink size={12} aria-hidden="true" />
          <span className="visually-hidden">{t("linkLeadsTo", { host: link.leadsTo })}</span>
          <bdi dir="ltr" aria-hidden="true">
            {link.leadsTo}
          </bdi>
        </span>
      )}
    </>
  );
}
