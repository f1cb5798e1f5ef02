import type { TFunction } from "i18next";
import { createContext, useContext, useMemo, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useFormat, type Format } from "../i18n/format";

/** Texts and formats of the language, asked for once for all rows of a list: `useTranslation` costs in each. */
export interface Words {
  readonly t: TFunction<"timeline">;
  readonly format: Format;
}

const WordsContext = createContext<Words | undefined>(undefined);

/** Gives words to what is within. */
export function WordsProvider({ children }: { readonly children: ReactNode }) {
  const { t } = useTranslation("timeline");
  const format = useFormat();
  const words = useMemo(() => ({ t, format }), [t, format]);
  return <WordsContext value={words}>{children}</WordsContext>;
}

/** @throws Error outside of a list. */
export const useWords = (): Words => {
  const words = useContext(WordsContext);
  if (words === undefined) throw new Error("there are no words around this component");
  return words;
};
