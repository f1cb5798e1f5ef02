import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import { preferences } from "../state/preferences";
import { AREAS } from "./areas";
import * as en from "./en";
import { chooseLanguage, directionOf, TAGS, type Language } from "./language";

/** Makes the app speak the person's language, now and when they choose another. Resolves when texts are there. */
export async function startLanguage(): Promise<void> {
  const first = wanted();
  await i18next.use(initReactI18next).init({
    resources: { en, ...(first === "zh" ? { zh: await chinese() } : {}) },
    lng: first,
    fallbackLng: "en",
    ns: AREAS,
    defaultNS: "shell",
    interpolation: { escapeValue: false }, // React escapes
    returnNull: false,
  });
  showLanguage(first);
  const change = () => void speak(wanted());
  preferences.subscribe(change);
  window.addEventListener("languagechange", change);
}

async function speak(language: Language): Promise<void> {
  if (language === i18next.language) return;
  if (language === "zh" && !i18next.hasResourceBundle("zh", "shell")) {
    const texts = await chinese();
    for (const area of AREAS) i18next.addResourceBundle("zh", area, texts[area]);
  }
  await i18next.changeLanguage(language);
  showLanguage(language);
}

const chinese = () => import("./zh");

const wanted = (): Language => chooseLanguage(preferences.get().language, navigator.languages);

function showLanguage(language: Language): void {
  document.documentElement.lang = TAGS[language];
  document.documentElement.dir = directionOf(language);
}
