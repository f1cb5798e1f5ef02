/** Where the parts of other areas come in. */

export { PinsPanel } from "../panels/PinsPanel";
export { SearchPanel } from "../panels/SearchPanel";
export { ThreadPanel } from "../panels/ThreadPanel";
