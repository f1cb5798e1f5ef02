/** Which addresses a message may lead to, and whether its text lies about where. */

const PROTOCOLS: ReadonlySet<string> = new Set(["http:", "https:", "mailto:"]);
/** Longer addresses stay text. */
const ADDRESS_CHARS_MAX = 4_096;
/** Characters that turn the direction of what follows, or are not seen: an address must not hide behind them. */
const INVISIBLE = /[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/gu;
/** Something that reads as the name of a host. */
const HOST_LIKE = /(?:[\p{L}\p{N}][\p{L}\p{N}-]{0,62}\.){1,8}\p{L}[\p{L}\p{N}-]{1,62}/u;

/** The address in its normal form; `undefined` when it is relative, malformed, or of a protocol that is not safe. */
export const safeAddress = (address: string): URL | undefined => {
  if (address.length > ADDRESS_CHARS_MAX || !URL.canParse(address)) return undefined;
  const url = new URL(address);
  return PROTOCOLS.has(url.protocol) ? url : undefined;
};

/** The text without what turns its direction or hides. */
export const visibleText = (text: string): string => text.replace(INVISIBLE, "");

/** The host to show beside a link, when its text reads as if it led to another. */
export const hostToTell = (text: string, url: URL): string | undefined => {
  const real = url.protocol === "mailto:" ? (url.pathname.split("@").at(-1) ?? "") : url.hostname;
  // Credentials before the host (`https://bank.example@evil.example`) are there to deceive.
  if (url.username !== "" || url.password !== "") return real;
  const claimed = HOST_LIKE.exec(visibleText(text).slice(0, 512))?.[0];
  if (claimed === undefined || withoutWww(claimed) === withoutWww(real)) return undefined;
  return real;
};

const withoutWww = (host: string): string => host.toLowerCase().replace(/^www\./, "");
