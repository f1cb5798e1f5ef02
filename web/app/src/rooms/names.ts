import { useTranslation } from "react-i18next";
import { folded, NAME_BYTES_MAX, utf8Length } from "@greenroom/client";

/** What is wrong with a room's name. */
export type NameFault = { readonly is: "empty" } | { readonly is: "long"; readonly byCharacters: number };

/** Checks a name as the server will. */
export function nameFault(name: string): NameFault | undefined {
  if (name.trim() === "") return { is: "empty" };
  const byCharacters = charactersOver(name.trim(), { bytesMax: NAME_BYTES_MAX });
  return byCharacters > 0 ? { is: "long", byCharacters } : undefined;
}

/** Says in the person's language what is wrong with a room's name; `undefined`: nothing. */
export function useNameFault(): (name: string) => string | undefined {
  const { t } = useTranslation("rooms");
  return (name) => {
    const fault = nameFault(name);
    return fault && (fault.is === "empty" ? t("create.empty") : t("create.tooLong", { count: fault.byCharacters }));
  };
}

/** How many characters must go from the end of a name until it fits: people do not count in bytes of UTF-8. */
export function charactersOver(
  name: string,
  { bytesMax, charactersMax = Infinity }: { readonly bytesMax: number; readonly charactersMax?: number },
): number {
  const characters = [...name];
  let bytes = 0;
  const cut = characters.findIndex((character, index) => {
    bytes += utf8Length(character);
    return bytes > bytesMax || index >= charactersMax;
  });
  return cut === -1 ? 0 : characters.length - cut;
}

/** Whether a text contains what is typed, whatever the case and accents. */
export function fits(text: string, typed: string): boolean {
  return folded(text).includes(folded(typed.trim()));
}
