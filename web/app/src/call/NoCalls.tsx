import type { Calls } from "@greenroom/client";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { secureAddress } from "../shell/secure-address";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";

/** Why calls do not work here, and how to get them. */
export function NoCalls({
  support,
  onClose,
}: {
  readonly support: Exclude<Calls["support"], "ready">;
  readonly onClose: () => void;
}) {
  const { t } = useTranslation("call");
  const [secure, setSecure] = useState<string>();
  useEffect(() => {
    if (support !== "insecure") return;
    const asking = new AbortController();
    // Offline or an older server: the words say what to do.
    void secureAddress(asking.signal).then(setSecure, () => undefined);
    return () => asking.abort();
  }, [support]);
  return (
    <Dialog
      title={t("unsupported.title")}
      size="s"
      open
      onClose={onClose}
      actions={<Button onClick={onClose}>{t("unsupported.close")}</Button>}
    >
      <p>{support === "insecure" ? t("unsupported.insecure") : t("unsupported.missing")}</p>
      {support === "insecure" &&
        (secure === undefined ? (
          <p>{t("unsupported.askOperator")}</p>
        ) : (
          <p>
            <a href={secure}>{t("unsupported.openSecure")}</a>
          </p>
        ))}
      <p>{t("unsupported.chatWorks")}</p>
    </Dialog>
  );
}
