/** Limits of a guest's name: docs/PROTOCOL.md, "Logging in". */
const CHARACTERS_MAX = 64;
const BYTES_MAX = 128;

/** Whether the server can take a name; it decides itself whether it is free. */
export function checkName(name: string): "fine" | "empty" | "too-long" {
  if (name.trim() === "") return "empty";
  const long = [...name].length > CHARACTERS_MAX || new TextEncoder().encode(name).length > BYTES_MAX;
  return long ? "too-long" : "fine";
}
