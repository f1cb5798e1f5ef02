import type { Interrupted as Lost } from "@greenroom/client";
import { Phone } from "lucide-react";
import { useCallback, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useClient, useRoom, useSlice } from "../../state/client";
import { preferences } from "../../state/preferences";
import { go } from "../../state/route";
import { Button } from "../../ui/Button";
import { toast } from "../../ui/toasts";
import { openDoor } from "../door";
import { rejoinOptions, useFailureText } from "../prejoin/useJoin";
import styles from "./Interrupted.module.css";

/** After a reload: the way back into the call, by itself where the browser needs not ask for devices again. */
export function Interrupted({ interrupted }: { readonly interrupted: Lost }) {
  const { t } = useTranslation("call");
  const { calls, connection } = useClient();
  const online = useSlice(connection).phase === "online";
  const name = useSlice(useRoom(interrupted.room).summary)?.name ?? "";
  const [state, setState] = useState<"undecided" | "offered" | "returning" | "dismissed">("undecided");
  const tried = useRef(false);
  const failureText = useFailureText();
  const back = useCallback(() => {
    setState("returning");
    const { room } = interrupted;
    go({ at: "room", room });
    calls.join(room, rejoinOptions(preferences.get(), interrupted)).catch((error: unknown) => {
      // The test before a call says what is wrong, and how to mend it.
      setState("dismissed");
      openDoor({ is: "prejoin", room });
      toast(failureText(error), { tone: "error" });
    });
  }, [calls, interrupted, failureText]);
  useEffect(() => {
    if (!online || tried.current) return;
    tried.current = true;
    void mayOpen(interrupted).then((may) => (may ? back() : setState("offered")));
  }, [online, interrupted, back]);
  if (state === "dismissed" || (online && state === "undecided")) return null;
  return (
    <section className={styles.bar} aria-label={t("interrupted.label")}>
      <Phone size={16} aria-hidden="true" />
      <p role="status" className={styles.text}>
        {t(state === "returning" ? "interrupted.returning" : "interrupted.text", { room: name })}
      </p>
      {state !== "returning" && (
        <>
          <Button size="s" onClick={() => setState("dismissed")}>
            {t("interrupted.dismiss")}
          </Button>
          <Button size="s" variant="primary" disabled={!online} onClick={back}>
            {t("interrupted.action")}
          </Button>
        </>
      )}
    </section>
  );
}

/** Whether the devices open without a question. */
async function mayOpen({ microphone, camera }: Lost): Promise<boolean> {
  const wanted = [...(microphone ? ["microphone"] : []), ...(camera ? ["camera"] : [])];
  try {
    const answers = await Promise.all(
      wanted.map((name) => navigator.permissions.query({ name: name as PermissionName })),
    );
    return answers.every(({ state }) => state === "granted");
  } catch {
    return false; // a browser that does not tell
  }
}
