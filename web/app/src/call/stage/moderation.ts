import type { Call } from "@greenroom/client";
import { useAccount, useRoom, useSlice } from "../../state/client";

/** Whether the person may mute others and put them out, and end the call for all. */
export function useModeration(call: Call): { readonly moderates: boolean; readonly ends: boolean } {
  const summary = useSlice(useRoom(call.room).summary);
  const account = useAccount();
  // A guest acts as a member at most, whatever their role in the room.
  const moderates = account.kind !== "guest" && (summary?.role === "moderator" || summary?.role === "owner");
  return { moderates, ends: moderates || summary?.call?.startedBy === account.user };
}
