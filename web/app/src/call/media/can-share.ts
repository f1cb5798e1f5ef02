/** Whether the browser can capture a screen: phones cannot. */
export const CAN_SHARE = typeof navigator !== "undefined" && "getDisplayMedia" in (navigator.mediaDevices ?? {});
