import { useState } from "react";
import { useTranslation } from "react-i18next";
import { forgetThreadDrafts } from "../../composer/thread-drafts";
import { useAccount, useClient, useSlice } from "../../state/client";
import { useAttempt } from "../../state/errors";
import { go } from "../../state/route";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import styles from "./Section.module.css";

/** Asks before everything on the device goes. */
export function SignOutDialog({ onClose, onDone }: { readonly onClose: () => void; readonly onDone: () => void }) {
  const { t } = useTranslation(["shell", "ui"]);
  const client = useClient();
  const account = useAccount();
  const { waiting, failed } = useSlice(client.outbox);
  const attempt = useAttempt();
  const [busy, setBusy] = useState(false);
  const leave = async () => {
    setBusy(true);
    const done = await attempt(client.signOut());
    setBusy(false);
    if (!done) return;
    forgetThreadDrafts();
    onDone();
    go({ at: "home" }, "replace");
  };
  return (
    <Dialog
      title={t("settings.signOutTitle")}
      open
      onClose={onClose}
      size="s"
      actions={
        <>
          <Button onClick={onClose}>{t("ui:cancel")}</Button>
          <Button variant="danger" busy={busy} onClick={() => void leave()}>
            {t("settings.signOut")}
          </Button>
        </>
      }
    >
      <p>{t("settings.signOutText")}</p>
      {account.kind === "guest" && <p>{t("settings.signOutGuest", { name: account.name })}</p>}
      {waiting + failed > 0 && (
        <p className={styles.warning}>{t("settings.signOutWaiting", { count: waiting + failed })}</p>
      )}
    </Dialog>
  );
}
