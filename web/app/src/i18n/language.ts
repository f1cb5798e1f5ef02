/** Languages the app speaks. */
export type Language = "en" | "zh";

/** The first of a person's languages that the app speaks; English when it speaks none. */
export function chooseLanguage(wish: "system" | Language, languages: readonly string[]): Language {
  if (wish !== "system") return wish;
  for (const tag of languages) {
    const primary = tag.toLowerCase().split("-")[0];
    if (primary === "en" || primary === "zh") return primary;
  }
  return "en";
}

/**
 * How dates and numbers of a language are written for a person: as in their region when they read that English,
 * and with the clock of their own first language, of 12 or 24 hours, in any case.
 */
export function localeOf(language: Language, languages: readonly string[]): string {
  const regional = languages.find((tag) => /^en-[a-z]{2}$/i.test(tag));
  if (language === "en" && regional !== undefined) return regional;
  try {
    const { hourCycle } = new Intl.DateTimeFormat(languages[0], { hour: "numeric" }).resolvedOptions();
    return hourCycle === undefined ? language : `${language}-u-hc-${hourCycle}`;
  } catch {
    return language; // a system's name for a language that is none
  }
}

/** What `lang` of the page says. */
export const TAGS: Readonly<Record<Language, string>> = { en: "en", zh: "zh-Hans" };

/** Which way a language runs. Both run to the right; the styles are logical, so that others may not. */
export const directionOf = (language: string): "ltr" | "rtl" =>
  /^(ar|fa|he|ps|ur|yi)\b/.test(language) ? "rtl" : "ltr";
