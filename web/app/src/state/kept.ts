/**
 * Texts that the browser keeps for the app: on the device, or as long as a tab lives. Only what one can do without: where
 * storage is blocked, full or missing, nothing is kept, and what is asked for is not there.
 */

type Where = "device" | "tab";

const storageOf = (where: Where): Storage => (where === "device" ? localStorage : sessionStorage);

export function kept(where: Where, key: string): string | null {
  try {
    return storageOf(where).getItem(key);
  } catch {
    return null;
  }
}

export function keep(where: Where, key: string, text: string): void {
  try {
    storageOf(where).setItem(key, text);
  } catch {
    // It holds until the page is closed.
  }
}

export function forget(where: Where, key: string): void {
  try {
    storageOf(where).removeItem(key);
  } catch {
    // There is nothing.
  }
}
