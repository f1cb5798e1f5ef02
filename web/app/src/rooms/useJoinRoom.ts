import type { RoomId } from "@greenroom/client";
import { useState } from "react";
import { useClient } from "../state/client";
import { useAttempt } from "../state/errors";

/** For buttons that take one into a public room: what they do, and whether it is under way. */
export function useJoinRoom(room: RoomId): { readonly busy: boolean; readonly join: () => void } {
  const client = useClient();
  const attempt = useAttempt();
  const [busy, setBusy] = useState(false);
  const join = () => {
    setBusy(true);
    void attempt(client.join(room)).finally(() => setBusy(false));
  };
  return { busy, join };
}
