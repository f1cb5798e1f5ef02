/** Longest name of a room: docs/PROTOCOL.md, "Limits". */
export const NAME_BYTES_MAX = 128;

/** What is wrong with a room's name. */
export type NameFault = { readonly is: "empty" } | { readonly is: "long"; readonly byBytes: number };

/** Checks a name as the server will. */
export function nameFault(name: string): NameFault | undefined {
  if (name.trim() === "") return { is: "empty" };
  const bytes = new TextEncoder().encode(name.trim()).length;
  return bytes > NAME_BYTES_MAX ? { is: "long", byBytes: bytes - NAME_BYTES_MAX } : undefined;
}

/** Whether a text contains what is typed, whatever the case and accents. */
export function fits(text: string, typed: string): boolean {
  return plain(text).includes(plain(typed.trim()));
}

const plain = (text: string) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLocaleLowerCase();
