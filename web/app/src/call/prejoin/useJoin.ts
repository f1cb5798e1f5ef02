import type { Interrupted, JoinOptions, Preview, RoomId } from "@greenroom/client";
import { useCallback, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useClient } from "../../state/client";
import { useErrorText } from "../../state/errors";
import { preferences, type Preferences } from "../../state/preferences";
import { closeDoor } from "../door";
import { useProblemText } from "../media/useProblemText";
import type { OpenPreview } from "./usePreview";

export interface Joining {
  readonly busy: boolean;
  /** Why it failed the last time. */
  readonly failure: string | undefined;
  readonly join: () => void;
}

/** Goes into the room's call with what is open. */
export function useJoin(room: RoomId, open: OpenPreview): Joining {
  const failureText = useFailureText();
  const { calls } = useClient();
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string>();
  const isHere = useIsHere();
  const { give, retry } = open;
  const join = useCallback(() => {
    setBusy(true);
    setFailure(undefined);
    calls
      .join(room, joinOptions(preferences.get(), give()))
      .then(closeDoor)
      .catch((error: unknown) => {
        if (!isHere()) return;
        setFailure(failureText(error));
        retry(); // the devices were given away
      })
      .finally(() => setBusy(false));
  }, [calls, room, give, retry, failureText, isHere]);
  return { busy, failure, join };
}

/** Why one could not go in, in a sentence. */
export function useFailureText(): (error: unknown) => string {
  const { t } = useTranslation("call");
  const problemText = useProblemText();
  const errorText = useErrorText();
  return useCallback(
    (error: unknown) => problemText(error) ?? t("prejoin.failed", { message: errorText(error) }),
    [errorText, problemText, t],
  );
}

/** What one goes in with: what is open, and nothing that is not. */
export function joinOptions(wish: Preferences, preview: Preview | undefined): JoinOptions {
  const has = (kind: "getAudioTracks" | "getVideoTracks") => preview !== undefined && preview.stream[kind]().length > 0;
  return {
    microphone: has("getAudioTracks") && (wish.microphone ?? true),
    camera: has("getVideoTracks") && (wish.camera ?? true),
    muted: !wish.microphoneOn,
    ...(preview && { preview }),
    ...receiving(wish),
  };
}

/** What one goes back in with: as one was before the reload, so that nobody who was muted is heard. */
export function rejoinOptions(wish: Preferences, { microphone, muted, camera }: Interrupted): JoinOptions {
  return {
    microphone: microphone && (wish.microphone ?? true),
    camera: camera && (wish.camera ?? true),
    muted,
    ...receiving(wish),
  };
}

const receiving = ({ dataSaver, speaker }: Preferences): Pick<JoinOptions, "audioOnly" | "speaker"> => ({
  audioOnly: dataSaver,
  ...(speaker !== undefined && { speaker }),
});

/** Whether the component is still on the page, for what comes back later. */
function useIsHere(): () => boolean {
  const here = useRef(true);
  useEffect(() => {
    here.current = true;
    return () => {
      here.current = false;
    };
  }, []);
  return useCallback(() => here.current, []);
}
