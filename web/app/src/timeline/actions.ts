import { createContext, useContext } from "react";
import type { Message } from "@greenroom/client";

/** Where something opens, and where the focus goes when it closes. */
export interface Anchor {
  readonly rect: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
  readonly focus: HTMLElement;
}

/** At an element of a row. The focus goes back to the row: its buttons may be gone by then. */
export const anchorAt = (element: HTMLElement): Anchor => {
  const { x, y, width, height } = element.getBoundingClientRect();
  return { rect: { x, y, width, height }, focus: element.closest<HTMLElement>("[data-key]") ?? element };
};

/** At a point of a row. */
export const anchorAtPoint = (row: HTMLElement, x: number, y: number): Anchor => ({
  rect: { x, y, width: 0, height: 0 },
  focus: row,
});

/** What one may do with a message; offered by the list around it. The same value while the room is the same. */
export interface MessageActions {
  react(message: Message, emoji: string): void;
  /** Opens its thread, to read or answer. */
  reply(message: Message): void;
  edit(message: Message): void;
  /** Asks, then deletes. */
  askDelete(message: Message): void;
  pin(message: Message, on: boolean): void;
  copyLink(message: Message): void;
  copyText(message: Message): void;
  showVersions(message: Message): void;
  retry(message: Message): void;
  discard(message: Message): void;
  openMenu(message: Message, anchor: Anchor): void;
  openPicker(message: Message, anchor: Anchor): void;
}

export const ActionsContext = createContext<MessageActions | undefined>(undefined);

/** @throws Error outside of a list of messages. */
export const useMessageActions = (): MessageActions => {
  const actions = useContext(ActionsContext);
  if (actions === undefined) throw new Error("there is no list of messages around this component");
  return actions;
};
