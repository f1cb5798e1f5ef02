import { tellAll } from "./listeners.js";

/** A part of the state that a view subscribes to: fits React's `useSyncExternalStore`, and needs no framework. */
export interface Slice<T> {
  /** The present value: the same reference until it changes. */
  get(): T;
  /** Calls `listener` after each change, until the function it returns is called. An error it throws is reported as uncaught. */
  subscribe(listener: () => void): () => void;
}

/** A slice that its owner sets. */
export class Cell<T> implements Slice<T> {
  readonly #listeners = new Set<() => void>();
  #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  get(): T {
    return this.#value;
  }

  /** Takes the value and tells everyone, unless it is the one there is. */
  set(value: T): void {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    tellAll(this.#listeners);
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
