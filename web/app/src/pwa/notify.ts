import type { RoomId } from "@greenroom/client";
import { hrefTo } from "../state/route";

/** Whether this browser may tell one of messages outside of the page. */
export type Permission = "granted" | "denied" | "default" | "missing";

export const permission = (): Permission =>
  "Notification" in window && isSecureContext ? Notification.permission : "missing";

/** Asks; browsers allow that only from a press. */
export const askPermission = async (): Promise<Permission> =>
  permission() === "missing" ? "missing" : Notification.requestPermission();

/** Longer texts are cut by every system, each in its own way. */
export const NOTICE_CHARS_MAX = 200;
/** For so long a notification of one tab keeps the others' away. */
const CLAIM_MS = 3_000;

/** What is shown of a message. */
export interface News {
  readonly room: RoomId;
  /** The message: several tabs show it once. */
  readonly key: string;
  readonly title: string;
  /** At most {@link NOTICE_CHARS_MAX}. */
  readonly text: string;
}

/** Shows one message, unless some tab has its room in view; a room's next one takes its place. Resolves to whether it did. */
export async function notify({ room, key, title, text }: News): Promise<boolean> {
  if (permission() !== "granted" || (await isInView(room))) return false;
  if (!(await claim(`greenroom-notice-${key}`))) return false;
  const options: NotificationOptions & { readonly renotify: boolean } = {
    body: text,
    tag: room,
    renotify: true,
    icon: "/icon-192.png",
    badge: "/icon-badge.png",
    data: { href: hrefTo({ at: "room", room }) },
  };
  const registration = await navigator.serviceWorker.getRegistration();
  if (registration !== undefined) await registration.showNotification(title, options);
  else new Notification(title, options).onclick = () => window.focus();
  return true;
}

/** Takes away what was shown of a room, once it is read. */
export async function clearNotifications(room: RoomId): Promise<void> {
  if (permission() !== "granted") return;
  const registration = await navigator.serviceWorker.getRegistration();
  for (const one of (await registration?.getNotifications({ tag: room })) ?? []) one.close();
}

/** A press on a notification leads to its room. */
export function followNotifications(follow: (href: string) => void): void {
  navigator.serviceWorker?.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
    if (typeof data !== "object" || data === null || !("href" in data)) return;
    if (typeof data.href === "string" && data.href.startsWith("#/")) follow(data.href);
  });
}

const viewName = (room: RoomId): string => `greenroom-view-${room}`;

/** Says to one's other tabs that this one shows a room, until the function it returns is called. */
export function holdView(room: RoomId): () => void {
  if (!("locks" in navigator)) return () => undefined;
  let release: () => void = () => undefined;
  const stop = new AbortController();
  const held = new Promise<void>((done) => (release = done));
  navigator.locks.request(viewName(room), { mode: "shared", signal: stop.signal }, () => held).catch(() => undefined);
  return () => {
    stop.abort();
    release();
  };
}

async function isInView(room: RoomId): Promise<boolean> {
  if (!("locks" in navigator)) return false;
  const { held } = await navigator.locks.query();
  return held?.some((lock) => lock.name === viewName(room)) ?? false;
}

/** Whether this tab is the first that wants to; the others come in vain for a while. */
async function claim(name: string): Promise<boolean> {
  if (!("locks" in navigator)) return true;
  return new Promise<boolean>((settle) => {
    void navigator.locks.request(name, { ifAvailable: true }, (lock) => {
      settle(lock !== null);
      return lock === null ? undefined : new Promise<void>((done) => setTimeout(done, CLAIM_MS));
    });
  });
}
