import { useTranslation } from "react-i18next";
import { folded, NAME_BYTES_MAX, utf8Length } from "@greenroom/client";

/** What is wrong with a room's name. */
export type NameFault = { readonly is: "empty" } | { readonly is: "long"; readonly byBytes: number };

/** Checks a name as the server will. */
export function nameFault(name: string): NameFault | undefined {
  if (name.trim() === "") return { is: "empty" };
  const bytes = utf8Length(name.trim());
  return bytes > NAME_BYTES_MAX ? { is: "long", byBytes: bytes - NAME_BYTES_MAX } : undefined;
}

/** Says in the person's language what is wrong with a room's name; `undefined`: nothing. */
export function useNameFault(): (name: string) => string | undefined {
  const { t } = useTranslation("rooms");
  return (name) => {
    const fault = nameFault(name);
    return fault && (fault.is === "empty" ? t("create.empty") : t("create.tooLong", { count: fault.byBytes }));
  };
}

/** Whether a text contains what is typed, whatever the case and accents. */
export function fits(text: string, typed: string): boolean {
  return folded(text).includes(folded(typed.trim()));
}
