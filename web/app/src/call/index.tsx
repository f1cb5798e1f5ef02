/** Calls in the app. What is needed before a call begins is here; the rest is one chunk that loads with the first. */

import type { RoomId } from "@greenroom/client";
import { lazy, Suspense, useEffect } from "react";
import { PHONE, useMedia } from "../shell/media";
import { useClient, useSlice } from "../state/client";
import { usePanel } from "../state/panel";
import { useRoute } from "../state/route";
import { Spinner } from "../ui/Spinner";
import { closePictureInPicture, pictureInPicture } from "./dock/picture-in-picture";
import { closeDoor, door } from "./door";
import { useEndings } from "./endings";
import styles from "./index.module.css";

export { CallChat } from "./beside/CallChat";
export { CallButton } from "./CallButton";
export { CallInvitation } from "./CallInvitation";

const Stage = lazy(() => import("./inside").then(({ StageDoor }) => ({ default: StageDoor })));
const Dock = lazy(() => import("./inside").then(({ Dock }) => ({ default: Dock })));
const People = lazy(() => import("./inside").then(({ People }) => ({ default: People })));
const Interrupted = lazy(() => import("./inside").then(({ Interrupted }) => ({ default: Interrupted })));

/** Whether {@link CallStage} has something to show in this room, in place of its timeline. */
export function useCallStage(room: RoomId | undefined): boolean {
  const current = useSlice(useClient().calls.current);
  const at = useSlice(door);
  return room !== undefined && (current?.room === room || at?.room === room);
}

/** The room's call, the test of devices before it, or how it ended. Nothing when {@link useCallStage} is false. */
export function CallStage({ room }: { readonly room: RoomId }) {
  if (!useCallStage(room)) return null;
  return (
    <Suspense
      fallback={
        <div className={styles.loading}>
          <Spinner />
        </div>
      }
    >
      <Stage key={room} room={room} />
    </Suspense>
  );
}

/** Who is in the room's call: beside it. */
export function CallPeople({ room }: { readonly room: RoomId }) {
  return (
    <Suspense fallback={<Spinner />}>
      <People room={room} />
    </Suspense>
  );
}

/** Once a page, whatever room is open: the call's small window while one is elsewhere, and the way back into a lost one. */
export function CallDock() {
  const { calls } = useClient();
  const current = useSlice(calls.current);
  const interrupted = useSlice(calls.interrupted);
  const route = useRoute();
  const room = route.at === "room" ? route.room : undefined;
  // On a phone a panel covers the stage.
  const phone = useMedia(PHONE);
  const panel = usePanel();
  const covered = phone && panel !== undefined;
  const above = useSlice(pictureInPicture.window);
  useEndings(calls);
  useEffect(() => {
    if (!current) closePictureInPicture();
  }, [current]);
  useEffect(() => {
    // Who walks away from the door does not want to be behind it on their return.
    if (door.get() !== undefined && door.get()?.room !== room) closeDoor();
  }, [room]);
  return (
    <Suspense fallback={null}>
      {current && (current.room !== room || covered || above !== undefined) && (
        <Dock key={current.call} call={current} />
      )}
      {!current && interrupted && <Interrupted interrupted={interrupted} />}
    </Suspense>
  );
}
