/** A slice that is read from the store when somebody first looks, and again when told that it may have changed. */

import { Cell, type Slice } from "../slice.js";

export class ReadCell<T> implements Slice<T> {
  readonly #cell: Cell<T>;
  readonly #read: () => Promise<T>;
  #state: "unread" | "reading" | "again" | "read" = "unread";
  #reading: Promise<void> = Promise.resolve();

  constructor(before: T, read: () => Promise<T>) {
    this.#cell = new Cell(before);
    this.#read = read;
  }

  get(): T {
    if (this.#state === "unread") void this.refresh();
    return this.#cell.get();
  }

  subscribe(listener: () => void): () => void {
    if (this.#state === "unread") void this.refresh();
    return this.#cell.subscribe(listener);
  }

  /** Reads anew, unless nobody has looked yet. While it reads, any number of calls make for one more reading. */
  changed(): void {
    if (this.#state !== "unread") void this.refresh();
  }

  /** Reads anew; resolves when that is done. */
  refresh(): Promise<void> {
    if (this.#state === "reading" || this.#state === "again") this.#state = "again";
    else {
      this.#state = "reading";
      this.#reading = this.#run();
    }
    return this.#reading;
  }

  async #run(): Promise<void> {
    // A store that was closed meanwhile leaves the slice as it was.
    const value = await this.#read().catch(() => this.#cell.get());
    const again = this.#state === "again";
    this.#state = "read";
    this.#cell.set(value);
    if (again) await this.refresh();
  }
}
