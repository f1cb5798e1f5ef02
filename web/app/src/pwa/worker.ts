/**
 * The service worker: keeps one build of the app on the device, so that it starts without network.
 *
 * Knows nothing of rooms or messages: those are in the page's own store. A build is precached whole under its own name;
 * the build before it stays for tabs that still run it.
 */

import { cacheToDrop, routeOf, type Build } from "./routing";

declare const self: ServiceWorkerGlobalScope;

/** Written in at build: the name of this build, and all of its files. */
const BUILD = JSON.parse("__GREENROOM_BUILD__") as Build;
const CACHE = `greenroom-${BUILD.name}`;
/** A network that swallows bytes answers never; the page on the device is as good. */
const PATIENCE_MS = 2_500;

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(BUILD.files)));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(dropOldBuilds().then(() => self.clients.claim()));
});

self.addEventListener("message", ({ data }) => {
  const asked: unknown = data;
  if (typeof asked === "object" && asked !== null && "type" in asked && asked.type === "take-over") {
    void self.skipWaiting();
  }
});

self.addEventListener("fetch", (event) => {
  switch (routeOf(event.request, self.location.origin)) {
    case "page":
      return event.respondWith(page(event.request));
    case "asset":
      return event.respondWith(kept(event.request));
    case "network":
      return;
  }
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const { data } = event.notification as { readonly data?: unknown };
  const href = typeof data === "object" && data !== null && "href" in data ? String(data.href) : "#/";
  event.waitUntil(show(href));
});

/** The newest page there is, or the one on the device. */
async function page(request: Request): Promise<Response> {
  try {
    const answer = await fetch(request, { signal: AbortSignal.timeout(PATIENCE_MS) });
    if (answer.ok) return answer;
  } catch {
    // No network, or one that swallows everything.
  }
  const cache = await caches.open(CACHE);
  return (await cache.match("/")) ?? Response.error();
}

/** Files of a build never change: those on the device are right, of whichever build they are. */
async function kept(request: Request): Promise<Response> {
  return (await caches.match(request, { ignoreVary: true })) ?? fetch(request);
}

async function dropOldBuilds(): Promise<void> {
  const names = await caches.keys();
  await Promise.all(cacheToDrop(names, CACHE).map((name) => caches.delete(name)));
}

/** Brings a page of the app to the front, at a place; opens one when there is none. */
async function show(href: string): Promise<void> {
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const best = pages.find((one) => one.focused) ?? pages.find((one) => one.visibilityState === "visible") ?? pages[0];
  if (best === undefined) return void (await self.clients.openWindow(`/${href}`));
  best.postMessage({ href });
  await best.focus();
}
