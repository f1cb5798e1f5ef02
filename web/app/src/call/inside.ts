/** What loads with the first call. */

export { Dock } from "./dock/Dock";
export { Interrupted } from "./dock/Interrupted";
export { StageDoor } from "./stage/StageDoor";
