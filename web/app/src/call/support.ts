/** Where calls do not work: how to get to where they do. */

/** The page under a secure address, when the server names one; the same place in it. */
export async function secureAddress(signal: AbortSignal): Promise<string | undefined> {
  try {
    const answer = await fetch("/version", { signal });
    const version: unknown = await answer.json();
    return secureFrom(version, location.hash);
  } catch {
    return undefined; // offline, or an older server: the words say what to do
  }
}

/** Takes the address out of what the server says of itself; anything but an `https:` address is none. */
export function secureFrom(version: unknown, hash: string): string | undefined {
  if (typeof version !== "object" || version === null || !("secure_url" in version)) return undefined;
  if (typeof version.secure_url !== "string" || !URL.canParse(version.secure_url)) return undefined;
  const address = new URL(version.secure_url);
  if (address.protocol !== "https:") return undefined;
  address.hash = hash;
  return address.href;
}
