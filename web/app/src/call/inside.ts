/** What loads with the first call. */

export { People } from "./beside/People";
export { Dock } from "./dock/Dock";
export { Interrupted } from "./dock/Interrupted";
export { StageDoor } from "./stage/StageDoor";
