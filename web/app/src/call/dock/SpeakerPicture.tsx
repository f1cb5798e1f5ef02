import type { Call } from "@greenroom/client";
import { MicOff } from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useSlice } from "../../state/client";
import { Avatar } from "../../ui/Avatar";
import { classes } from "../../ui/classes";
import { lastSpeaker } from "../arrange/attention";
import { peopleOf } from "../arrange/people";
import { Picture } from "../media/Picture";
import { useBox } from "../useBox";
import styles from "./Dock.module.css";

const TILE = "dock";

/** Whoever speaks, small; the server chooses whose picture comes. */
export function SpeakerPicture({ call }: { readonly call: Call }) {
  const { t } = useTranslation("call");
  const place = useRef<HTMLDivElement>(null);
  useShown(call, useBox(place));
  const participants = useSlice(call.participants);
  const speakers = useSlice(call.speakers);
  const slot = useSlice(call.slots).find(({ tile }) => tile === TILE);
  const people = useMemo(() => peopleOf(participants, call.self), [participants, call]);
  const [last, setLast] = useState(() => lastSpeaker(undefined, speakers, people));
  const speaker = lastSpeaker(last, speakers, people);
  if (speaker !== last) setLast(speaker);
  const stream = slot?.state === "live" ? call.streamOf(TILE) : undefined;
  // The picture may lag behind the voice: the name is that of who is seen.
  const seen = stream ? slot?.participant : speaker;
  const person = people.find(({ participant }) => participant === seen);
  const isScreen = person?.screen !== undefined && person.screen === slot?.track;
  return (
    <div
      ref={place}
      className={classes(styles.picture, person && speakers.includes(person.participant) && styles.speaking)}
    >
      {stream ? (
        <Picture stream={stream} whole={isScreen} />
      ) : (
        person && <Avatar user={person.user} name={person.name} size={64} />
      )}
      <p className={styles.label}>
        {person?.microphone?.muted && <MicOff size={14} aria-label={t("stage.muted")} />}
        <span className={styles.name}>{person?.name ?? t("dock.alone")}</span>
      </p>
    </div>
  );
}

/** Asks for one picture of this size while the dock is there. */
function useShown(call: Call, box: ReturnType<typeof useBox>): void {
  useEffect(() => {
    if (!box || box.widthPx === 0) return;
    const ratio = window.devicePixelRatio;
    const [widthPx, heightPx] = [Math.round(box.widthPx * ratio), Math.round(box.heightPx * ratio)];
    call.show([{ tile: TILE, show: "speaker", widthPx, heightPx, priority: 200, pinned: false }]);
  }, [call, box]);
}
