import type { Texts } from "../areas";

export const rooms = {} as const satisfies Texts;
