import { useEffect, useState } from "react";

/** After so long without a key, a press or a move one counts as away. */
const IDLE_MS = 5 * 60_000;
const SIGNS = ["keydown", "pointerdown", "pointermove", "wheel", "focus"] as const;

/** Whether somebody looks at this page: it is shown, and something moved not long ago. */
export function useSeen(): "here" | "away" {
  const [seen, setSeen] = useState<"here" | "away">(() => (document.hidden ? "away" : "here"));
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    const sign = () => {
      clearTimeout(timer);
      if (document.hidden) return setSeen("away");
      setSeen("here");
      timer = setTimeout(() => setSeen("away"), IDLE_MS);
    };
    sign();
    document.addEventListener("visibilitychange", sign);
    for (const name of SIGNS) window.addEventListener(name, sign, { passive: true });
    return () => {
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", sign);
      for (const name of SIGNS) window.removeEventListener(name, sign);
    };
  }, []);
  return seen;
}
