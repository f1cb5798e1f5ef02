import type { Call } from "@greenroom/client";
import { Hand, MessageSquare, PhoneOff, Users } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useSlice } from "../../state/client";
import { togglePanel, usePanel } from "../../state/panel";
import { CAN_SHARE } from "../media/can-share";
import type { CallActions } from "../media/useActions";
import { useMedia } from "../../shell/media";
import { ControlButton } from "./ControlButton";
import { DeviceButton } from "./DeviceButton";
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
  const on = useSlice(call.local).microphone.state === "on";
  return <DeviceButton device="microphone" on={on} keys="M" onClick={actions.toggleMicrophone} />;
}

/** Turns the camera on and off. */
export function CameraButton({ call, actions }: ButtonProps) {
  const on = useSlice(call.local).camera.state === "on";
  return <DeviceButton device="camera" on={on} keys="V" onClick={actions.toggleCamera} />;
}

function ShareButton({ call, actions }: ButtonProps) {
  const on = useSlice(call.local).screen === "on";
  return <DeviceButton device="screen" on={on} keys="S" onClick={actions.toggleScreen} />;
}
