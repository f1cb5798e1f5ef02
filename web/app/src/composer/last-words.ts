/**
 * What was typed in the moment before the page went. The store writes drafts after a pause, and a page that goes has
 * no time for it; this storage writes at once, and is read when the same tab comes back.
 */

import type { RoomId } from "@greenroom/client";

const keyOf = (room: RoomId): string => `greenroom.draft.v1.${room}`;

export const lastWords = (room: RoomId): string | undefined => {
  try {
    return sessionStorage.getItem(keyOf(room)) ?? undefined;
  } catch {
    return undefined; // blocked
  }
};

export const keepLastWords = (room: RoomId, text: string): void => {
  try {
    sessionStorage.setItem(keyOf(room), text);
  } catch {
    // Blocked or full: what the store has remains.
  }
};

export const forgetLastWords = (room: RoomId): void => {
  try {
    sessionStorage.removeItem(keyOf(room));
  } catch {
    // Blocked: there is nothing.
  }
};
