/** The call's small window above all other windows, where the browser has such windows (Document Picture-in-Picture). */

import { Cell, type Slice } from "@greenroom/client";

/** Chromium's; no types for it are there yet. */
interface DocumentPictureInPicture {
  requestWindow(options: { readonly width: number; readonly height: number }): Promise<Window>;
}

const WIDTH_PX = 320;
const HEIGHT_PX = 240;

const cell = new Cell<Window | undefined>(undefined);
const api = (): DocumentPictureInPicture | undefined =>
  typeof window === "undefined"
    ? undefined
    : (window as { documentPictureInPicture?: DocumentPictureInPicture }).documentPictureInPicture;

export const pictureInPicture: { readonly window: Slice<Window | undefined>; readonly supported: boolean } = {
  window: cell,
  supported: api() !== undefined,
};

/** Opens the window, from a click; the dock then goes into it. */
export async function openPictureInPicture(): Promise<void> {
  const opened = await api()?.requestWindow({ width: WIDTH_PX, height: HEIGHT_PX });
  if (!opened) return;
  takeLooks(document, opened.document);
  opened.addEventListener("pagehide", () => cell.set(undefined), { once: true });
  cell.set(opened);
}

export function closePictureInPicture(): void {
  cell.get()?.close();
  cell.set(undefined);
}

/** The same styles as the page's: its files, never copies of text, as the page's policy wants it. */
function takeLooks(from: Document, to: Document): void {
  for (const sheet of from.querySelectorAll("link[rel=stylesheet], style")) to.head.append(sheet.cloneNode(true));
  const { lang, dir } = from.documentElement;
  Object.assign(to.documentElement, { lang, dir });
  const { theme } = from.documentElement.dataset;
  if (theme !== undefined) to.documentElement.dataset.theme = theme;
}
