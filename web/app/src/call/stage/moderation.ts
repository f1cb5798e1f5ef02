import type { Call } from "@greenroom/client";
import { atLeast } from "../../rooms/roles";
import { useAccount, useRoom, useSlice } from "../../state/client";

/** Whether the person may mute others and put them out, and end the call for all. */
export function useModeration(call: Call): { readonly moderates: boolean; readonly ends: boolean } {
  const summary = useSlice(useRoom(call.room).summary);
  const account = useAccount();
  const moderates = atLeast(summary?.role, "moderator");
  return { moderates, ends: moderates || summary?.call?.startedBy === account.user };
}
