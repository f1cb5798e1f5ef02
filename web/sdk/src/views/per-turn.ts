/** A function that does the work once, at the end of the turn, however often it is called in it. */
export const oncePerTurn = (work: () => void): (() => void) => {
  let scheduled = false;
  return () => {
    if (scheduled) return;
    scheduled = true;
    queueMicrotask(() => {
      scheduled = false;
      work();
    });
  };
};
