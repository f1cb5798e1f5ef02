import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import i18next from "i18next";
import { loadMemory, openClient } from "@greenroom/client";
import { App } from "./App";
import { loadEmoji } from "./emoji/data";
import { startLanguage } from "./i18n/setup";
import { watchInstall } from "./pwa/install";
import { followNotifications } from "./pwa/notify";
import { watchForUpdates } from "./pwa/update";
import { Failure } from "./shell/Failure";
import { go, parseRoute, takeToken } from "./state/route";
import { startTheme } from "./theme/theme";
import "./theme/tokens.css";
import "./theme/base.css";

watchInstall();
startTheme();
followNotifications((href) => go(parseRoute(href)));
void start();

/** Texts and the local store are read side by side; the page appears with both. */
async function start(): Promise<void> {
  const place = document.getElementById("root");
  if (place === null) throw new Error("the page has no root");
  const root = createRoot(place);
  const token = takeToken();
  try {
    const [client] = await Promise.all([
      openClient({ url: location.origin, client: "greenroom-web" }),
      startLanguage(),
    ]);
    root.render(
      <StrictMode>
        <App client={client} token={token} />
      </StrictMode>,
    );
  } catch (cause) {
    try {
      await startLanguage();
      root.render(<Failure error={cause instanceof Error ? cause : new Error(String(cause))} />);
    } catch {
      document.body.append(document.querySelector<HTMLTemplateElement>("#incomplete")?.content ?? "");
    }
  }
  void watchForUpdates([loadMemory, () => loadEmoji(i18next.language)]);
}
