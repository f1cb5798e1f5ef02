import { GUEST_NAME_CHARS_MAX, NAME_BYTES_MAX, utf8Length } from "@greenroom/client";

/** Whether the server can take a name; it decides itself whether it is free. */
export function checkName(name: string): "fine" | "empty" | "too-long" {
  if (name.trim() === "") return "empty";
  const long = [...name].length > GUEST_NAME_CHARS_MAX || utf8Length(name) > NAME_BYTES_MAX;
  return long ? "too-long" : "fine";
}
