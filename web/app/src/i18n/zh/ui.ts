import type { Texts } from "../areas";

export const ui = {
  close: "关闭",
  dismiss: "忽略",
  cancel: "取消",
} as const satisfies Texts;
