import type { Texts } from "../areas";

export const timeline = {} as const satisfies Texts;
