import type { Calls, JoinOptions } from "@greenroom/client";
import type { Preferences } from "../../state/preferences";

/** The call a reload ended, and how one was in it. */
export type Lost = NonNullable<ReturnType<Calls["interrupted"]["get"]>>;

/** How one goes back into a call: as one was. Who was muted is heard by nobody on return. */
export const returnOptions = (lost: Lost, wish: Preferences): JoinOptions => ({
  microphone: lost.microphone && (wish.microphone ?? true),
  camera: lost.camera && (wish.camera ?? true),
  muted: lost.muted,
  audioOnly: wish.dataSaver,
  ...(wish.speaker !== undefined && { speaker: wish.speaker }),
});
