/** Where this page is reached over HTTPS, with the place one is at; `undefined` when the server has none. */
export async function secureAddress(signal: AbortSignal): Promise<string | undefined> {
  const answer = await fetch("/version", { signal });
  const version: unknown = await answer.json();
  if (typeof version !== "object" || version === null || !("secure_url" in version)) return undefined;
  if (typeof version.secure_url !== "string") return undefined;
  return secureLink(version.secure_url, location.hash);
}

/** Only an address of HTTPS is taken. */
export function secureLink(origin: string, fragment: string): string | undefined {
  if (!URL.canParse(origin)) return undefined;
  const url = new URL(origin);
  if (url.protocol !== "https:") return undefined;
  return new URL(`/${fragment}`, url).href;
}
