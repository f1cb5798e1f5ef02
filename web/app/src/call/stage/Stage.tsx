import type { Call } from "@greenroom/client";
import { useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useRoom, useSlice } from "../../state/client";
import { preferences } from "../../state/preferences";
import { useActions } from "../media/useActions";
import { Banners } from "./Banners";
import { Controls } from "./Controls";
import { Side, type SideKind } from "./Side";
import { StageModel } from "./stage-model";
import { Tiles } from "./Tiles";
import { useAnnouncements } from "./useAnnouncements";
import { useCallKeys } from "./useCallKeys";
import styles from "./Stage.module.css";

/** The call one is in: tiles, controls, and people or chat beside them. */
export function Stage({ call }: { readonly call: Call }) {
  const { t } = useTranslation("call");
  const summary = useSlice(useRoom(call.room).summary);
  const model = useStageModel(call);
  const actions = useActions(call);
  const [side, setSide] = useState<SideKind>();
  const toggleSide = useMemo(() => (kind: SideKind) => setSide((now) => (now === kind ? undefined : kind)), []);
  const stage = useRef<HTMLElement>(null);
  const fullScreen = useFullScreen(stage);
  const talking = useCallKeys({ call, actions, model, toggleSide });
  useAnnouncements(call, model);
  return (
    <section
      ref={stage}
      className={styles.stage}
      aria-label={t("stage.label", { room: summary?.name ?? "" })}
      data-side={side ?? "none"}
    >
      <div className={styles.house}>
        <Banners call={call} actions={actions} talking={talking} />
        <Tiles call={call} model={model} />
        <Controls
          call={call}
          actions={actions}
          model={model}
          side={side}
          toggleSide={toggleSide}
          fullScreen={fullScreen}
        />
      </div>
      {side && <Side kind={side} call={call} model={model} actions={actions} onClose={() => setSide(undefined)} />}
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

/** Full screen of the whole stage, where the browser has it. */
function useFullScreen(element: React.RefObject<HTMLElement | null>) {
  const [on, setOn] = useState(false);
  useEffect(() => {
    const look = () => setOn(document.fullscreenElement !== null);
    document.addEventListener("fullscreenchange", look);
    return () => document.removeEventListener("fullscreenchange", look);
  }, []);
  return useMemo(
    () => ({
      on,
      toggle: document.fullscreenEnabled
        ? () => {
            const change = on ? document.exitFullscreen() : element.current?.requestFullscreen();
            change?.catch(() => undefined); // refused: nothing is lost
          }
        : undefined,
    }),
    [on, element],
  );
}

/** Whether the stage fills the screen, and how to change that; absent where the browser cannot. */
export type FullScreen = ReturnType<typeof useFullScreen>;
