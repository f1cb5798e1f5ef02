import type { RoomHandle, Timeline } from "@greenroom/client";
import { momentOf } from "./rows";

/** Halvings of any room there can be. */
const STEPS_MAX = 40;

/** Index of the first line of a room written at or after a moment (Unix milliseconds). Reads a page a step. */
export const placeOf = async (room: RoomHandle, ms: number): Promise<number> => {
  const timeline = room.timeline();
  try {
    await ready(timeline);
    let low = 0;
    let high = timeline.view.get().total;
    for (let step = 0; step < STEPS_MAX && low < high; step += 1) {
      const middle = (low + high) >> 1;
      await timeline.jumpToIndex(middle);
      const { items, offset } = timeline.view.get();
      const first = items[0];
      const last = items.at(-1);
      if (first === undefined || last === undefined) return 0;
      if (momentOf(last) < ms) low = Math.max(low + 1, offset + items.length);
      else if (momentOf(first) >= ms) high = Math.min(high - 1, offset);
      else return offset + items.findIndex((item) => momentOf(item) >= ms);
    }
    return low;
  } finally {
    timeline.close();
  }
};

const ready = (timeline: Timeline): Promise<void> =>
  new Promise((resolve) => {
    const check = (): void => {
      if (timeline.view.get().state !== "ready") return;
      stop();
      resolve();
    };
    const stop = timeline.view.subscribe(check);
    check();
  });
