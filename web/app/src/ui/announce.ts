import { Cell, type Slice } from "@greenroom/client";

/** What screen readers are told next. The number makes the same words news again. */
export interface Announcement {
  readonly id: number;
  readonly text: string;
}

const latest = new Cell<Announcement>({ id: 0, text: "" });

/** For the one live region of the page. */
export const announcement: Slice<Announcement> = latest;

/** Tells screen readers something that is seen elsewhere; politely, after what is being read. */
export function announce(text: string): void {
  latest.set({ id: latest.get().id + 1, text });
}
