import type { Texts } from "../areas";

export const call = {} as const satisfies Texts;
