import { Check, Clock, DatabaseZap, RefreshCw, ShieldAlert, TriangleAlert } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useFormat } from "../i18n/format";
import { update } from "../pwa/update";
import { useClient, useSlice } from "../state/client";
import { setPreferences, usePreferences } from "../state/preferences";
import { announce } from "../ui/announce";
import { Button } from "../ui/Button";
import { clockFault } from "./connection-words";
import { NoticeLine } from "./NoticeLine";
import { secureAddress } from "./secure-address";
import buttons from "../ui/Button.module.css";
import { classes } from "../ui/classes";

/** How long "12 sent, 240 received, complete" stays. */
const SYNC_LINE_MS = 10_000;

/** What a return from being offline brought. */
export function SyncLine() {
  const { t } = useTranslation("shell");
  const format = useFormat();
  const client = useClient();
  const report = useSlice(client.syncReport);
  const { failed } = useSlice(client.outbox);
  const refused = Math.max(report?.refused ?? 0, failed);
  const text =
    report &&
    t("sync.line", {
      sent: format.number(report.sent),
      received: format.number(report.received),
      end: refused === 0 ? t("sync.complete") : t("sync.refused", { count: refused }),
    });
  useEffect(() => {
    if (text === undefined) return;
    announce(text);
    const timer = setTimeout(() => client.dismissSyncReport(), SYNC_LINE_MS);
    return () => clearTimeout(timer);
  }, [client, text]);
  if (text === undefined) return null;
  return (
    <NoticeLine tone="good" icon={Check} onDismiss={() => client.dismissSyncReport()}>
      {text}
    </NoticeLine>
  );
}

/** Nothing is kept on this device. */
export function MemoryNotice() {
  const { t } = useTranslation("shell");
  const kept = useSlice(useClient().persistence);
  const [put, setPut] = useState(false);
  if (kept.kind === "disk" || kept.reason === "chosen" || put) return null;
  return (
    <NoticeLine tone="warning" icon={DatabaseZap} onDismiss={() => setPut(true)}>
      {kept.reason === "full" ? t("notice.memoryFull") : t("notice.memoryBlocked")}
    </NoticeLine>
  );
}

/** Messages the server did not take; they are marked where they stand. */
export function FailedNotice() {
  const { t } = useTranslation("shell");
  const { failed } = useSlice(useClient().outbox);
  const [put, setPut] = useState(0);
  if (failed <= put) return null;
  return (
    <NoticeLine tone="danger" icon={TriangleAlert} onDismiss={() => setPut(failed)}>
      {t("notice.sendFailed", { count: failed })}
    </NoticeLine>
  );
}

/** This device's clock is far off. */
export function ClockNotice() {
  const { t } = useTranslation("shell");
  const format = useFormat();
  const fault = clockFault(useSlice(useClient().clockSkewMs));
  const [put, setPut] = useState(false);
  if (fault === undefined || put) return null;
  const time = format.duration(fault.byMs);
  return (
    <NoticeLine tone="warning" icon={Clock} onDismiss={() => setPut(true)}>
      {fault.is === "ahead" ? t("notice.clockAhead", { time }) : t("notice.clockBehind", { time })}
    </NoticeLine>
  );
}

/** Plain HTTP: what is missing, and how to get it. */
export function InsecureNotice() {
  const { t } = useTranslation("shell");
  const { dismissed } = usePreferences();
  const [address, setAddress] = useState<string>();
  const shown = !isSecureContext && !dismissed.includes(INSECURE);
  useEffect(() => {
    if (!shown) return;
    const stop = new AbortController();
    void secureAddress(stop.signal).then(setAddress, () => undefined); // offline: the line stays without a link
    return () => stop.abort();
  }, [shown]);
  if (!shown) return null;
  return (
    <NoticeLine
      tone="warning"
      icon={ShieldAlert}
      onDismiss={() => setPreferences({ dismissed: [...dismissed, INSECURE] })}
      action={
        address !== undefined && (
          <a className={classes(buttons.button, buttons.quiet, buttons.small)} href={address}>
            {t("notice.insecureOpen")}
          </a>
        )
      }
    >
      {t("notice.insecure")} {address === undefined && t("notice.insecureAsk")}
    </NoticeLine>
  );
}

const INSECURE = "insecure";

/** Another build of the app is there. */
export function UpdateNotice() {
  const { t } = useTranslation("shell");
  const state = useSlice(update);
  if (state.is === "current") return null;
  return (
    <NoticeLine
      tone="good"
      icon={RefreshCw}
      action={
        <Button size="s" onClick={state.apply}>
          {t("notice.updateNow")}
        </Button>
      }
    >
      {t("notice.update")}
    </NoticeLine>
  );
}
