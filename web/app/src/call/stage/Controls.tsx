import type { Call } from "@greenroom/client";
import { Hand, MessageSquare, Mic, MicOff, MonitorUp, MonitorX, PhoneOff, Users, Video, VideoOff } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useSlice } from "../../state/client";
import { togglePanel, usePanel } from "../../state/panel";
import { CAN_SHARE } from "../media/can-share";
import type { CallActions } from "../media/useActions";
import { useMedia } from "../../shell/media";
import { ControlButton } from "./ControlButton";
import { MoreMenu } from "./MoreMenu";
import type { FullScreen } from "./Stage";
import type { StageModel } from "./stage-model";
import { ViewMenu } from "./ViewMenu";
import styles from "./Controls.module.css";

/** Below this there is no room for all buttons: the same as in the styles. */
const NARROW = "(width < 640px)";

/** The bar under the tiles. */
export function Controls({
  call,
  actions,
  model,
  fullScreen,
}: {
  readonly call: Call;
  readonly actions: CallActions;
  readonly model: StageModel;
  readonly fullScreen: FullScreen;
}) {
  const { t } = useTranslation("call");
  const { self, people } = useSlice(model.view);
  const panel = usePanel()?.kind;
  const narrow = useMedia(NARROW);
  return (
    <div className={styles.bar} data-toasts-above="" role="toolbar" aria-label={t("controls.label")}>
      <div className={styles.group}>
        <MicrophoneButton call={call} actions={actions} />
        <CameraButton call={call} actions={actions} />
        {CAN_SHARE && !narrow && <ShareButton call={call} actions={actions} />}
        <ControlButton
          icon={Hand}
          label={t(self?.hand ? "controls.handDown" : "controls.handUp")}
          keys="H"
          tone={self?.hand ? "raised" : "plain"}
          onClick={actions.toggleHand}
        />
      </div>
      <div className={styles.group}>
        {!narrow && <ViewMenu model={model} />}
        <ControlButton
          icon={Users}
          label={t("controls.people")}
          keys="P"
          pressed={panel === "call-people"}
          count={people.length}
          onClick={() => togglePanel({ kind: "call-people" })}
        />
        <ControlButton
          icon={MessageSquare}
          label={t("controls.chat")}
          keys="C"
          pressed={panel === "call-chat"}
          onClick={() => togglePanel({ kind: "call-chat" })}
        />
        <MoreMenu call={call} actions={actions} model={model} fullScreen={fullScreen} narrow={narrow} />
      </div>
      <ControlButton icon={PhoneOff} label={t("controls.leave")} tone="leave" onClick={actions.leave} />
    </div>
  );
}

interface ButtonProps {
  readonly call: Call;
  readonly actions: CallActions;
}

/** Mutes and unmutes. */
export function MicrophoneButton({ call, actions }: ButtonProps) {
  const { t } = useTranslation("call");
  const on = useSlice(call.local).microphone.state === "on";
  return (
    <ControlButton
      icon={on ? Mic : MicOff}
      label={t(on ? "controls.mute" : "controls.unmute")}
      keys="M"
      tone={on ? "on" : "off"}
      onClick={actions.toggleMicrophone}
    />
  );
}

/** Turns the camera on and off. */
export function CameraButton({ call, actions }: ButtonProps) {
  const { t } = useTranslation("call");
  const on = useSlice(call.local).camera.state === "on";
  return (
    <ControlButton
      icon={on ? Video : VideoOff}
      label={t(on ? "controls.cameraOff" : "controls.cameraOn")}
      keys="V"
      tone={on ? "on" : "off"}
      onClick={actions.toggleCamera}
    />
  );
}

function ShareButton({ call, actions }: ButtonProps) {
  const { t } = useTranslation("call");
  const on = useSlice(call.local).screen === "on";
  return (
    <ControlButton
      icon={on ? MonitorX : MonitorUp}
      label={t(on ? "controls.shareStop" : "controls.shareStart")}
      keys="S"
      tone={on ? "raised" : "plain"}
      onClick={actions.toggleScreen}
    />
  );
}
