/** Bytes of UTF-8 a message may have (docs/PROTOCOL.md, "Limits"). */
export const MESSAGE_BYTES_MAX = 16 * 1024;
/** From so many on, what is left is told. */
const TELL_FROM_BYTES = MESSAGE_BYTES_MAX * 0.9;
/** A UTF-16 unit is at most so many bytes. */
const BYTES_PER_UNIT_MAX = 3;

const encoder = new TextEncoder();

/** Bytes left, once that is worth telling; negative when it is too long. */
export const bytesLeft = (text: string): number | undefined => {
  if (text.length * BYTES_PER_UNIT_MAX < TELL_FROM_BYTES) return undefined;
  const bytes = encoder.encode(text).length;
  return bytes < TELL_FROM_BYTES ? undefined : MESSAGE_BYTES_MAX - bytes;
};
