import type { RoomId } from "@greenroom/client";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { useAccount, useClient, useRoom, useSlice } from "../../state/client";
import { setPreferences, usePreferences } from "../../state/preferences";
import { Avatar } from "../../ui/Avatar";
import { Button } from "../../ui/Button";
import { Spinner } from "../../ui/Spinner";
import { Switch } from "../../ui/Switch";
import { closeDoor } from "../door";
import { Picture } from "../media/Picture";
import { problemKeys, type Problem } from "../media/problems";
import { DeviceButton } from "../stage/DeviceButton";
import { DevicePickers } from "./DevicePickers";
import { LevelMeter } from "./LevelMeter";
import { useJoin } from "./useJoin";
import { usePreview } from "./usePreview";
import styles from "./PreJoin.module.css";

/** Before a call: see and hear oneself, choose devices, and go in. */
export function PreJoin({ room }: { readonly room: RoomId }) {
  const { t } = useTranslation("call");
  const { calls, connection } = useClient();
  const summary = useSlice(useRoom(room).summary);
  const other = useSlice(calls.current);
  const online = useSlice(connection).phase === "online";
  const wish = usePreferences();
  const open = usePreview({
    microphone: wish.microphone ?? true,
    camera: wish.cameraOn && !wish.dataSaver && (wish.camera ?? true),
  });
  const joining = useJoin(room, open);
  const name = summary?.name ?? "";
  const running = summary?.call;
  const of = summary?.visibility === "direct" ? "Direct" : "";
  return (
    <section className={styles.page} aria-label={t("prejoin.title")}>
      <div className={styles.room}>
        <h2 className={styles.title} ref={useFocusOnce()} tabIndex={-1}>
          {t(running ? `prejoin.titleJoin${of}` : `prejoin.titleStart${of}`, { room: name })}
        </h2>
        {running && <p className={styles.running}>{t("running", { count: running.participants })}</p>}
        <div className={styles.halves}>
          <Mirror open={open} />
          <div className={styles.choices}>
            {open.problems.length > 0 && <ProblemText problems={open.problems} onRetry={open.retry} />}
            <DevicePickers
              chosen={{ microphone: wish.microphone, camera: wish.camera, speaker: wish.speaker }}
              onChoose={(kind, device) => setPreferences({ [kind]: device })}
            />
            <Switch
              label={t("prejoin.audioOnly")}
              hint={t("prejoin.audioOnlyHint")}
              checked={wish.dataSaver}
              onChange={(dataSaver) => setPreferences({ dataSaver })}
            />
          </div>
        </div>
        <div className={styles.doing}>
          {!online && <p className={styles.note}>{t("prejoin.offline")}</p>}
          {other && other.room !== room && <LeavesOther room={other.room} />}
          {joining.failure && (
            <p className={styles.failure} role="alert">
              {joining.failure}
            </p>
          )}
          <Button onClick={closeDoor}>{t("prejoin.cancel")}</Button>
          <Button variant="primary" busy={joining.busy} disabled={!online || open.opening} onClick={joining.join}>
            {t(joining.busy ? "prejoin.joining" : running ? "prejoin.joinNow" : "prejoin.startNow")}
          </Button>
        </div>
      </div>
    </section>
  );
}

/** Whoever comes here by keyboard or screen reader starts at the title. */
function useFocusOnce() {
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => title.current?.focus(), []);
  return title;
}

function Mirror({ open }: { readonly open: ReturnType<typeof usePreview> }) {
  const { t } = useTranslation("call");
  const account = useAccount();
  const wish = usePreferences();
  const { preview, opening } = open;
  const picture = preview && preview.stream.getVideoTracks().length > 0 ? preview.stream : undefined;
  const hears = preview !== undefined && preview.stream.getAudioTracks().length > 0;
  const refused = (device: Problem["device"]) => open.problems.some((problem) => problem.device === device);
  const hearsMe = wish.microphoneOn && !refused("microphone");
  const seesMe = wish.cameraOn && !wish.dataSaver && !refused("camera");
  return (
    <div className={styles.side}>
      <div className={styles.mirror} role="group" aria-label={t("prejoin.preview")}>
        {picture ? <Picture stream={picture} mirrored /> : <Avatar user={account.user} name={account.name} size={96} />}
        {opening ? (
          <p className={styles.state} role="status">
            <Spinner size={16} /> {t("prejoin.opening")}
          </p>
        ) : (
          !picture && <p className={styles.state}>{t("prejoin.cameraOff")}</p>
        )}
        <div className={styles.switches}>
          <DeviceButton
            device="microphone"
            on={hearsMe}
            onClick={() =>
              refused("microphone") ? open.retry() : setPreferences({ microphoneOn: !wish.microphoneOn })
            }
          />
          <DeviceButton
            device="camera"
            on={seesMe}
            disabled={wish.dataSaver}
            onClick={() => (refused("camera") ? open.retry() : setPreferences({ cameraOn: !wish.cameraOn }))}
          />
        </div>
      </div>
      {hears && (
        <div className={styles.level}>
          <LevelMeter level={() => preview.level()} />
          <p className={styles.hint}>{t(wish.microphoneOn ? "prejoin.levelHint" : "prejoin.mutedHint")}</p>
        </div>
      )}
    </div>
  );
}

function ProblemText({ problems, onRetry }: { readonly problems: readonly Problem[]; readonly onRetry: () => void }) {
  const { t } = useTranslation("call");
  return (
    <div className={styles.problem} role="alert">
      {problemKeys(problems, navigator.userAgent).map((key) => (
        <p key={key}>{t(key)}</p>
      ))}
      <p>{t(problems.length > 1 ? "prejoin.listenOnly" : "prejoin.without")}</p>
      <Button size="s" onClick={onRetry}>
        {t("prejoin.retry")}
      </Button>
    </div>
  );
}

function LeavesOther({ room }: { readonly room: RoomId }) {
  const { t } = useTranslation("call");
  const summary = useSlice(useRoom(room).summary);
  return <p className={styles.note}>{t("prejoin.leavesOther", { room: summary?.name ?? "" })}</p>;
}
