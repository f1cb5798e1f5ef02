/**
 * What was typed in the moment before the page went. The store writes drafts after a pause, and a page that goes has
 * no time for it; this storage writes at once, and is read when the same tab comes back.
 */

import type { RoomId } from "@greenroom/client";
import { forget, keep, kept } from "../state/kept";

const keyOf = (room: RoomId): string => `greenroom.draft.v1.${room}`;

export const lastWords = (room: RoomId): string | undefined => kept("tab", keyOf(room)) ?? undefined;

export const keepLastWords = (room: RoomId, text: string): void => keep("tab", keyOf(room), text);

export const forgetLastWords = (room: RoomId): void => forget("tab", keyOf(room));
