import { useEffect, useState } from "react";
import type { Client, Member, RoomId, RoomSummary, UserId } from "@greenroom/client";
import { useClient, useRoom } from "./client";
import { useSlice } from "./slices";

/** Whether the other one of a direct room is there; `undefined` for oneself and for other rooms. */
export function usePeerStatus(room: RoomSummary): Member["status"] | undefined {
  const members = useSlice(useRoom(room.room).members);
  return room.peer === undefined ? undefined : members.find((member) => member.user === room.peer)?.status;
}

/** The name of somebody who wrote in a room; their id when it is not known here. */
export async function nameOf(client: Client, room: RoomId, user: UserId): Promise<string> {
  const member = client
    .room(room)
    .members.get()
    .find((one) => one.user === user);
  if (member !== undefined) return member.name;
  const people = await client.people().catch(() => []);
  return people.find((one) => one.user === user)?.name ?? user;
}

/** Everybody known from one's rooms; `undefined` until they were read. */
export function useKnownPeople(): readonly Member[] | undefined {
  const client = useClient();
  const [people, setPeople] = useState<readonly Member[]>();
  useEffect(() => {
    let gone = false;
    const show = (known: readonly Member[]) => gone || setPeople(known);
    client.people().then(show, () => show([]));
    return () => {
      gone = true;
    };
  }, [client]);
  return people;
}
