/** Longest name of a room: docs/PROTOCOL.md, "Limits". */
export const NAME_BYTES_MAX = 128;

/** What is wrong with a room's name. */
export type NameFault = { readonly is: "empty" } | { readonly is: "long"; readonly byCharacters: number };

/** Checks a name as the server will. */
export function nameFault(name: string): NameFault | undefined {
  if (name.trim() === "") return { is: "empty" };
  const byCharacters = charactersOver(name.trim(), { bytesMax: NAME_BYTES_MAX });
  return byCharacters > 0 ? { is: "long", byCharacters } : undefined;
}

/** How many characters must go from the end of a name until it fits: people do not count in bytes of UTF-8. */
export function charactersOver(
  name: string,
  { bytesMax, charactersMax = Infinity }: { readonly bytesMax: number; readonly charactersMax?: number },
): number {
  const characters = [...name];
  let bytes = 0;
  const cut = characters.findIndex((character, index) => {
    bytes += encoder.encode(character).length;
    return bytes > bytesMax || index >= charactersMax;
  });
  return cut === -1 ? 0 : characters.length - cut;
}

const encoder = new TextEncoder();

/** Whether a text contains what is typed, whatever the case and accents. */
export function fits(text: string, typed: string): boolean {
  return plain(text).includes(plain(typed.trim()));
}

const plain = (text: string) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLocaleLowerCase();
