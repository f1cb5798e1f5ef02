import type { Calls } from "@greenroom/client";
import { useEffect } from "react";
import { openDoor } from "./door";

/** Leaves a note at the door when a call ends that one did not leave oneself. */
export function useEndings(calls: Calls): void {
  useEffect(() => {
    let stopWatching = (): void => undefined;
    const follow = (): void => {
      const call = calls.current.get();
      if (!call) return; // the one before is watched on: its end may be told after it is gone from here
      stopWatching();
      const look = (): void => {
        const phase = call.phase.get();
        if (phase.phase !== "ended") return;
        stopWatching();
        if (phase.reason !== "left") openDoor({ is: "ended", room: call.room, reason: phase.reason });
      };
      stopWatching = call.phase.subscribe(look);
      look();
    };
    const stop = calls.current.subscribe(follow);
    follow();
    return () => {
      stop();
      stopWatching();
    };
  }, [calls]);
}
