import type { Call } from "@greenroom/client";
import { useMemo } from "react";
import { useErrorText } from "../../state/errors";
import { preferences, setPreferences } from "../../state/preferences";
import { toast } from "../../ui/toasts";
import { useProblemText } from "./useProblemText";

/** What buttons and keys do in a call; each tells in a toast when it could not. */
export interface CallActions {
  readonly toggleMicrophone: () => void;
  readonly setMuted: (muted: boolean) => void;
  readonly toggleCamera: () => void;
  readonly toggleScreen: () => void;
  readonly toggleHand: () => void;
  readonly setAudioOnly: (audioOnly: boolean) => void;
  readonly leave: () => void;
  /** Runs something else that may fail. */
  readonly run: (doing: () => Promise<unknown>) => void;
}

export function useActions(call: Call): CallActions {
  const problemText = useProblemText();
  const errorText = useErrorText();
  return useMemo(() => {
    const run = (doing: () => Promise<unknown>): void => {
      doing().catch((error: unknown) => {
        toast(problemText(error) ?? errorText(error), { tone: "error" });
      });
    };
    const setMuted = (muted: boolean): void => {
      const { microphone } = call.local.get();
      if (microphone.state !== "off") return run(() => call.setMuted(muted));
      if (muted) return;
      run(async () => {
        await call.setMicrophone(preferences.get().microphone ?? true);
        await call.setMuted(false);
      });
    };
    return {
      run,
      setMuted,
      toggleMicrophone: () => setMuted(call.local.get().microphone.state === "on"),
      toggleCamera: () => {
        const on = call.local.get().camera.state === "off";
        setPreferences({ cameraOn: on });
        run(() => call.setCamera(on && (preferences.get().camera ?? true)));
      },
      toggleScreen: () => run(() => (call.local.get().screen === "on" ? call.stopScreen() : call.shareScreen())),
      toggleHand: () => {
        const self = call.participants.get().find(({ participant }) => participant === call.self);
        run(() => call.setHand(!self?.hand));
      },
      setAudioOnly: (audioOnly) => {
        setPreferences({ dataSaver: audioOnly });
        run(() => call.setAudioOnly(audioOnly));
      },
      leave: () => run(() => call.leave()),
    };
  }, [call, errorText, problemText]);
}
