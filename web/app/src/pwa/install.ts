import { Cell, type Slice } from "@greenroom/client";

/** Chromium's `beforeinstallprompt`; in no standard. */
interface InstallEvent extends Event {
  prompt(): Promise<unknown>;
}

export type Install =
  { readonly is: "unknown" } | { readonly is: "installed" } | { readonly is: "offered"; readonly prompt: () => void };

const state = new Cell<Install>({ is: "unknown" });

/** Whether the app can be installed from here. */
export const install: Slice<Install> = state;

/** Keeps the browser's offer for the settings. */
export function watchInstall(): void {
  if (matchMedia("(display-mode: standalone)").matches) state.set({ is: "installed" });
  window.addEventListener("appinstalled", () => state.set({ is: "installed" }));
  window.addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    state.set({ is: "offered", prompt: () => void (event as InstallEvent).prompt() });
  });
}
