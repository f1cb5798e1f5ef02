/** Changes of a text field that its undo knows. */

import type { Change, Selected } from "./markup";

export const selectionOf = ({ value, selectionStart, selectionEnd }: HTMLTextAreaElement): Selected => ({
  text: value,
  start: selectionStart,
  end: selectionEnd,
});

export const applyChange = (field: HTMLTextAreaElement, { from, to, insert, start, end }: Change): void => {
  field.focus();
  field.setSelectionRange(from, to);
  // The one way that keeps the undo of browsers; the other one is for those without it.
  const done = document.execCommand(insert === "" ? "delete" : "insertText", false, insert);
  if (!done) {
    field.setRangeText(insert, from, to, "end");
    field.dispatchEvent(new InputEvent("input", { bubbles: true }));
  }
  field.setSelectionRange(start, end);
};

/** Puts a text in the place of `from`–`to`, the caret behind it. */
export const replace = (field: HTMLTextAreaElement, from: number, to: number, insert: string): void =>
  applyChange(field, { from, to, insert, start: from + insert.length, end: from + insert.length });
