import { Mic, MicOff, MonitorUp, MonitorX, Video, VideoOff } from "lucide-react";
import { useTranslation } from "react-i18next";
import { ControlButton, type ControlButtonProps } from "./ControlButton";

/** What the button of a device shows and says while it is on, and while it is off. */
const LOOKS = {
  microphone: {
    on: { icon: Mic, label: "controls.mute", tone: "on" },
    off: { icon: MicOff, label: "controls.unmute", tone: "off" },
  },
  camera: {
    on: { icon: Video, label: "controls.cameraOff", tone: "on" },
    off: { icon: VideoOff, label: "controls.cameraOn", tone: "off" },
  },
  screen: {
    on: { icon: MonitorX, label: "controls.shareStop", tone: "raised" },
    off: { icon: MonitorUp, label: "controls.shareStart", tone: "plain" },
  },
} as const;

/** Turns something of one's own on and off that others hear or see. */
export function DeviceButton({
  device,
  on,
  ...rest
}: Pick<ControlButtonProps, "keys" | "disabled" | "onClick"> & {
  readonly device: keyof typeof LOOKS;
  readonly on: boolean;
}) {
  const { t } = useTranslation("call");
  const { icon, label, tone } = LOOKS[device][on ? "on" : "off"];
  return <ControlButton icon={icon} label={t(label)} tone={tone} {...rest} />;
}
