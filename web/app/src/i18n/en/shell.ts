import type { Texts } from "../areas";

export const shell = {} as const satisfies Texts;
