import type { Call, RoomId } from "@greenroom/client";
import { EllipsisVertical, Hand, MicOff, MonitorUp, Video } from "lucide-react";
import { memo, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useClient, useSlice } from "../../state/client";
import { Avatar } from "../../ui/Avatar";
import { Button } from "../../ui/Button";
import { peopleOf, type Person } from "../arrange/people";
import { useActions, type CallActions } from "../media/useActions";
import { Confirm } from "../stage/Confirm";
import { useModeration } from "../stage/moderation";
import { QualityBadge, useQualityText } from "../stage/QualityBadge";
import styles from "./People.module.css";

/** Who is in the room's call: how well they are connected, and what moderators may do. */
export function People({ room }: { readonly room: RoomId }) {
  const current = useSlice(useClient().calls.current);
  return <div className={styles.panel}>{current?.room === room && <List call={current} />}</div>;
}

function List({ call }: { readonly call: Call }) {
  const { t } = useTranslation("call");
  const participants = useSlice(call.participants);
  const actions = useActions(call);
  const { moderates } = useModeration(call);
  // Raised hands first: they wait for somebody to see them.
  const people = useMemo(
    () => peopleOf(participants, call.self).sort((a, b) => Number(b.hand) - Number(a.hand)),
    [participants, call],
  );
  return (
    <>
      <p className={styles.count}>{t("people.count", { count: people.length })}</p>
      <ul className={styles.list}>
        {people.map((person) => (
          <Line key={person.tile} person={person} call={call} actions={actions} moderates={moderates && !person.self} />
        ))}
      </ul>
    </>
  );
}

/** One of them. Drawn again only when something of them changed: the list hears of everybody's. */
const Line = memo(
  function Line({
    person,
    call,
    actions,
    moderates,
  }: {
    readonly person: Person;
    readonly call: Call;
    readonly actions: CallActions;
    readonly moderates: boolean;
  }) {
    const { t } = useTranslation("call");
    const [removing, setRemoving] = useState(false);
    const [open, setOpen] = useState(false);
    const quality = useQualityText(person);
    const { microphone, name } = person;
    return (
      <li className={styles.line}>
        <Avatar user={person.user} name={name} size={32} />
        <span className={styles.name}>{person.self ? t("stage.you", { name }) : name}</span>
        <span className={styles.state}>{person.away ? t("stage.away") : quality}</span>
        <span className={styles.signs}>
          {person.hand && <Sign icon={Hand} text={t("stage.hand")} />}
          {person.screen !== undefined && <Sign icon={MonitorUp} text={t("people.sharing")} />}
          {person.camera !== undefined && <Sign icon={Video} text={t("people.cameraOn")} />}
          {!microphone && <Sign icon={MicOff} text={t("people.microphoneOff")} />}
          {microphone?.muted && <Sign icon={MicOff} text={t("stage.muted")} />}
          <QualityBadge person={person} always />
        </span>
        {moderates && (
          <button
            type="button"
            className={styles.more}
            aria-label={t("people.options", { name })}
            aria-expanded={open}
            onClick={() => setOpen(!open)}
          >
            <EllipsisVertical size={18} aria-hidden="true" />
          </button>
        )}
        {moderates && open && (
          <span className={styles.acts}>
            <Button
              size="s"
              disabled={!microphone || microphone.muted}
              onClick={() => microphone && actions.run(() => call.muteOther(microphone.track))}
            >
              {t("people.mute")}
            </Button>
            <Button size="s" variant="danger" onClick={() => setRemoving(true)}>
              {t("people.remove")}
            </Button>
          </span>
        )}
        {removing && (
          <Confirm
            title={t("people.removeTitle", { name })}
            text={t("people.removeText")}
            action={t("people.removeDo")}
            onConfirm={() => actions.run(() => call.remove(person.participant))}
            onClose={() => setRemoving(false)}
          />
        )}
      </li>
    );
  },
  (before, after) =>
    before.moderates === after.moderates && JSON.stringify(before.person) === JSON.stringify(after.person),
);

function Sign({ icon: Icon, text }: { readonly icon: typeof Hand; readonly text: string }) {
  return (
    <span className={styles.sign} title={text}>
      <Icon size={16} aria-hidden="true" />
      <span className="visually-hidden">{text}</span>
    </span>
  );
}
