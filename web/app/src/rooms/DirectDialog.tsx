import type { UserId } from "@greenroom/client";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useClient } from "../state/client";
import { useRequest } from "../state/errors";
import { useKnownPeople } from "../state/people";
import { go } from "../state/route";
import { useSlice } from "../state/slices";
import { Avatar } from "../ui/Avatar";
import { Dialog } from "../ui/Dialog";
import { TextField } from "../ui/TextField";
import { fits } from "./names";
import styles from "./rooms.module.css";

/** Chooses somebody one shares a room with, and opens the direct room of the two. */
export function DirectDialog({ open, onClose }: { readonly open: boolean; readonly onClose: () => void }) {
  const { t } = useTranslation("rooms");
  return (
    <Dialog title={t("direct.title")} open={open} onClose={onClose} size="s">
      <People onDone={onClose} />
    </Dialog>
  );
}

function People({ onDone }: { readonly onDone: () => void }) {
  const { t } = useTranslation("rooms");
  const client = useClient();
  const self = useSlice(client.account)?.user;
  const people = useKnownPeople();
  const [typed, setTyped] = useState("");
  const { problem, request } = useRequest();

  const write = (user: UserId) =>
    request(async () => {
      const room = await client.openDirect(user);
      onDone();
      go({ at: "room", room });
    });
  const others = people?.filter((one) => one.user !== self);
  const shown = others?.filter((one) => fits(`${one.name} ${one.user}`, typed));
  return (
    <div className={styles.form}>
      <TextField
        label={t("direct.filter")}
        value={typed}
        onChange={setTyped}
        type="search"
        error={problem}
        dir="auto"
      />
      <ul className={styles.list}>
        {shown?.map((one) => (
          <li key={one.user}>
            <button
              type="button"
              className={styles.choice}
              aria-label={t("direct.write", { name: one.name })}
              onClick={() => void write(one.user)}
            >
              <Avatar user={one.user} name={one.name} status={one.status} />
              <span className={styles.words}>
                <strong dir="auto">{one.name}</strong>
                <span className={styles.hint}>{one.user}</span>
              </span>
            </button>
          </li>
        ))}
      </ul>
      {shown?.length === 0 && (
        <p className={styles.hint}>
          {others?.length === 0 ? t("direct.none") : t("direct.noneFits", { text: typed.trim() })}
        </p>
      )}
    </div>
  );
}
