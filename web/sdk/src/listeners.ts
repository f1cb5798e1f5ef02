/**
 * Tells everyone who listens. An error of a listener is reported as uncaught, as those of DOM events are: it keeps neither
 * the others from hearing of it nor the SDK from going on.
 */
export const tellAll = <A extends readonly unknown[]>(listeners: Iterable<(...args: A) => void>, ...args: A): void => {
  // A copy: who comes or goes meanwhile does so for the next time.
  for (const listener of [...listeners]) {
    try {
      listener(...args);
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  }
};
