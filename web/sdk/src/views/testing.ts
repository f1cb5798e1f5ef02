/** What the tests of views share. */

import { Cell, type Slice } from "../slice.js";
import type { Moment } from "./views.js";

/** A moment in which nobody is there, no call runs, and the server gives nothing. */
export const QUIET: Moment = {
  presence: () => new Cell(new Map()),
  running: new Cell(new Map()),
  fetchOlder: () => Promise.resolve(false),
};

/** Waits until a slice says so. */
export const when = <T>(slice: Slice<T>, is: (value: T) => boolean): Promise<T> =>
  new Promise((resolve) => {
    const look = (): void => {
      if (!is(slice.get())) return;
      end();
      resolve(slice.get());
    };
    const end = slice.subscribe(look);
    look();
  });
