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

/** What `lang` of the page says. */
export const TAGS: Readonly<Record<Language, string>> = { en: "en", zh: "zh-Hans" };

/** Which way a language runs. Both run to the right; the styles are logical, so that others may not. */
export const directionOf = (language: string): "ltr" | "rtl" =>
  /^(ar|fa|he|ps|ur|yi)\b/.test(language) ? "rtl" : "ltr";
