import { Grid2x2Plus, GripHorizontal, MicOff } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Avatar } from "../../ui/Avatar";
import { classes } from "../../ui/classes";
import { isMuted, type Person } from "../arrange/people";
import { Picture } from "../media/Picture";
import { useFloating } from "../useFloating";
import { QualityBadge } from "./QualityBadge";
import type { StageModel } from "./stage-model";
import { useTileLabel } from "./Tile";
import { TileButton } from "./TileButton";
import styles from "./SelfView.module.css";

/** One's own picture in a corner, as in a mirror: it can be moved, or put among the others. */
export function SelfView({
  person,
  stream,
  model,
  speaking,
}: {
  readonly person: Person;
  readonly stream: MediaStream | undefined;
  readonly model: StageModel;
  readonly speaking: boolean;
}) {
  const { t } = useTranslation("call");
  const { window, ...floating } = useFloating<HTMLDivElement>("greenroom.call.self", { block: "end", inline: "end" });
  return (
    <div
      ref={window}
      role="group"
      aria-label={useTileLabel(t("stage.you", { name: person.name }), person)}
      className={classes(styles.self, speaking && styles.speaking)}
      data-block={floating.corner.block}
      data-inline={floating.corner.inline}
      data-picture={stream ? "on" : "off"}
      {...floating.place}
    >
      {stream ? <Picture stream={stream} mirrored /> : <Avatar user={person.user} name={person.name} size={56} />}
      {isMuted(person) && (
        <span className={styles.muted} title={t("stage.muted")}>
          <MicOff size={14} aria-hidden="true" />
        </span>
      )}
      <QualityBadge person={person} className={styles.quality} />
      <div className={styles.buttons}>
        <button
          type="button"
          className={styles.handle}
          aria-label={t("stage.yourTile")}
          title={t("stage.yourTile")}
          {...floating.handle}
        >
          <GripHorizontal size={16} aria-hidden="true" />
        </button>
        <TileButton
          icon={Grid2x2Plus}
          label={t("stage.minimize")}
          onClick={() => model.change({ selfFloats: false })}
        />
      </div>
    </div>
  );
}
