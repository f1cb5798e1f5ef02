/** One file of texts for each: `en/<area>.ts`, `zh/<area>.ts`. A namespace of i18next. */
export const AREAS = ["ui", "shell", "rooms", "timeline", "call"] as const;

/** Texts by key; keys may nest. Plurals end in `_one` and `_other`; Chinese has `_other` only. */
export interface Texts {
  readonly [key: string]: string | Texts;
}
