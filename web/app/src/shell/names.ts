import { GUEST_NAME_CHARS_MAX, NAME_BYTES_MAX } from "@greenroom/client";
import { charactersOver, type NameFault } from "../rooms/names";

const LIMITS = { charactersMax: GUEST_NAME_CHARS_MAX, bytesMax: NAME_BYTES_MAX };

/** What keeps the server from taking a name; it decides itself whether it is free. */
export function checkName(name: string): NameFault | undefined {
  if (name.trim() === "") return { is: "empty" };
  const byCharacters = charactersOver(name, LIMITS);
  return byCharacters > 0 ? { is: "long", byCharacters } : undefined;
}
