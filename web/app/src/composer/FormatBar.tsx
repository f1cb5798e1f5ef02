import { Toolbar, ToolbarItem } from "@ariakit/react/toolbar";
import {
  AtSign,
  Bold,
  CaseSensitive,
  Code,
  Italic,
  Link,
  List,
  ListOrdered,
  Smile,
  SquareCode,
  Strikethrough,
  TextQuote,
  type LucideIcon,
} from "lucide-react";
import { useState, type RefObject } from "react";
import { useTranslation } from "react-i18next";
import { EmojiPopover } from "../emoji/EmojiPopover";
import type { Anchor } from "../timeline/actions";
import { classes } from "../ui/classes";
import { IconButton } from "../ui/IconButton";
import type { Format } from "./markup";
import styles from "./FormatBar.module.css";

const FORMATS: readonly { readonly kind: Format; readonly icon: LucideIcon; readonly keys?: string }[] = [
  { kind: "bold", icon: Bold, keys: "Ctrl+B" },
  { kind: "italic", icon: Italic, keys: "Ctrl+I" },
  { kind: "strike", icon: Strikethrough },
  { kind: "code", icon: Code, keys: "Ctrl+E" },
  { kind: "codeBlock", icon: SquareCode },
  { kind: "link", icon: Link },
  { kind: "list", icon: List },
  { kind: "numbered", icon: ListOrdered },
  { kind: "quote", icon: TextQuote },
];

/** Buttons under the field: emoji, a mention, and formats. One stop for Tab; arrows move within. */
export function FormatBar({
  onFormat,
  onInsert,
  field,
}: {
  readonly onFormat: (kind: Format) => void;
  readonly onInsert: (text: string) => void;
  readonly field: RefObject<HTMLTextAreaElement | null>;
}) {
  const { t } = useTranslation("timeline");
  const [anchor, setAnchor] = useState<Anchor>();
  const [shown, setShown] = useState(false);
  const keepFocus = { onPointerDown: (event: { preventDefault(): void }) => event.preventDefault() };
  return (
    <Toolbar aria-label={t("compose.toolbar")} className={styles.bar ?? ""}>
      <ToolbarItem
        {...keepFocus}
        render={<IconButton icon={Smile} label={t("compose.emoji")} placement="top" />}
        onClick={(event) => {
          const focus = field.current;
          const { x, y, width, height } = event.currentTarget.getBoundingClientRect();
          if (focus !== null) setAnchor({ rect: { x, y, width, height }, focus });
        }}
      />
      <ToolbarItem
        {...keepFocus}
        render={<IconButton icon={AtSign} label={t("compose.mention")} placement="top" />}
        onClick={() =>
          onInsert(/(^|\s)$/.test(field.current?.value.slice(0, field.current.selectionStart) ?? "") ? "@" : " @")
        }
      />
      <ToolbarItem
        {...keepFocus}
        className={styles.toggle}
        render={
          <IconButton
            icon={CaseSensitive}
            label={t("compose.formatting")}
            pressed={shown}
            placement="top"
            iconSize={20}
          />
        }
        onClick={() => setShown(!shown)}
      />
      <span className={styles.line} aria-hidden="true" />
      {FORMATS.map(({ kind, icon, keys }) => (
        <ToolbarItem
          key={kind}
          {...keepFocus}
          className={classes(styles.format, shown && styles.shown)}
          render={
            <IconButton
              icon={icon}
              label={t(`compose.${kind}`)}
              placement="top"
              iconSize={16}
              {...(keys !== undefined && { keys })}
            />
          }
          onClick={() => onFormat(kind)}
        />
      ))}
      {anchor !== undefined && <EmojiPopover anchor={anchor} onPick={onInsert} onClose={() => setAnchor(undefined)} />}
    </Toolbar>
  );
}
