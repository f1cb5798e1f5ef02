import { useState, type SyntheticEvent } from "react";
import { useTranslation } from "react-i18next";
import type { Credentials } from "@greenroom/client";
import { useClient } from "../state/client";
import { refusalCode, useErrorText } from "../state/errors";
import { useRoute } from "../state/route";
import { Button } from "../ui/Button";
import { TextField } from "../ui/TextField";
import { Mark } from "./Mark";
import { checkName } from "./names";
import styles from "./SignIn.module.css";

/** The first page: a name and a button. Where the address led to goes on after it. */
export function SignIn({ token: given, onDone }: { readonly token?: string; readonly onDone?: () => void }) {
  const { t } = useTranslation("shell");
  const invited = useRoute().at === "invite";
  const [by, setBy] = useState<Credentials["kind"]>(given === undefined ? "guest" : "token");
  const [name, setName] = useState("");
  const [token, setToken] = useState(given ?? "");
  const { error, busy, clear, enter } = useSignIn(onDone);

  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    void enter(by === "guest" ? { kind: "guest", name: name.trim() } : { kind: "token", token: token.trim() });
  };
  const change = (set: (value: string) => void) => (value: string) => {
    clear();
    set(value);
  };
  return (
    <main className={styles.page}>
      <form className={styles.card} onSubmit={submit} noValidate>
        <Mark size={48} />
        <div>
          <h1 className={styles.title}>{t("signIn.title")}</h1>
          <p className={styles.lead}>{invited ? t("signIn.invited") : t("signIn.lead")}</p>
        </div>
        {by === "guest" ? (
          <TextField
            key="name"
            label={t("signIn.name")}
            hint={t("signIn.nameHint")}
            value={name}
            onChange={change(setName)}
            error={error}
            name="name"
            autoComplete="nickname"
            // One came here to fill in this one field.
            // eslint-disable-next-line jsx-a11y/no-autofocus
            autoFocus
          />
        ) : (
          <TextField
            key="token"
            label={t("signIn.token")}
            hint={t("signIn.tokenHint")}
            value={token}
            onChange={change(setToken)}
            error={error}
            name="token"
            type="password"
            autoComplete="off"
            spellCheck={false}
            // eslint-disable-next-line jsx-a11y/no-autofocus
            autoFocus
          />
        )}
        <Button type="submit" variant="primary" busy={busy} className={styles.enter}>
          {t("signIn.enter")}
        </Button>
        <button
          type="button"
          className={styles.other}
          onClick={() => {
            clear();
            setBy(by === "guest" ? "token" : "guest");
          }}
        >
          {by === "guest" ? t("signIn.byToken") : t("signIn.byName")}
        </button>
      </form>
    </main>
  );
}

/** Asks the server; what it answers in words. */
function useSignIn(onDone: (() => void) | undefined) {
  const { t } = useTranslation("shell");
  const client = useClient();
  const errorText = useErrorText();
  const [error, setError] = useState<string>();
  const [busy, setBusy] = useState(false);

  const wrong = (credentials: Credentials): string | undefined => {
    if (credentials.kind === "token") return credentials.token === "" ? t("signIn.tokenEmpty") : undefined;
    const fault = checkName(credentials.name);
    if (fault === undefined) return undefined;
    return fault.is === "empty" ? t("signIn.empty") : t("signIn.tooLong", { count: fault.byCharacters });
  };
  const refused = (cause: unknown): string => {
    const code = refusalCode(cause);
    if (code === "name_taken") return t("signIn.taken");
    return code === "offline" ? t("signIn.unreachable") : errorText(cause);
  };
  const enter = async (credentials: Credentials) => {
    const problem = wrong(credentials);
    setError(problem);
    if (problem !== undefined) return;
    setBusy(true);
    try {
      await client.signIn(credentials);
      onDone?.();
    } catch (cause) {
      setError(refused(cause));
    } finally {
      setBusy(false);
    }
  };
  return { error, busy, clear: () => setError(undefined), enter };
}
