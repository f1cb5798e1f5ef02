import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Client } from "@greenroom/client";
import { ErrorBoundary } from "./shell/ErrorBoundary";
import { signedInAgain, signingInAgain } from "./shell/sign-in-again";
import { SignIn } from "./shell/SignIn";
import { Workspace } from "./shell/Workspace";
import { ClientContext, useClient, useSlice } from "./state/client";
import { refusalCode, useErrorText } from "./state/errors";
import { Announcer } from "./ui/Announcer";
import { toast } from "./ui/toasts";
import { Toasts } from "./ui/Toasts";

/** The whole page around one client. `token`: came with the address. */
export function App({ client, token }: { readonly client: Client; readonly token: string | undefined }) {
  return (
    <ClientContext value={client}>
      <ErrorBoundary>
        <Page token={token} />
      </ErrorBoundary>
      <Toasts />
      <Announcer />
    </ClientContext>
  );
}

function Page({ token }: { readonly token: string | undefined }) {
  const client = useClient();
  const account = useSlice(client.account);
  const again = useSlice(signingInAgain);
  const [unused, setUnused] = useState(token);
  const errorText = useErrorText();
  const { t } = useTranslation("shell");
  useEffect(() => {
    if (unused === undefined) return;
    let gone = false;
    client.signIn({ kind: "token", token: unused }).then(
      () => gone || setUnused(undefined),
      (cause: unknown) => {
        if (gone) return;
        const own = client.account.get();
        const other = own !== undefined && refusalCode(cause) === "unauthorized";
        toast(other ? t("signIn.signedIn", { name: own.name }) : errorText(cause), { tone: "error" });
        setUnused(undefined);
      },
    );
    return () => {
      gone = true;
    };
  }, [client, errorText, t, unused]);
  if (account === undefined || again)
    return <SignIn key={unused} {...(unused === undefined ? {} : { token: unused })} onDone={signedInAgain} />;
  return <Workspace />;
}
