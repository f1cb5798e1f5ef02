import type { JoinOptions, Preview, RoomId } from "@greenroom/client";
import { useCallback, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useClient } from "../../state/client";
import { preferences, type Preferences } from "../../state/preferences";
import { closeDoor } from "../door";
import { useCallErrorText } from "../media/useCallErrorText";
import type { OpenPreview } from "./usePreview";

export interface Joining {
  readonly busy: boolean;
  /** Why it failed the last time. */
  readonly failure: string | undefined;
  readonly join: () => void;
}

/** Goes into the room's call with what is open. */
export function useJoin(room: RoomId, open: OpenPreview): Joining {
  const { t } = useTranslation("call");
  const errorText = useCallErrorText();
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
        setFailure(errorText(error, (message) => t("prejoin.failed", { message })));
        retry(); // the devices were given away
      })
      .finally(() => setBusy(false));
  }, [calls, room, give, retry, t, errorText, isHere]);
  return { busy, failure, join };
}

/** What one goes in with: what is open, and nothing that is not. */
export function joinOptions(wish: Preferences, preview: Preview | undefined): JoinOptions {
  const has = (kind: "getAudioTracks" | "getVideoTracks") => preview !== undefined && preview.stream[kind]().length > 0;
  return {
    microphone: has("getAudioTracks") && (wish.microphone ?? true),
    camera: has("getVideoTracks") && (wish.camera ?? true),
    muted: !wish.microphoneOn,
    audioOnly: wish.dataSaver,
    ...(preview && { preview }),
    ...(wish.speaker !== undefined && { speaker: wish.speaker }),
  };
}

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
