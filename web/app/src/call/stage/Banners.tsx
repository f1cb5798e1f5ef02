import type { Call } from "@greenroom/client";
import { Leaf, LoaderCircle, Mic, MicOff, MonitorUp, VolumeX } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useSlice } from "../../state/client";
import { Button } from "../../ui/Button";
import { classes } from "../../ui/classes";
import type { CallActions } from "../media/useActions";
import { useUnheard } from "./useUnheard";
import styles from "./Banners.module.css";

/** Lines above the tiles: what is not as it should be, and what to do about it. */
export function Banners({
  call,
  actions,
  talking,
}: {
  readonly call: Call;
  readonly actions: CallActions;
  readonly talking: boolean;
}) {
  const { t } = useTranslation("call");
  const phase = useSlice(call.phase);
  const blocked = useSlice(call.soundBlocked);
  const audioOnly = useSlice(call.audioOnly);
  const unheard = useUnheard(call);
  const sharing = useSlice(call.local).screen === "on";
  return (
    <div className={styles.banners}>
      <div role="status" className={styles.said}>
        {phase.phase === "reconnecting" && (
          <Line icon={<LoaderCircle size={16} aria-hidden="true" className={styles.turning} />} tone="warning">
            {t(`phase.${phase.lost}`)}
          </Line>
        )}
        {phase.phase === "joining" && <Line icon={null}>{t("phase.joining")}</Line>}
        {unheard && !talking && <Line icon={<MicOff size={16} aria-hidden="true" />}>{t("stage.talkHint")}</Line>}
        {talking && <Line icon={<Mic size={16} aria-hidden="true" />}>{t("stage.talking")}</Line>}
      </div>
      {blocked && (
        <Line icon={<VolumeX size={16} aria-hidden="true" />} tone="warning">
          {t("stage.soundBlocked")}
          <Button size="s" variant="primary" onClick={() => actions.run(() => call.allowSound())}>
            {t("stage.allowSound")}
          </Button>
        </Line>
      )}
      {sharing && (
        <Line icon={<MonitorUp size={16} aria-hidden="true" />}>
          {t("stage.yourScreen")}
          <Button size="s" variant="danger" onClick={() => actions.run(() => call.stopScreen())}>
            {t("stage.stopSharing")}
          </Button>
        </Line>
      )}
      {audioOnly && (
        <Line icon={<Leaf size={16} aria-hidden="true" />}>
          {t("stage.audioOnlyHint")}
          <Button size="s" onClick={() => actions.setAudioOnly(false)}>
            {t("stage.showPictures")}
          </Button>
        </Line>
      )}
    </div>
  );
}

function Line({
  icon,
  tone = "plain",
  children,
}: {
  readonly icon: ReactNode;
  readonly tone?: "plain" | "warning";
  readonly children: ReactNode;
}) {
  return (
    <p className={classes(styles.line, styles[tone])}>
      {icon}
      {children}
    </p>
  );
}
