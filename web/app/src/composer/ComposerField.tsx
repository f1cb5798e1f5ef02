import { useEffect, useId, useLayoutEffect, useRef, useState, type ChangeEvent, type KeyboardEvent } from "react";
import { CornerDownLeft, SendHorizontal } from "lucide-react";
import { useTranslation } from "react-i18next";
import { MENTIONS_MAX, type DotKey, type RoomHandle, type UserId } from "@greenroom/client";
import { findEmoji, loadEmoji } from "../emoji/data";
import { mentionedIn } from "../markdown/mentions";
import { useSlice } from "../state/client";
import { classes } from "../ui/classes";
import { shortcodeAt } from "./completion";
import { startEditing } from "./editing";
import { applyChange, replace, selectionOf } from "./field";
import { registerComposer } from "./focus";
import { FormatBar } from "./FormatBar";
import { lastOwn } from "./lastOwn";
import { format, inFence, type Format } from "./markup";
import { bytesLeft } from "./size";
import { optionId, SuggestionList } from "./SuggestionList";
import { useSuggestions, type Suggestion } from "./useSuggestions";
import styles from "./ComposerField.module.css";

const SHORTCUTS: Readonly<Record<string, Format>> = { b: "bold", i: "italic", e: "code" };

/** The field, what completes names in it, and its buttons. It keeps what is typed; begins anew under another key. */
export function ComposerField({
  room,
  thread,
  label,
  placeholder,
  action,
  initial,
  takeFocus,
  onChange,
  onSend,
  onCancel,
}: {
  readonly room: RoomHandle;
  readonly thread: DotKey | undefined;
  readonly label: string;
  readonly placeholder: string;
  readonly action: "send" | "save";
  readonly initial: string;
  readonly takeFocus: boolean;
  readonly onChange?: (text: string) => void;
  /** Whether it was taken: then the field is empty again. */
  readonly onSend: (text: string, mentions: readonly UserId[]) => boolean;
  readonly onCancel?: () => void;
}) {
  const { t, i18n } = useTranslation("timeline");
  const id = useId();
  const field = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useState(initial);
  // Why it was not sent as it stands.
  const [fault, setFault] = useState<string>();
  const members = useSlice(room.members);
  const suggestions = useSuggestions(members);
  const left = bytesLeft(text);
  const tooLong = left !== undefined && left < 0;
  const blank = text.trim() === "";
  const listed = suggestions.items.length > 0;

  // As tall as what is in it.
  useLayoutEffect(() => {
    const now = field.current;
    if (now === null) return;
    now.style.blockSize = "auto";
    now.style.blockSize = `${now.scrollHeight}px`;
  }, [text]);
  useEffect(() => {
    const now = field.current;
    if (now === null) return undefined;
    if (takeFocus) {
      now.focus();
      now.setSelectionRange(now.value.length, now.value.length);
    }
    return registerComposer(thread, now);
  }, [thread, takeFocus]);

  const change = ({ target }: ChangeEvent<HTMLTextAreaElement>): void => {
    setText(target.value);
    setFault(undefined);
    onChange?.(target.value);
    if (action === "send") room.setTyping(target.value.trim() !== "");
    suggestions.look(target.value, target.selectionStart);
    const code = shortcodeAt(target.value, target.selectionStart);
    if (code !== undefined) void putShortcode(target, code.from, code.code, i18n.language);
  };

  const send = (): void => {
    if (blank) return;
    if (tooLong) {
      setFault(t("compose.tooLongSend"));
      return;
    }
    const written = trimmed(text);
    const joined = members.filter(({ standing }) => standing === "joined");
    const mentions = mentionedIn(written, joined);
    if (mentions.length > MENTIONS_MAX) {
      setFault(t("compose.tooManySend", { count: mentions.length, max: MENTIONS_MAX }));
      return;
    }
    if (!onSend(written, mentions)) return;
    setText("");
    suggestions.close();
  };

  const take = (suggestion: Suggestion): void => {
    const { token } = suggestions;
    if (field.current === null || token === undefined) return;
    const insert = suggestion.kind === "person" ? `@${suggestion.member.name} ` : `${suggestion.entry.emoji} `;
    replace(field.current, token.from, token.from + token.typed.length + 1, insert);
    suggestions.close();
  };

  const key = (event: KeyboardEvent<HTMLTextAreaElement>): void => {
    // Enter of an input method chooses a word; 229 is what old ones report.
    if (event.nativeEvent.isComposing || event.keyCode === 229) return;
    const run = listed ? suggestionKey(event, suggestions, take) : undefined;
    const act = run ?? fieldKey(event, { send, onCancel, room, thread });
    if (act === undefined) return;
    event.preventDefault();
    act();
  };

  const apply = (kind: Format): void => {
    if (field.current !== null) applyChange(field.current, format(kind, selectionOf(field.current)));
  };
  const insert = (what: string): void => {
    const now = field.current;
    if (now !== null) replace(now, now.selectionStart, now.selectionEnd, what);
  };

  const SendIcon = action === "save" ? CornerDownLeft : SendHorizontal;
  return (
    <div className={classes(styles.box, (tooLong || fault !== undefined) && styles.tooLong)}>
      {listed && (
        <SuggestionList id={`${id}-list`} items={suggestions.items} chosen={suggestions.chosen} onTake={take} />
      )}
      <textarea
        ref={field}
        className={styles.field}
        rows={1}
        data-landmark-focus={thread === undefined ? "" : undefined}
        dir="auto"
        value={text}
        placeholder={placeholder}
        aria-label={label}
        aria-autocomplete="list"
        aria-haspopup="listbox"
        aria-controls={listed ? `${id}-list` : undefined}
        aria-activedescendant={listed ? optionId(`${id}-list`, suggestions.chosen) : undefined}
        aria-describedby={left === undefined ? undefined : `${id}-left`}
        aria-invalid={tooLong || fault !== undefined || undefined}
        enterKeyHint={isTouch() ? "enter" : "send"}
        onChange={change}
        onKeyDown={key}
        onSelect={({ currentTarget }) => suggestions.look(currentTarget.value, currentTarget.selectionStart)}
        onBlur={() => {
          suggestions.close();
          room.setTyping(false);
        }}
      />
      {fault !== undefined && (
        <p className={styles.fault} role="alert">
          {fault}
        </p>
      )}
      <div className={styles.bar}>
        <FormatBar onFormat={apply} onInsert={insert} field={field} />
        {left !== undefined && (
          <span id={`${id}-left`} className={classes(styles.left, tooLong && styles.over)} role="status">
            {tooLong ? t("compose.tooLong", { count: -left }) : t("compose.left", { count: left })}
          </span>
        )}
        <button
          type="button"
          className={styles.send}
          aria-label={t(`compose.${action}`)}
          title={t(`compose.${action}`)}
          disabled={blank}
          // The field keeps the focus, and a phone its keyboard.
          onPointerDown={(event) => event.preventDefault()}
          onClick={send}
        >
          <SendIcon size={18} aria-hidden="true" />
        </button>
      </div>
    </div>
  );
}

