import { TEXT_BYTES_MAX, utf8Length } from "@greenroom/client";

/** From so many on, what is left is told. */
const TELL_FROM_BYTES = TEXT_BYTES_MAX * 0.9;
/** A UTF-16 unit is at most so many bytes. */
const BYTES_PER_UNIT_MAX = 3;

/** Bytes left, once that is worth telling; negative when it is too long. */
export const bytesLeft = (text: string): number | undefined => {
  if (text.length * BYTES_PER_UNIT_MAX < TELL_FROM_BYTES) return undefined;
  const bytes = utf8Length(text);
  return bytes < TELL_FROM_BYTES ? undefined : TEXT_BYTES_MAX - bytes;
};
