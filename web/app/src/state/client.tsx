import { createContext, useContext, useMemo } from "react";
import type { Account, Client, RoomHandle, RoomId } from "@greenroom/client";
import { useSlice } from "./slices";

export { useSlice } from "./slices";

/** The one client of this page. */
export const ClientContext = createContext<Client | undefined>(undefined);

/** The client. @throws Error outside of the app. */
export function useClient(): Client {
  const client = useContext(ClientContext);
  if (client === undefined) throw new Error("there is no client around this component");
  return client;
}

/** One room; the same handle while the room is the same. */
export function useRoom(room: RoomId): RoomHandle {
  const client = useClient();
  return useMemo(() => client.room(room), [client, room]);
}

/** Who is signed in. @throws Error before sign-in: the shell shows nothing that asks then. */
export function useAccount(): Account {
  const account = useSlice(useClient().account);
  if (account === undefined) throw new Error("nobody is signed in");
  return account;
}
