import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { useClient } from "../state/client";
import { useRequest } from "../state/errors";
import { go } from "../state/route";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { TextField } from "../ui/TextField";
import { useNameFault } from "./names";
import { RetentionField } from "./RetentionField";
import styles from "./rooms.module.css";
import { VisibilityField } from "./VisibilityField";

const FORM = "create-room";

/** Makes a room and opens it. */
export function CreateRoomDialog({ open, onClose }: { readonly open: boolean; readonly onClose: () => void }) {
  const { t } = useTranslation("rooms");
  const client = useClient();
  const [name, setName] = useState("");
  const [fault, setFault] = useState<string>();
  const faultOf = useNameFault();
  const [visibility, setVisibility] = useState<"public" | "private">("public");
  const [days, setDays] = useState(0);
  const { busy, problem, request } = useRequest();

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const found = faultOf(name);
    setFault(found);
    if (found !== undefined) return;
    const retention = days === 0 ? {} : { retentionDays: days };
    await request(async () => {
      const room = await client.createRoom({ name: name.trim(), visibility, ...retention });
      onClose();
      go({ at: "room", room });
    });
  };

  return (
    <Dialog
      title={t("create.title")}
      open={open}
      onClose={onClose}
      size="s"
      actions={
        <Button variant="primary" type="submit" form={FORM} busy={busy}>
          {t("create.submit")}
        </Button>
      }
    >
      <form id={FORM} className={styles.form} onSubmit={(event) => void submit(event)}>
        <TextField
          label={t("create.name")}
          hint={t("create.nameHint")}
          value={name}
          onChange={setName}
          error={fault ?? problem}
          autoComplete="off"
          dir="auto"
        />
        <VisibilityField value={visibility} onChange={setVisibility} />
        <RetentionField days={days} onChange={setDays} />
      </form>
    </Dialog>
  );
}
