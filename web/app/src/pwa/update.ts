import { Cell, type Slice } from "@greenroom/client";
import { loadParts } from "./parts";

/** Whether a newer build waits; `apply` reloads into it. Nothing reloads by itself: somebody may be writing. */
export type Update = { readonly is: "current" } | { readonly is: "ready"; readonly apply: () => void };

const state = new Cell<Update>({ is: "current" });

export const update: Slice<Update> = state;

const CHECK_MS = 3_600_000;
const ADDRESS = "/sw.js";
const reload = () => location.reload();

/**
 * Keeps the app on the device and notices new builds. Without a secure origin only the latter, when a chunk is gone, and
 * the page holds what it can: its parts and `others`.
 */
export async function watchForUpdates(others: readonly (() => Promise<unknown>)[]): Promise<void> {
  window.addEventListener("vite:preloadError", () => void chunkIsMissing());
  if (import.meta.env.DEV) return;
  const kept = "serviceWorker" in navigator && (await isDone(keep(navigator.serviceWorker)));
  if (!kept) await loadParts(others);
}

/** The server answers, so a chunk of this build is gone from it: only the new build has what was asked for. */
async function chunkIsMissing(): Promise<void> {
  if (await isDone(fetch("/version", { cache: "no-store" }))) state.set({ is: "ready", apply: reload });
}

const isDone = (work: Promise<unknown>): Promise<boolean> =>
  work.then(
    () => true,
    () => false,
  );

async function keep(workers: ServiceWorkerContainer): Promise<void> {
  // The first worker of all takes over a page that is as new as itself.
  let hadOne = workers.controller !== null;
  let asked = false;
  workers.addEventListener("controllerchange", () => {
    if (asked) reload();
    else if (hadOne) state.set({ is: "ready", apply: reload }); // another tab took the new build
    hadOne = true;
  });
  const offer = (waiting: ServiceWorker) =>
    state.set({
      is: "ready",
      apply: () => {
        asked = true;
        waiting.postMessage({ type: "take-over" });
      },
    });
  const registration = await register(workers);
  if (registration.waiting !== null && hadOne) offer(registration.waiting);
  registration.addEventListener("updatefound", () => {
    const coming = registration.installing;
    coming?.addEventListener("statechange", () => {
      if (coming.state === "installed" && hadOne) offer(coming);
    });
  });
  setInterval(() => void registration.update().catch(() => undefined), CHECK_MS);
}

/** The one address that a page under Trusted Types may load a worker from. */
function register(workers: ServiceWorkerContainer): Promise<ServiceWorkerRegistration> {
  const policy = window.trustedTypes?.createPolicy("greenroom-sw", { createScriptURL: () => ADDRESS });
  const address: unknown = policy?.createScriptURL("") ?? ADDRESS;
  // TypeScript knows only texts here; browsers with Trusted Types want the trusted one.
  return workers.register(address as string, { scope: "/", updateViaCache: "none" });
}
