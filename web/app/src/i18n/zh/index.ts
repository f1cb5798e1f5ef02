export { call } from "./call";
export { rooms } from "./rooms";
export { shell } from "./shell";
export { timeline } from "./timeline";
export { ui } from "./ui";
