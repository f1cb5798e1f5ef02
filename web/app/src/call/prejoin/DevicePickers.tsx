import type { Devices } from "@greenroom/client";
import { Volume2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useClient, useSlice } from "../../state/client";
import { Button } from "../../ui/Button";
import { Select } from "../../ui/Select";
import { playTestSound } from "../media/test-sound";
import styles from "./DevicePickers.module.css";

export type DeviceKind = "microphone" | "camera" | "speaker";

const KINDS: readonly DeviceKind[] = ["microphone", "camera", "speaker"];
const LISTS = { microphone: "microphones", camera: "cameras", speaker: "speakers" } as const satisfies Record<
  DeviceKind,
  keyof Devices
>;
const CAN_CHOOSE_SPEAKER = typeof HTMLMediaElement !== "undefined" && "setSinkId" in HTMLMediaElement.prototype;

/** Which microphone, camera and speaker; `undefined` is the system's default. */
export function DevicePickers({
  chosen,
  onChoose,
}: {
  readonly chosen: { readonly [kind in DeviceKind]: string | undefined };
  readonly onChoose: (kind: DeviceKind, device: string | undefined) => void;
}) {
  const devices = useSlice(useClient().calls.devices);
  return (
    <div className={styles.pickers}>
      {KINDS.filter((kind) => kind !== "speaker" || CAN_CHOOSE_SPEAKER).map((kind) => (
        <Picker
          key={kind}
          kind={kind}
          devices={devices[LISTS[kind]]}
          chosen={chosen[kind]}
          onChoose={(device) => onChoose(kind, device)}
        />
      ))}
    </div>
  );
}

function Picker({
  kind,
  devices,
  chosen,
  onChoose,
}: {
  readonly kind: DeviceKind;
  readonly devices: readonly MediaDeviceInfo[];
  readonly chosen: string | undefined;
  readonly onChoose: (device: string | undefined) => void;
}) {
  const { t } = useTranslation("call");
  // "default" is the browser's own name for what our empty choice is.
  const named = devices.filter(({ deviceId }) => deviceId !== "" && deviceId !== "default");
  const known = named.some(({ deviceId }) => deviceId === chosen);
  return (
    <Select
      className={styles.picker}
      label={t(`prejoin.${kind}`)}
      value={known ? chosen : undefined}
      options={[
        { value: undefined, label: t("prejoin.systemDefault") },
        ...named.map(({ deviceId, label }, index) => ({
          value: deviceId,
          label: label || t("prejoin.unnamed", { kind: t(`prejoin.${kind}`), number: index + 1 }),
        })),
      ]}
      onChange={onChoose}
    >
      {kind === "speaker" && <TestSound speaker={known ? chosen : undefined} />}
    </Select>
  );
}

function TestSound({ speaker }: { readonly speaker: string | undefined }) {
  const { t } = useTranslation("call");
  const [playing, setPlaying] = useState(false);
  const play = () => {
    setPlaying(true);
    playTestSound(speaker)
      .catch(() => undefined) // a speaker that went away: there is silence, which is the answer
      .finally(() => setPlaying(false));
  };
  return (
    <Button size="s" disabled={playing} onClick={play} aria-label={t("prejoin.testSoundLabel")}>
      <Volume2 size={16} aria-hidden="true" />
      {t(playing ? "prejoin.testing" : "prejoin.testSound")}
    </Button>
  );
}
