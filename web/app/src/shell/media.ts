import { useCallback, useSyncExternalStore } from "react";

/** As in the styles: one pane at a time. */
export const PHONE = "(max-width: 720px)";

/** Whether a media query fits now. */
export function useMedia(query: string): boolean {
  const subscribe = useCallback(
    (listener: () => void) => {
      const media = matchMedia(query);
      media.addEventListener("change", listener);
      return () => media.removeEventListener("change", listener);
    },
    [query],
  );
  return useSyncExternalStore(subscribe, () => matchMedia(query).matches);
}