/** Blank lines around go; the indent of the first line stays: it may be code. */
const trimmed = (text: string): string => text.replace(/^(?:[^\S\n]*\n)+/, "").trimEnd();

const isTouch = (): boolean => matchMedia("(pointer: coarse)").matches;

const suggestionKey = (
  { key, shiftKey }: KeyboardEvent,
  { items, chosen, choose, close }: ReturnType<typeof useSuggestions>,
  take: (suggestion: Suggestion) => void,
): (() => void) | undefined => {
  switch (key) {
    case "ArrowDown":
      return () => choose((chosen + 1) % items.length);
    case "ArrowUp":
      return () => choose((chosen - 1 + items.length) % items.length);
    case "Enter":
    case "Tab": {
      const item = items[chosen];
      return item === undefined || shiftKey ? undefined : () => take(item);
    }
    case "Escape":
      return close;
    default:
      return undefined;
  }
};

const fieldKey = (
  event: KeyboardEvent<HTMLTextAreaElement>,
  {
    send,
    onCancel,
    room,
    thread,
  }: {
    readonly send: () => void;
    readonly onCancel: (() => void) | undefined;
    readonly room: RoomHandle;
    readonly thread: DotKey | undefined;
  },
): (() => void) | undefined => {
  const field = event.currentTarget;
  const control = event.ctrlKey || event.metaKey;
  if (event.key === "Enter") {
    if (control) return send;
    if (event.shiftKey || isTouch() || inFence(field.value, field.selectionStart)) return undefined;
    return send;
  }
  if (event.key === "Escape") return onCancel;
  // With Alt it goes to the room above.
  if (event.key === "ArrowUp" && !event.altKey && field.value === "" && onCancel === undefined) {
    const message = lastOwn(thread);
    return message === undefined ? undefined : () => startEditing(room.id, thread, message);
  }
  const kind = control && !event.altKey && !event.shiftKey ? SHORTCUTS[event.key.toLowerCase()] : undefined;
  return kind === undefined ? undefined : () => applyChange(field, format(kind, selectionOf(field)));
};

/** `:tada:` becomes its emoji, if it is one. */
const putShortcode = async (
  field: HTMLTextAreaElement,
  from: number,
  code: string,
  language: string,
): Promise<void> => {
  const [found] = findEmoji(await loadEmoji(language), code, 1);
  const whole = `:${code}:`;
  // Typing went on meanwhile.
  if (found?.shortcodes.includes(code) !== true || field.value.slice(from, from + whole.length) !== whole) return;
  replace(field, from, from + whole.length, found.emoji);
};
