import type { RoomId } from "@greenroom/client";
import { useClient, useSlice } from "../../state/client";
import { door } from "../door";
import { PreJoin } from "../prejoin/PreJoin";
import { Ended } from "./Ended";
import { Stage } from "./Stage";

/** What stands in the room's place: the call, the test before it, or how it ended. */
export function StageDoor({ room }: { readonly room: RoomId }) {
  const current = useSlice(useClient().calls.current);
  const at = useSlice(door);
  if (at?.room === room && at.is === "ended") return <Ended room={room} reason={at.reason} />;
  if (current?.room === room) return <Stage key={current.call} call={current} />;
  return <PreJoin room={room} />;
}
