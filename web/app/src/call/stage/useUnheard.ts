import type { Call } from "@greenroom/client";
import { useEffect, useState } from "react";
import { useSlice } from "../../state/client";

const LOOK_EVERY_MS = 250;
/** As loud as speech near the microphone. */
const SPEECH_LEVEL_MIN = 0.55;
/** Looks in a row that are loud: a cough is not speech. */
const LOUD_LOOKS = 3;
const HINT_MS = 4_000;

/** Whether somebody speaks into a muted microphone, and does not know that nobody hears. */
export function useUnheard(call: Call): boolean {
  const muted = useSlice(call.local).microphone.state === "muted";
  const [heardAt, setHeardAt] = useState<number>();
  useEffect(() => {
    if (!muted) return;
    let loud = 0;
    const timer = setInterval(() => {
      loud = call.level() >= SPEECH_LEVEL_MIN ? loud + 1 : 0;
      if (loud === LOUD_LOOKS) setHeardAt(Date.now());
    }, LOOK_EVERY_MS);
    return () => {
      clearInterval(timer);
      setHeardAt(undefined);
    };
  }, [call, muted]);
  useEffect(() => {
    if (heardAt === undefined) return;
    const timer = setTimeout(() => setHeardAt(undefined), HINT_MS);
    return () => clearTimeout(timer);
  }, [heardAt]);
  return muted && heardAt !== undefined;
}
