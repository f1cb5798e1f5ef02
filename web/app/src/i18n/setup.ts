import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import { preferences } from "../state/preferences";
import { AREAS } from "./areas";
import { chooseLanguage, directionOf, TAGS, type Language } from "./language";

/** Texts of one language, loaded when somebody speaks it. */
const TEXTS = { en: () => import("./en"), zh: () => import("./zh") };

/** Makes the app speak the person's language, now and when they choose another. Resolves when texts are there. */
export async function startLanguage(): Promise<void> {
  const first = wanted();
  await i18next.use(initReactI18next).init({
    resources: { [first]: await TEXTS[first]() },
    lng: first,
    fallbackLng: false, // each language has every text
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
  if (!i18next.hasResourceBundle(language, "shell")) {
    const texts = await TEXTS[language]();
    for (const area of AREAS) i18next.addResourceBundle(language, area, texts[area]);
  }
  await i18next.changeLanguage(language);
  showLanguage(language);
}

const wanted = (): Language => chooseLanguage(preferences.get().language, navigator.languages);

function showLanguage(language: Language): void {
  document.documentElement.lang = TAGS[language];
  document.documentElement.dir = directionOf(language);
}
