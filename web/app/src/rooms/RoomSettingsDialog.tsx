import type { RoomId, RoomSummary } from "@greenroom/client";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { useRoom, useSlice } from "../state/client";
import { useRequest } from "../state/errors";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { TextField } from "../ui/TextField";
import { toast } from "../ui/toasts";
import { Copyable } from "./Copyable";
import { useNameFault } from "./names";
import { RetentionField } from "./RetentionField";
import { atLeast } from "./roles";
import { Problem } from "./Problem";
import styles from "./rooms.module.css";
import { VisibilityField } from "./VisibilityField";

const FORM = "room-settings";

/** What a room is called, who can join, how long messages stay; and what proves that two devices agree. */
export function RoomSettingsDialog({
  room,
  open,
  onClose,
}: {
  readonly room: RoomId;
  readonly open: boolean;
  readonly onClose: () => void;
}) {
  const { t } = useTranslation("rooms");
  const summary = useSlice(useRoom(room).summary);
  const [busy, setBusy] = useState(false);
  if (summary === undefined) return null;
  return (
    <Dialog
      title={t("settings.title", { name: summary.name })}
      open={open}
      onClose={onClose}
      actions={
        <Button variant="primary" type="submit" form={FORM} busy={busy}>
          {t("settings.save")}
        </Button>
      }
    >
      <Settings summary={summary} onBusy={setBusy} onDone={onClose} />
    </Dialog>
  );
}

function Settings({
  summary,
  onBusy,
  onDone,
}: {
  readonly summary: RoomSummary;
  readonly onBusy: (busy: boolean) => void;
  readonly onDone: () => void;
}) {
  const { t } = useTranslation("rooms");
  const handle = useRoom(summary.room);
  const owner = atLeast(summary.role, "owner") && summary.visibility !== "direct";
  const before = summary.retentionDays ?? 0;
  const [name, setName] = useState(summary.name);
  const [topic, setTopic] = useState(summary.topic);
  const [visibility, setVisibility] = useState<"public" | "private">(
    summary.visibility === "public" ? "public" : "private",
  );
  const [days, setDays] = useState(before);
  const [fault, setFault] = useState<string>();
  const faultOf = useNameFault();
  const { problem, request } = useRequest();

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const found = faultOf(name);
    setFault(found);
    if (found !== undefined) return;
    onBusy(true);
    const done = await request(async () => {
      if (topic !== summary.topic) await handle.setTopic(topic.trim());
      const change = {
        ...(name.trim() === summary.name ? {} : { name: name.trim() }),
        ...(visibility === summary.visibility ? {} : { visibility }),
        ...(days === before ? {} : { retentionDays: days }),
      };
      if (owner && Object.keys(change).length > 0) await handle.update(change);
    });
    onBusy(false);
    if (!done) return;
    toast(t("settings.saved"));
    onDone();
  };
  return (
    <div className={styles.form}>
      <form id={FORM} className={styles.form} onSubmit={(event) => void submit(event)}>
        {summary.visibility !== "direct" && (
          <TextField
            label={t("create.name")}
            value={name}
            onChange={setName}
            error={fault}
            disabled={!owner}
            dir="auto"
          />
        )}
        <TextField
          label={t("settings.topic")}
          hint={t("settings.topicHint")}
          value={topic}
          onChange={setTopic}
          dir="auto"
        />
        {summary.visibility !== "direct" && (
          <>
            <VisibilityField value={visibility} onChange={setVisibility} disabled={!owner} />
            <RetentionField days={days} onChange={setDays} disabled={!owner} />
            {!owner && <p className={styles.hint}>{t("settings.onlyOwner")}</p>}
            {days !== 0 && (before === 0 || days < before) && (
              <p className={styles.problem}>{t("settings.retentionWarning")}</p>
            )}
          </>
        )}
        <Problem text={problem} />
      </form>
      <Fingerprint room={summary.room} />
    </div>
  );
}

function Fingerprint({ room }: { readonly room: RoomId }) {
  const { t } = useTranslation("rooms");
  const handle = useRoom(room);
  const [shown, setShown] = useState<string>();
  const { busy, problem, request } = useRequest();
  const compute = () => request(async () => setShown((await handle.digest()) ?? t("settings.digestIncomplete")));
  return (
    <section className={styles.form} aria-label={t("settings.digest")}>
      <p className={styles.hint}>{problem ?? t("settings.digestHint")}</p>
      {shown === undefined ? (
        <Button size="s" busy={busy} onClick={() => void compute()}>
          {t("settings.digest")}: {t("settings.digestShow")}
        </Button>
      ) : (
        <output className={styles.fingerprint}>{shown}</output>
      )}
      <Copyable label={t("settings.roomId")} text={room} action={t("settings.copy")} />
    </section>
  );
}
