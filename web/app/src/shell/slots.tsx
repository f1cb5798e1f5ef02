/** Where the parts of other areas come in. */
import type { DotKey, RoomId } from "@greenroom/client";

export const ThreadPanel = (_: { readonly room: RoomId; readonly root: DotKey }) => null;
export const PinsPanel = (_: { readonly room: RoomId }) => null;
export const SearchPanel = (_: { readonly room?: RoomId }) => null;
