import type { Call } from "@greenroom/client";
import { useCallback, useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useRoom, useSlice } from "../../state/client";
import { closePanel, usePanel } from "../../state/panel";
import { preferences } from "../../state/preferences";
import { useActions } from "../media/useActions";
import { useFocusIfLost } from "../useFocusIfLost";
import { Banners } from "./Banners";
import { Controls } from "./Controls";
import { Passing } from "./Passing";
import { usePassing } from "./usePassing";
import { StageModel } from "./stage-model";
import { Tiles } from "./Tiles";
import { useAnnouncements } from "./useAnnouncements";
import { useCallKeys } from "./useCallKeys";
import styles from "./Stage.module.css";

/** The call one is in: tiles and controls; people and chat stand beside them in the side panel. */
export function Stage({ call }: { readonly call: Call }) {
  const { t } = useTranslation("call");
  const summary = useSlice(useRoom(call.room).summary);
  const model = useStageModel(call);
  const actions = useActions(call);
  const fullScreen = useFullScreen();
  const talking = useCallKeys(call, actions, model, fullScreen);
  const passing = usePassing();
  useAnnouncements(call, passing.tell);
  return (
    <section
      ref={useFocusIfLost()}
      tabIndex={-1}
      data-landmark-focus=""
      className={styles.stage}
      aria-label={t("stage.label", { room: summary?.name ?? "" })}
      data-full={fullScreen.on}
    >
      <Banners call={call} actions={actions} talking={talking} />
      <Tiles call={call} model={model}>
        <Passing lines={passing.lines} />
      </Tiles>
      <Controls call={call} actions={actions} model={model} fullScreen={fullScreen} />
    </section>
  );
}

function useStageModel(call: Call): StageModel {
  const model = useMemo(
    () =>
      new StageModel(
        call,
        { beforeFrame: (run) => requestAnimationFrame(run), pixelRatio: () => window.devicePixelRatio },
        preferences.get().callView,
      ),
    [call],
  );
  useEffect(() => model.open(), [model]);
  return model;
}

/** Whether the stage fills the screen, and how to change that; absent where the browser cannot. */
export interface FullScreen {
  readonly on: boolean;
  readonly toggle: (() => void) | undefined;
}

/** The page fills the screen and the stage the page: menus and dialogs stay reachable. A panel ends it. */
function useFullScreen(): FullScreen {
  const [on, setOn] = useState(false);
  const panel = usePanel();
  useEffect(() => {
    const look = () => setOn(document.fullscreenElement !== null);
    document.addEventListener("fullscreenchange", look);
    return () => {
      document.removeEventListener("fullscreenchange", look);
      leaveFullScreen();
    };
  }, []);
  useEffect(() => {
    if (panel) leaveFullScreen();
  }, [panel]);
  const toggle = useCallback(() => {
    if (document.fullscreenElement) return leaveFullScreen();
    closePanel();
    document.documentElement.requestFullscreen().catch(() => undefined); // refused: nothing is lost
  }, []);
  return { on, toggle: document.fullscreenEnabled ? toggle : undefined };
}

function leaveFullScreen(): void {
  if (document.fullscreenElement) document.exitFullscreen().catch(() => undefined); // it has been left already
}
