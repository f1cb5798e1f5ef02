import type { MediaChoice, Preview } from "@greenroom/client";
import { useCallback, useEffect, useRef, useState } from "react";
import { useClient } from "../../state/client";
import { problemOf, type Problem } from "../media/problems";

/** How the test of devices stands. `problems`: the devices that did not open, the microphone first. */
export interface PreviewState {
  readonly preview: Preview | undefined;
  readonly opening: boolean;
  readonly problems: readonly Problem[];
}

export interface OpenPreview extends PreviewState {
  readonly retry: () => void;
  /** Hands the devices to a call: they stay open when the page before it goes. */
  readonly give: () => Preview | undefined;
}

const OPENING: PreviewState = { preview: undefined, opening: true, problems: [] };

/** Opens the chosen devices, and others when the choice changes; without the one that cannot be opened. */
export function usePreview({ microphone, camera }: MediaChoice): OpenPreview {
  const { calls } = useClient();
  const [state, setState] = useState(OPENING);
  const [turn, setTurn] = useState(0);
  const given = useRef<Preview>(undefined);
  useEffect(() => {
    let over = false;
    let open: Preview | undefined;
    const show = (next: PreviewState): void => {
      open = next.preview;
      if (over) open?.stop();
      else setState(next);
    };
    void openWhatOpens((choice) => calls.preview(choice), { microphone, camera }).then(show);
    return () => {
      over = true;
      if (open && open !== given.current) open.stop();
    };
  }, [calls, microphone, camera, turn]);
  const retry = useCallback(() => {
    setState(OPENING);
    setTurn((count) => count + 1);
  }, []);
  const { preview } = state;
  const give = useCallback(() => {
    given.current = preview;
    return preview;
  }, [preview]);
  return { ...state, retry, give };
}

/** Tries both; when one fails, the other alone. Never rejects. */
export async function openWhatOpens(
  open: (choice: MediaChoice) => Promise<Preview>,
  wish: MediaChoice,
): Promise<PreviewState> {
  if (wish.microphone === false && wish.camera === false) return { preview: undefined, opening: false, problems: [] };
  try {
    return { preview: await open(wish), opening: false, problems: [] };
  } catch (error) {
    const problem: Problem = problemOf(error) ?? {
      problem: "failed",
      device: wish.camera === false ? "microphone" : "camera",
    };
    const rest: MediaChoice = problem.device === "camera" ? { ...wish, camera: false } : { ...wish, microphone: false };
    if (rest.microphone === wish.microphone && rest.camera === wish.camera)
      return { preview: undefined, opening: false, problems: [problem] };
    const second = await openWhatOpens(open, rest);
    return { ...second, problems: [problem, ...second.problems] };
  }
}
