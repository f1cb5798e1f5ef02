/** Where the parts of other areas come in. */
export { Composer } from "../composer/Composer";
export { PinsPanel } from "../panels/PinsPanel";
export { SearchPanel } from "../panels/SearchPanel";
export { ThreadPanel } from "../panels/ThreadPanel";
export { RoomTimeline } from "../timeline/RoomTimeline";
