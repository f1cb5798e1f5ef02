import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { RoomHandle } from "@greenroom/client";
import { useNow } from "../state/now";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { TextField } from "../ui/TextField";
import { placeOf } from "./placeOf";

/** Asks for a day and finds the first message of it, or the very first. */
export function JumpDialog({
  room,
  initialMs,
  onPlace,
  onClose,
}: {
  readonly room: RoomHandle;
  readonly initialMs: number;
  /** Index of the line among all of the room. */
  readonly onPlace: (index: number) => void;
  readonly onClose: () => void;
}) {
  const { t } = useTranslation("timeline");
  const [date, setDate] = useState(() => dateOf(initialMs));
  const now = useNow();
  const [today] = useState(() => dateOf(now()));
  const [busy, setBusy] = useState(false);
  const jump = async (): Promise<void> => {
    setBusy(true);
    const place = await placeOf(room, new Date(`${date}T00:00:00`).getTime());
    onClose();
    onPlace(place);
  };
  return (
    <Dialog
      title={t("toDate")}
      open
      onClose={onClose}
      size="s"
      actions={
        <>
          <Button
            onClick={() => {
              onClose();
              onPlace(0);
            }}
          >
            {t("toBeginning")}
          </Button>
          <Button type="submit" form="jump" variant="primary" busy={busy}>
            {t("toDateGo")}
          </Button>
        </>
      }
    >
      <form
        id="jump"
        onSubmit={(event) => {
          event.preventDefault();
          void jump();
        }}
      >
        <TextField label={t("date")} type="date" required value={date} max={today} onChange={setDate} />
      </form>
    </Dialog>
  );
}

/** The day here, as a date field writes it. */
const dateOf = (ms: number): string => {
  const date = new Date(ms);
  const two = (part: number): string => String(part).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
};
