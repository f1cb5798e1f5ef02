import { charactersOver, type NameFault } from "../rooms/names";

/** Limits of a guest's name: docs/PROTOCOL.md, "Logging in". */
const LIMITS = { charactersMax: 64, bytesMax: 128 };

/** What keeps the server from taking a name; it decides itself whether it is free. */
export function checkName(name: string): NameFault | undefined {
  if (name.trim() === "") return { is: "empty" };
  const byCharacters = charactersOver(name, LIMITS);
  return byCharacters > 0 ? { is: "long", byCharacters } : undefined;
}
