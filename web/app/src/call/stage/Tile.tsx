import type { Call, Slot } from "@greenroom/client";
import { Hand, MicOff, Minimize2, Pin, PinOff, WifiOff } from "lucide-react";
import { memo, type CSSProperties } from "react";
import { useTranslation } from "react-i18next";
import type { Placed } from "../arrange/arrangement";
import { isMuted, type Person, type Screen, type TileName } from "../arrange/people";
import { Picture } from "../media/Picture";
import { Avatar } from "../../ui/Avatar";
import { classes } from "../../ui/classes";
import { QualityBadge } from "./QualityBadge";
import { TileButton } from "./TileButton";
import styles from "./Tile.module.css";

/** Side of the avatar as part of the tile's smaller side. */
const AVATAR_PART = 0.42;
const AVATAR_MAX_PX = 128;
/** Tiles narrower than this show the name alone. */
const SMALL_PX = 150;

export interface TileProps {
  readonly placed: Placed;
  /** Whose tile it is; of a screen: who shares it. */
  readonly person: Person;
  readonly screen?: Screen | undefined;
  readonly stream: MediaStream | undefined;
  readonly paused?: Slot["reason"] | undefined;
  readonly speaking: boolean;
  readonly pinned: boolean;
  readonly tabStop: boolean;
  readonly onPin: (tile: TileName) => void;
  readonly onDemote: (tile: TileName) => void;
}

/** Somebody's tile or a shared screen, where the arrangement puts it. */
export const Tile = memo(function Tile(props: TileProps) {
  const { placed, person, screen, stream, paused, speaking, pinned, tabStop, onPin, onDemote } = props;
  const { t } = useTranslation("call");
  const name = screen
    ? t("stage.screenOf", { name: person.name })
    : person.self
      ? t("stage.you", { name: person.name })
      : person.name;
  const style = {
    "--x": `${placed.xPx}px`,
    "--y": `${placed.yPx}px`,
    inlineSize: placed.widthPx,
    blockSize: placed.heightPx,
  } as CSSProperties;
  const small = placed.widthPx < SMALL_PX;
  const avatarPx = Math.min(AVATAR_MAX_PX, Math.round(Math.min(placed.widthPx, placed.heightPx) * AVATAR_PART));
  return (
    <div
      role="group"
      aria-label={useTileLabel(name, person, screen !== undefined)}
      className={classes(
        styles.tile,
        speaking && !screen && styles.speaking,
        pinned && styles.pinned,
        small && styles.small,
        screen && styles.screen,
      )}
      style={style}
      data-tile={placed.tile}
      data-part={placed.part}
      data-speaking={speaking}
      data-picture={stream ? "on" : "off"}
    >
      {stream ? (
        <Picture stream={stream} mirrored={person.self && !screen} whole={screen !== undefined} />
      ) : (
        <span className={styles.avatar}>
          <Avatar user={person.user} name={person.name} size={avatarPx} />
        </span>
      )}
      {paused && paused !== "muted" && <p className={styles.paused}>{t(`stage.paused.${paused}`)}</p>}
      <TileLabel name={name} person={person} isScreen={screen !== undefined} />
      {!screen && <QualityBadge person={person} className={styles.quality} />}
      <div className={styles.buttons}>
        {screen && placed.part === "focus" && (
          <TileButton
            icon={Minimize2}
            label={t("stage.toGrid")}
            onClick={() => onDemote(placed.tile)}
            tabStop={tabStop}
          />
        )}
        <TileButton
          icon={pinned ? PinOff : Pin}
          label={t(pinned ? "stage.unpin" : "stage.pin", { name })}
          onClick={() => onPin(placed.tile)}
          pressed={pinned}
          tabStop={tabStop}
        />
      </div>
    </div>
  );
});

function TileLabel({
  name,
  person,
  isScreen,
}: {
  readonly name: string;
  readonly person: Person;
  readonly isScreen: boolean;
}) {
  const { t } = useTranslation("call");
  const muted = !isScreen && isMuted(person);
  return (
    <div className={styles.label} aria-hidden="true">
      {person.hand && !isScreen && <Sign icon={Hand} text={t("stage.hand")} className={styles.hand} />}
      {person.away && <Sign icon={WifiOff} text={t("stage.away")} className={styles.away} />}
      {muted && <Sign icon={MicOff} text={t("stage.muted")} className={styles.muted} />}
      <span className={styles.name}>{name}</span>
    </div>
  );
}

function Sign({ icon: Icon, text, className }: { icon: typeof Hand; text: string; className: string | undefined }) {
  return (
    <span className={className} title={text}>
      <Icon size={14} aria-hidden="true" />
    </span>
  );
}

/** Name and state in one line, as screen readers say them. Who speaks is heard, and not told. */
export function useTileLabel(name: string, person: Person, isScreen = false): string {
  const { t } = useTranslation("call");
  if (isScreen) return name;
  const parts = [
    name,
    isMuted(person) && t("stage.muted"),
    person.hand && t("stage.hand"),
    person.away && t("stage.away"),
  ];
  return parts.filter(Boolean).join(", ");
}

/** The stream and the state of a tile's slot. */
export function pictureOf(
  call: Call,
  tile: TileName,
  slots: ReadonlyMap<string, Slot>,
): { readonly stream: MediaStream | undefined; readonly paused: Slot["reason"] | undefined } {
  const slot = slots.get(tile);
  if (slot?.state !== "live") return { stream: undefined, paused: slot?.state === "paused" ? slot.reason : undefined };
  return { stream: call.streamOf(tile), paused: undefined };
}
