import { useCallback } from "react";
import { useClient, useSlice } from "./client";

/** A device's clock that is further off than this is told of, and not gone by. */
export const SKEW_MS_MAX = 5 * 60_000;

/** Now, Unix milliseconds: by the server's clock where this device's is far off, so that "today" is today. */
export function useNow(): () => number {
  const skewMs = useSlice(useClient().clockSkewMs);
  const addMs = Math.abs(skewMs) < SKEW_MS_MAX ? 0 : skewMs;
  return useCallback(() => Date.now() + addMs, [addMs]);
}
