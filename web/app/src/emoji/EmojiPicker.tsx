import { EmojiPicker as Picker, type EmojiData } from "frimousse";
import { useTranslation } from "react-i18next";
import { Spinner } from "../ui/Spinner";
import { loadEmoji, type EmojiSet } from "./data";
import styles from "./EmojiPicker.module.css";

const COLUMNS = 8;
const TONES = ["light", "medium-light", "medium", "medium-dark", "dark"] as const;

/** All emoji to choose from, by name or group. Heavy: loaded when first opened. */
export function EmojiPicker({ onPick }: { readonly onPick: (emoji: string) => void }) {
  const { t, i18n } = useTranslation("timeline");
  const names = {
    light: t("emoji.tones.light"),
    "medium-light": t("emoji.tones.mediumLight"),
    medium: t("emoji.tones.medium"),
    "medium-dark": t("emoji.tones.mediumDark"),
    dark: t("emoji.tones.dark"),
  };
  return (
    <Picker.Root
      className={styles.picker}
      locale={i18n.language}
      columns={COLUMNS}
      resolveEmojiData={async (locale) => toPickerData(locale, await loadEmoji(locale), names)}
      onEmojiSelect={({ emoji }) => onPick(emoji)}
    >
      <div className={styles.head}>
        {/* eslint-disable jsx-a11y/no-autofocus -- opened to choose; focus goes back when it closes */}
        <Picker.Search
          className={styles.search}
          placeholder={t("emoji.search")}
          aria-label={t("emoji.search")}
          autoFocus
        />
        {/* eslint-enable jsx-a11y/no-autofocus */}
        <Picker.SkinToneSelector className={styles.tone} aria-label={t("emoji.tone", { tone: "" })} />
      </div>
      <Picker.Viewport className={styles.viewport}>
        <Picker.Loading className={styles.state}>
          <Spinner />
          <span className="visually-hidden">{t("emoji.loading")}</span>
        </Picker.Loading>
        <Picker.Empty className={styles.state}>{t("emoji.none")}</Picker.Empty>
        <Picker.List
          components={{
            CategoryHeader: ({ category, ...rest }) => (
              <div {...rest} className={styles.group}>
                {category.label}
              </div>
            ),
            Row: ({ children, ...rest }) => (
              // The library counts from 0, ARIA from 1.
              <div {...rest} className={styles.row} aria-rowindex={(rest["aria-rowindex"] ?? 0) + 1}>
                {children}
              </div>
            ),
            Emoji: ({ emoji, ...rest }) => (
              // eslint-disable-next-line jsx-a11y/role-supports-aria-props -- `rest` makes it a cell of a grid
              <button
                {...rest}
                className={styles.emoji}
                title={emoji.label}
                aria-colindex={(rest["aria-colindex"] ?? 0) + 1}
              >
                {emoji.emoji}
              </button>
            ),
          }}
        />
      </Picker.Viewport>
    </Picker.Root>
  );
}

const toPickerData = (locale: string, set: EmojiSet, skinTones: Record<(typeof TONES)[number], string>): EmojiData => ({
  locale,
  categories: set.groups.map(({ index, label }) => ({ index, label })),
  skinTones,
  emojis: set.emojis.map(({ emoji, label, tags, group, skins, shortcodes }) => ({
    emoji,
    label,
    category: group,
    version: 0,
    tags: [...tags, ...shortcodes],
    ...(skins.length === TONES.length && { skins: skinsOf(skins) }),
  })),
});

const skinsOf = (skins: readonly string[]): Record<(typeof TONES)[number], string> => {
  const of = (at: number): string => skins[at] ?? "";
  return { light: of(0), "medium-light": of(1), medium: of(2), "medium-dark": of(3), dark: of(4) };
};
