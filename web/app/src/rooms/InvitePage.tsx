import type { Route } from "../state/route";
import { useEffect, useState } from "react";
import { DoorOpen, Unlink } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useClient, useSlice } from "../state/client";
import { refusalCode, useErrorText } from "../state/errors";
import { openDialog } from "../state/panel";
import { go } from "../state/route";
import { Button } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { Spinner } from "../ui/Spinner";

type Invited = Route & { readonly at: "invite" };

/** Accepts an invite as soon as the server can be reached, and opens its room. */
export function InvitePage({ room, invite }: Omit<Invited, "at">) {
  const { t } = useTranslation("rooms");
  const client = useClient();
  const errorText = useErrorText();
  const online = useSlice(client.connection).phase === "online";
  const [problem, setProblem] = useState<string>();
  const [round, setRound] = useState(0);
  useEffect(() => {
    if (!online) return;
    let gone = false;
    client.acceptInvite(room, invite).then(
      () => {
        if (!gone) go({ at: "room", room }, "replace");
      },
      (error: unknown) => {
        if (gone) return;
        const code = refusalCode(error);
        setProblem(code === "invite_invalid" || code === "forbidden" ? t(`accept.${code}`) : errorText(error));
      },
    );
    return () => {
      gone = true;
    };
  }, [client, errorText, invite, online, room, round, t]);

  const again = () => {
    setProblem(undefined);
    setRound(round + 1);
  };
  return (
    <EmptyState
      icon={DoorOpen}
      title={t(problem === undefined ? "accept.title" : "accept.failed")}
      text={problem ?? t(online ? "accept.joining" : "accept.waiting")}
    >
      {problem === undefined ? (
        <Spinner label={t("accept.joining")} />
      ) : (
        <>
          <Button onClick={again}>{t("accept.retry")}</Button>
          <Button variant="primary" onClick={() => go({ at: "home" }, "replace")}>
            {t("accept.home")}
          </Button>
        </>
      )}
    </EmptyState>
  );
}

/** A link to an invite that is none: parts of it were lost on the way. */
export function BrokenInvite() {
  const { t } = useTranslation("rooms");
  return (
    <EmptyState icon={Unlink} title={t("accept.broken")} text={t("accept.brokenText")}>
      <Button onClick={() => openDialog({ kind: "enter-invite" })}>{t("enter.title")}</Button>
      <Button variant="primary" onClick={() => go({ at: "home" }, "replace")}>
        {t("accept.home")}
      </Button>
    </EmptyState>
  );
}
