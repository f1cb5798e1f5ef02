/**
 * Parts of the app that load when they are first used, so that the page they are not on comes sooner. The service worker
 * fetches all of them on the first visit; where there is none they are loaded once nothing else is to be done.
 */

import { lazy, type ComponentType, type LazyExoticComponent } from "react";

/** An idle moment is waited for this long. */
const IDLE_MS_MAX = 2_000;

const parts = new Set<() => Promise<unknown>>();

/** A component that is loaded when it is first shown. Wants a `Suspense` around it. */
export function part<P extends object>(load: () => Promise<ComponentType<P>>): LazyExoticComponent<ComponentType<P>> {
  parts.add(load);
  return lazy(() => load().then((component) => ({ default: component })));
}

/** Loads every part, and what else is given, one by one in idle moments: what opens then needs no network. */
export async function loadParts(others: readonly (() => Promise<unknown>)[]): Promise<void> {
  // A part that was loaded may add parts of its own, which come in their turn.
  for (const load of parts) await quietly(load);
  for (const load of others) await quietly(load);
}

const quietly = async (load: () => Promise<unknown>): Promise<void> => {
  await idle();
  await load().catch(() => undefined); // it is tried again when it is used
};

const idle = (): Promise<void> =>
  new Promise((done) => {
    // Safari has no such callback.
    if (!("requestIdleCallback" in window)) setTimeout(done);
    else requestIdleCallback(() => done(), { timeout: IDLE_MS_MAX });
  });
