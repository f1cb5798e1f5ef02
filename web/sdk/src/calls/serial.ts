/** One task after another. */
export class Serial {
  #last: Promise<unknown> = Promise.resolve();

  /** Runs the task when those before it are over, however they ended. */
  run<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#last.then(task, task);
    this.#last = result.catch(() => undefined);
    return result;
  }
}

/**
 * The exchange of offers and answers: never two at once, and what is asked for while one is under way is gathered into
 * the next.
 */
export class Negotiation {
  readonly #exchange: (options: { readonly restart: boolean }) => Promise<void>;
  readonly #serial = new Serial();
  #next: { restart: boolean; result: Promise<void> } | undefined;

  constructor(exchange: (options: { readonly restart: boolean }) => Promise<void>) {
    this.#exchange = exchange;
  }

  /** Resolves when an offer that was made after this call is answered; rejects when it is refused. */
  request(restart = false): Promise<void> {
    if (this.#next !== undefined) {
      this.#next.restart ||= restart;
      return this.#next.result;
    }
    const next = { restart, result: Promise.resolve() };
    next.result = this.#serial.run(() => {
      this.#next = undefined;
      return this.#exchange({ restart: next.restart });
    });
    this.#next = next;
    return next.result;
  }

  /** Runs something else of which none may be under way at the same time. */
  alone<T>(task: () => Promise<T>): Promise<T> {
    return this.#serial.run(task);
  }
}
