import { useEffect } from "react";
import { useClient, useSlice } from "../state/client";

/** Asks before the page is closed while it alone has what was written: the device stores nothing, and it is not sent. */
export function useUnsaved(): void {
  const client = useClient();
  const { waiting, failed } = useSlice(client.outbox);
  const alone = useSlice(client.persistence).kind === "memory" && waiting + failed > 0;
  useEffect(() => {
    if (!alone) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [alone]);
}
