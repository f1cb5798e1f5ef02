import { useEffect, useRef } from "react";
import type { DotKey, RoomId } from "@greenroom/client";
import { RoomHeader } from "../rooms/RoomHeader";
import { useRoom, useSlice } from "../state/client";
import { useDialog } from "../state/panel";
import { enterLandmark } from "./landmarks";
import { RoomDoor } from "./RoomDoor";
import { CallButton, CallInvitation, CallStage, useCallStage } from "../call";
import { Composer } from "../composer/Composer";
import { focusComposer } from "../composer/focus";
import { RoomTimeline } from "../timeline/RoomTimeline";
import styles from "./RoomPane.module.css";

/** A room: what it is called, its call or its messages, and where one writes. */
export function RoomPane({ room, at }: { readonly room: RoomId; readonly at: DotKey | undefined }) {
  const summary = useSlice(useRoom(room).summary);
  const inCall = useCallStage(room);
  useArrival(summary !== undefined);
  useReturnFromCall(inCall);
  if (summary === undefined) return <RoomDoor room={room} />;
  return (
    <>
      <RoomHeader room={room}>{summary.role !== undefined && <CallButton room={room} />}</RoomHeader>
      {inCall ? (
        <CallStage room={room} />
      ) : (
        <>
          <CallInvitation room={room} />
          <div className={styles.timeline}>
            <RoomTimeline room={room} {...(at === undefined ? {} : { at })} />
          </div>
          {summary.role === undefined ? <RoomDoor room={room} summary={summary} /> : <Composer room={room} />}
        </>
      )}
    </>
  );
}

/** Once the room is there and nothing lies over it, keyboards go on where one writes. Fingers, which do not want theirs yet, get the heading. */
function useArrival(ready: boolean): void {
  const free = useDialog() === undefined;
  const arrived = useRef(false);
  useEffect(() => {
    if (!ready || !free || arrived.current) return;
    // A dialog that closes gives the focus back first.
    const frame = requestAnimationFrame(() => {
      arrived.current = true;
      enterRoom();
    });
    return () => cancelAnimationFrame(frame);
  }, [ready, free]);
}

/** The button one left a call with is gone: keyboards go on in the room. */
function useReturnFromCall(inCall: boolean): void {
  const before = useRef(inCall);
  useEffect(() => {
    if (before.current && !inCall && document.activeElement === document.body) enterRoom();
    before.current = inCall;
  }, [inCall]);
}

function enterRoom(): void {
  const main = document.getElementById("main");
  if (main === null) return;
  if (matchMedia("(pointer: coarse)").matches) main.querySelector<HTMLElement>("[data-focus=heading]")?.focus();
  else if (main.querySelector("textarea") === null) enterLandmark(main);
  else focusComposer();
}
