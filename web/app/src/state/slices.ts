import { useCallback, useSyncExternalStore } from "react";
import type { Slice } from "@greenroom/client";

/** The slice's value, and a render whenever it changes. The slice must stay the same between renders. */
export function useSlice<T>(slice: Slice<T>): T {
  const subscribe = useCallback((listener: () => void) => slice.subscribe(listener), [slice]);
  const get = useCallback(() => slice.get(), [slice]);
  return useSyncExternalStore(subscribe, get);
}
