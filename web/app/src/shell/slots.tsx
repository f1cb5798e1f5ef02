/** Where the parts of other areas come in. */
import type { DotKey, RoomId } from "@greenroom/client";

export const RoomTimeline = (_: { readonly room: RoomId; readonly at?: DotKey }) => null;
export const Composer = (_: { readonly room: RoomId; readonly thread?: DotKey }) => null;
export const ThreadPanel = (_: { readonly room: RoomId; readonly root: DotKey }) => null;
export const PinsPanel = (_: { readonly room: RoomId }) => null;
export const SearchPanel = (_: { readonly room?: RoomId }) => null;
export const CallChat = (_: { readonly room: RoomId }) => null;
export const CallButton = (_: { readonly room: RoomId }) => null;
export const CallInvitation = (_: { readonly room: RoomId }) => null;
export const CallStage = (_: { readonly room: RoomId }) => null;
export const CallDock = () => null;
export const useCallStage = (_: RoomId): boolean => false;
