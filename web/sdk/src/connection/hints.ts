/** What a browser knows of the network, as hints for `Link.tell`. Elsewhere there are none. */

import type { Input } from "./signals.js";

/** Passes hints on until the function it returns is called. */
export const listenForHints = (tell: (hint: Input) => void): (() => void) => {
  const ending = new AbortController();
  const { signal } = ending;
  if (typeof window !== "undefined") {
    window.addEventListener("online", () => tell({ is: "network", online: true }), { signal });
    window.addEventListener("offline", () => tell({ is: "network", online: false }), { signal });
    window.addEventListener("pageshow", () => tell({ is: "woke" }), { signal });
  }
  if (typeof document !== "undefined") {
    const visible = () => {
      if (document.visibilityState === "visible") tell({ is: "woke" });
    };
    document.addEventListener("visibilitychange", visible, { signal });
  }
  networkInformation()?.addEventListener("change", () => tell({ is: "woke" }), { signal });
  return () => {
    ending.abort();
  };
};

/** Network Information API, where there is one. */
const networkInformation = (): EventTarget | undefined => {
  const connection: unknown = typeof navigator === "undefined" ? undefined : Reflect.get(navigator, "connection");
  return connection instanceof EventTarget ? connection : undefined;
};
