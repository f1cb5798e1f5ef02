import { useEffect, useRef, useState } from "react";
import type { Timeline } from "@greenroom/client";

/** Opens a timeline with the component and closes it with it. The component is keyed by what it shows. */
export const useTimeline = (open: () => Timeline): Timeline => {
  const [timeline] = useState(open);
  const mounted = useRef(false);
  useEffect(() => {
    mounted.current = true;
    return () => {
      mounted.current = false;
      // In development React unmounts once for a trial, and mounts again at once.
      queueMicrotask(() => {
        if (!mounted.current) timeline.close();
      });
    };
  }, [timeline]);
  return timeline;
};
