import { CloudOff, KeyRound, RefreshCw, WifiOff } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { ConnectionState } from "@greenroom/client";
import { useFormat } from "../i18n/format";
import { useClient, useSlice } from "../state/client";
import { announce } from "../ui/announce";
import { Button } from "../ui/Button";
import { PATIENCE_MS, sayOf, type Said } from "./connection-words";
import { NoticeLine } from "./NoticeLine";
import { askToSignIn } from "./sign-in-again";

/** What the connection is doing, when that is worth a word. */
export function ConnectionBanner() {
  const state = useSlice(useClient().connection);
  const said = sayOf(state, useLasted(state));
  useToldOnce(state, said);
  switch (said.is) {
    case "nothing":
      return null;
    case "busy":
      return <Busy said={said} />;
    case "waiting":
      return <Waiting said={said} />;
    case "stuck":
      return <Stuck said={said} />;
  }
}

function Busy({ said }: { readonly said: Said & { readonly is: "busy" } }) {
  const { t } = useTranslation("shell");
  return (
    <NoticeLine tone="calm" icon={RefreshCw}>
      {t(`connection.${said.key}`)} <Kept />
    </NoticeLine>
  );
}

function Waiting({ said }: { readonly said: Said & { readonly is: "waiting" } }) {
  const { t } = useTranslation("shell");
  const client = useClient();
  return (
    <NoticeLine
      tone="warning"
      icon={said.key === "offline" ? WifiOff : CloudOff}
      action={
        said.key !== "offline" && (
          <Button size="s" onClick={() => client.reconnect()}>
            {t("connection.tryNow")}
          </Button>
        )
      }
    >
      {t(`connection.${said.key}`)} <Kept /> {said.key !== "offline" && <Countdown untilMs={said.retryAtMs} />}
    </NoticeLine>
  );
}

function Stuck({ said }: { readonly said: Said & { readonly is: "stuck" } }) {
  const { t } = useTranslation("shell");
  const action =
    said.act === "reload" ? (
      <Button size="s" onClick={() => location.reload()}>
        {t("connection.reload")}
      </Button>
    ) : (
      <Button size="s" onClick={askToSignIn}>
        {t("connection.signInAgain")}
      </Button>
    );
  return (
    <NoticeLine tone="danger" icon={said.act === "reload" ? CloudOff : KeyRound} action={action}>
      {t(`connection.${said.key}`, { message: said.message })} <Kept />
    </NoticeLine>
  );
}

/** How much waits to be sent. */
function Kept() {
  const { t } = useTranslation("shell");
  const { waiting } = useSlice(useClient().outbox);
  return waiting === 0 ? null : <>{t("connection.waits", { count: waiting })}</>;
}

/** Not told to screen readers: it would never end. */
function Countdown({ untilMs }: { readonly untilMs: number }) {
  const { t } = useTranslation("shell");
  const format = useFormat();
  const now = useClock(SECOND_MS);
  const left = Math.max(0, untilMs - now);
  if (!Number.isFinite(left) || left === 0) return null;
  return (
    <span aria-hidden="true">
      {t("connection.retryIn", { time: format.duration(Math.ceil(left / SECOND_MS) * SECOND_MS) })}
    </span>
  );
}

const SECOND_MS = 1_000;

/** `performance.now()`, every so often. */
function useClock(everyMs: number): number {
  const [now, setNow] = useState(() => performance.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(performance.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

/** How long a state has lasted, to the only step that matters. */
function useLasted(state: ConnectionState): number {
  const spell = state.phase === "online" ? `online ${state.syncing}` : state.phase;
  const [settled, setSettled] = useState("");
  useEffect(() => {
    const timer = setTimeout(() => setSettled(spell), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [spell]);
  return settled === spell ? PATIENCE_MS : 0;
}

/** Tells screen readers of changes, not of every try. */
function useToldOnce(state: ConnectionState, said: Said): void {
  const { t } = useTranslation("shell");
  const told = useRef("online");
  useEffect(() => {
    const now = said.is === "waiting" || said.is === "stuck" ? said.key : state.phase;
    if (now === told.current || now === "connecting" || now === "signed-out") return;
    told.current = now;
    if (said.is === "waiting") announce(t(`connection.${said.key}`));
    else if (said.is === "stuck") announce(t(`connection.${said.key}`, { message: said.message }));
    else announce(t("connection.online"));
  }, [state.phase, said, t]);
}
