import type { Call } from "@greenroom/client";
import { useTranslation } from "react-i18next";
import { useSlice } from "../../state/client";
import { setPreferences, usePreferences } from "../../state/preferences";
import { Dialog } from "../../ui/Dialog";
import type { CallActions } from "../media/useActions";
import { DevicePickers, type DeviceKind } from "../prejoin/DevicePickers";
import { LevelMeter } from "../prejoin/LevelMeter";

/** Changes devices within a call. */
export function DevicesDialog({
  call,
  actions,
  onClose,
}: {
  readonly call: Call;
  readonly actions: CallActions;
  readonly onClose: () => void;
}) {
  const { t } = useTranslation("call");
  const local = useSlice(call.local);
  const wished = usePreferences();
  const choose = (kind: DeviceKind, device: string | undefined): void => {
    setPreferences({ [kind]: device });
    if (kind === "microphone" && local.microphone.state !== "off")
      actions.run(() => call.setMicrophone(device ?? true));
    if (kind === "camera" && local.camera.state === "on") actions.run(() => call.setCamera(device ?? true));
    if (kind === "speaker") actions.run(() => call.setSpeaker(device ?? ""));
  };
  return (
    <Dialog title={t("controls.devicesMenu")} open onClose={onClose}>
      <DevicePickers
        chosen={{
          microphone: local.microphone.device ?? wished.microphone,
          camera: local.camera.device ?? wished.camera,
          speaker: wished.speaker,
        }}
        onChoose={choose}
      />
      <LevelMeter level={() => call.level()} />
    </Dialog>
  );
}
