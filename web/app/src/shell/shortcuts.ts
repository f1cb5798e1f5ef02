/** Every shortcut of the app, once: what the keys do and what the list of shortcuts says come from here. */

/** What the shell does for keys. */
export type Command =
  | "switcher"
  | "search"
  | "previousRoom"
  | "nextRoom"
  | "previousUnread"
  | "nextUnread"
  | "landmarks"
  | "landmarksBack"
  | "members"
  | "settings"
  | "shortcuts";

/** Keys pressed together: modifiers, then `KeyboardEvent.key`. `Mod` is ⌘ on Apple's keyboards, else Ctrl. */
export type Keys = readonly [...("Mod" | "Alt" | "Shift")[], string];

type Told =
  | "escape"
  | "send"
  | "newline"
  | "editLast"
  | "bold"
  | "italic"
  | "code"
  | "mute"
  | "camera"
  | "talk"
  | "hand"
  | "screen"
  | "view"
  | "people"
  | "chat"
  | "fullScreen"
  | "messages"
  | "menu"
  | "reply"
  | "react"
  | "edit"
  | "delete";

/** `does` is done here; `tells` is done by what has the focus and only listed. */
export type Shortcut =
  | { readonly group: Group; readonly does: Command; readonly keys: Keys }
  | { readonly group: Group; readonly tells: Told; readonly keys: Keys };

export type Group = "general" | "writing" | "messages" | "calls";

export const SHORTCUTS: readonly Shortcut[] = [
  { group: "general", does: "switcher", keys: ["Mod", "k"] },
  { group: "general", does: "search", keys: ["Mod", "Shift", "f"] },
  { group: "general", does: "previousRoom", keys: ["Alt", "ArrowUp"] },
  { group: "general", does: "nextRoom", keys: ["Alt", "ArrowDown"] },
  { group: "general", does: "previousUnread", keys: ["Alt", "Shift", "ArrowUp"] },
  { group: "general", does: "nextUnread", keys: ["Alt", "Shift", "ArrowDown"] },
  { group: "general", does: "landmarks", keys: ["F6"] },
  { group: "general", does: "landmarksBack", keys: ["Shift", "F6"] },
  { group: "general", does: "members", keys: ["Mod", "Shift", "m"] },
  { group: "general", does: "settings", keys: ["Mod", ","] },
  { group: "general", does: "shortcuts", keys: ["Mod", "/"] },
  { group: "general", tells: "escape", keys: ["Escape"] },
  { group: "writing", tells: "send", keys: ["Enter"] },
  { group: "writing", tells: "newline", keys: ["Shift", "Enter"] },
  { group: "writing", tells: "editLast", keys: ["ArrowUp"] },
  { group: "writing", tells: "bold", keys: ["Mod", "b"] },
  { group: "writing", tells: "italic", keys: ["Mod", "i"] },
  { group: "writing", tells: "code", keys: ["Mod", "e"] },
  { group: "messages", tells: "messages", keys: ["ArrowUp"] },
  { group: "messages", tells: "menu", keys: ["Enter"] },
  { group: "messages", tells: "reply", keys: ["r"] },
  { group: "messages", tells: "react", keys: ["+"] },
  { group: "messages", tells: "edit", keys: ["e"] },
  { group: "messages", tells: "delete", keys: ["Delete"] },
  { group: "calls", tells: "talk", keys: [" "] },
  { group: "calls", tells: "mute", keys: ["Mod", "d"] },
  { group: "calls", tells: "camera", keys: ["Mod", "e"] },
  { group: "calls", tells: "screen", keys: ["s"] },
  { group: "calls", tells: "hand", keys: ["h"] },
  { group: "calls", tells: "view", keys: ["l"] },
  { group: "calls", tells: "people", keys: ["p"] },
  { group: "calls", tells: "chat", keys: ["c"] },
  { group: "calls", tells: "fullScreen", keys: ["f"] },
];

/** What of a key press counts. */
export type Press = Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey">;

/** The command of a key press, if it is one's. */
export function commandOf(press: Press, apple: boolean): Command | undefined {
  for (const shortcut of SHORTCUTS) if ("does" in shortcut && fits(shortcut.keys, press, apple)) return shortcut.does;
  return undefined;
}

const APPLE: Readonly<Record<string, string>> = { Mod: "⌘", Alt: "⌥", Shift: "⇧" };
const OTHERS: Readonly<Record<string, string>> = { Mod: "Ctrl", Alt: "Alt", Shift: "Shift" };
const NAMES: Readonly<Record<string, string>> = {
  ArrowUp: "↑",
  ArrowDown: "↓",
  Escape: "Esc",
  Delete: "Del",
  Enter: "↵",
};

/** The keys as they are printed on the keyboard. */
export function printed(keys: Keys, apple: boolean, space: string): readonly string[] {
  const modifiers = apple ? APPLE : OTHERS;
  return keys.map((key) => modifiers[key] ?? NAMES[key] ?? (key === " " ? space : key.toUpperCase()));
}

/** The keys of a command in one text: for tooltips. */
export function keysOf(command: Command, apple: boolean): string {
  const found = SHORTCUTS.find((shortcut) => "does" in shortcut && shortcut.does === command);
  return found === undefined ? "" : printed(found.keys, apple, " ").join(apple ? "" : "+");
}

/** Whether this is a keyboard of Apple's. */
export const isApple = (): boolean => /Mac|iPhone|iPad/.test(navigator.platform);

function fits(keys: Keys, press: Press, apple: boolean): boolean {
  const modifiers = new Set<string>(keys.slice(0, -1));
  const mod = modifiers.has("Mod");
  return (
    keys[keys.length - 1]?.toLowerCase() === press.key.toLowerCase() &&
    press.ctrlKey === (mod && !apple) &&
    press.metaKey === (mod && apple) &&
    press.altKey === modifiers.has("Alt") &&
    press.shiftKey === modifiers.has("Shift")
  );
}
