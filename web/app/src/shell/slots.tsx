/** Where the parts of other areas come in. */
import type { RoomId } from "@greenroom/client";

export { Composer } from "../composer/Composer";
export { PinsPanel } from "../panels/PinsPanel";
export { SearchPanel } from "../panels/SearchPanel";
export { ThreadPanel } from "../panels/ThreadPanel";
export { RoomTimeline } from "../timeline/RoomTimeline";

export const CallChat = (_: { readonly room: RoomId }) => null;
export const CallButton = (_: { readonly room: RoomId }) => null;
export const CallInvitation = (_: { readonly room: RoomId }) => null;
export const CallStage = (_: { readonly room: RoomId }) => null;
export const CallDock = () => null;
export const useCallStage = (_: RoomId): boolean => false;
