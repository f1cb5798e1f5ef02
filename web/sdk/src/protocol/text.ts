/** Text as the wire counts it. */

/** Bytes of a text in UTF-8; a lone surrogate counts as the replacement character it becomes. */
export const utf8Length = (text: string): number => {
  let bytes = 0;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit < 0x80) bytes += 1;
    else if (unit < 0x800) bytes += 2;
    else if (isPairAt(text, at)) {
      bytes += 4;
      at += 1;
    } else bytes += 3;
  }
  return bytes;
};

/** The text without lone surrogates, which JSON can say and the server must refuse. Cutting by units makes them. */
export const wellFormed = (text: string): string => {
  let out = "";
  let from = 0;
  for (let at = 0; at < text.length; at += 1) {
    if (isPairAt(text, at)) at += 1;
    else if (isSurrogate(text.charCodeAt(at))) {
      out += `${text.slice(from, at)}\u{fffd}`;
      from = at + 1;
    }
  }
  return from === 0 ? text : out + text.slice(from);
};

const isSurrogate = (unit: number): boolean => unit >= 0xd800 && unit < 0xe000;

const isPairAt = (text: string, at: number): boolean => {
  const first = text.charCodeAt(at);
  const second = text.charCodeAt(at + 1);
  return first >= 0xd800 && first < 0xdc00 && second >= 0xdc00 && second < 0xe000;
};
