/**
 * Transactions with promises, typed by the schema. IndexedDB on disk and its in-memory stand-in work side by side here,
 * which wrappers that know requests by the page's own classes cannot do; and a batch of hundreds of records pays for no
 * proxies.
 */

import type { Schema, Span, StoreName } from "./schema.js";

/** An IndexedDB: the browser's, or the one in memory. */
export interface Engine {
  readonly factory: IDBFactory;
  readonly keyRange: Pick<typeof IDBKeyRange, "bound">;
}

/** Use of some object stores that happens as a whole or not at all. It ends by itself when nothing more is asked of it. */
export class Tx {
  readonly #tx: IDBTransaction;
  readonly #engine: Engine;
  /** Resolves when it is on disk; rejects when nothing of it is. */
  readonly done: Promise<void>;

  constructor(tx: IDBTransaction, engine: Engine) {
    this.#tx = tx;
    this.#engine = engine;
    this.done = new Promise((resolve, reject) => {
      tx.oncomplete = () => resolve();
      tx.onabort = () => reject(tx.error ?? new DOMException("The transaction was aborted", "AbortError"));
    });
    // Whoever runs the transaction awaits it in time; until then its failure is not unhandled.
    this.done.catch(() => undefined);
  }

  get<S extends StoreName>(store: S, key: Schema[S]["key"]): Promise<Schema[S]["value"] | undefined> {
    return promised(this.#store(store).get(key as IDBValidKey));
  }

  getAll<S extends StoreName>(store: S, span?: Span, limit?: number): Promise<Schema[S]["value"][]> {
    return promised(this.#store(store).getAll(this.#range(span), limit) as IDBRequest<Schema[S]["value"][]>);
  }

  getBy<S extends StoreName, I extends keyof Schema[S]["indexes"] & string>(
    store: S,
    index: I,
    key: Schema[S]["indexes"][I],
  ): Promise<Schema[S]["value"] | undefined> {
    return promised(
      this.#store(store)
        .index(index)
        .get(key as IDBValidKey),
    );
  }

  getAllBy<S extends StoreName, I extends keyof Schema[S]["indexes"] & string>(
    store: S,
    index: I,
    span: Span,
    limit?: number,
  ): Promise<Schema[S]["value"][]> {
    return promised(
      this.#store(store).index(index).getAll(this.#range(span), limit) as IDBRequest<Schema[S]["value"][]>,
    );
  }

  count(store: StoreName, span: Span): Promise<number> {
    return promised(this.#store(store).count(this.#range(span)));
  }

  /** Failures abort the transaction. */
  put<S extends StoreName>(store: S, value: Schema[S]["value"], key?: Schema[S]["key"]): void {
    this.#store(store).put(value, key as IDBValidKey | undefined);
  }

  delete<S extends StoreName>(store: S, key: Schema[S]["key"]): void {
    this.#store(store).delete(key as IDBValidKey);
  }

  clear(store: StoreName): void {
    this.#store(store).clear();
  }

  /** The last records of a span, at most `limit`, in the order of their keys. */
  async getLast<S extends StoreName>(store: S, span: Span, limit: number): Promise<Schema[S]["value"][]> {
    // A cursor that visits each record costs many times what one step and one request for all of them do.
    const first = await this.keyAt(store, span, "prev", limit - 1);
    return this.getAll(store, first === undefined ? span : { ...span, from: first, fromOpen: false }, limit);
  }

  /** The key that comes `index` steps after the first of a span, or before the last. */
  keyAt(store: StoreName, span: Span, direction: "next" | "prev", index: number): Promise<IDBValidKey | undefined> {
    return new Promise((resolve, reject) => {
      const request = this.#store(store).openKeyCursor(this.#range(span), direction);
      let skip = index;
      request.onerror = () => reject(request.error ?? new Error("a cursor failed"));
      request.onsuccess = () => {
        const cursor = request.result;
        if (cursor === null || skip === 0) return resolve(cursor?.key);
        cursor.advance(skip);
        skip = 0;
      };
    });
  }

  /** Ends it without waiting for the answers to what was asked last: a tab that is closed right after loses nothing. */
  commit(): void {
    try {
      this.#tx.commit();
    } catch {
      // It has ended already: `done` says how.
    }
  }

  /** Undoes it all. */
  abort(): void {
    try {
      this.#tx.abort();
    } catch {
      // It has ended already.
    }
  }

  #store(name: StoreName): IDBObjectStore {
    return this.#tx.objectStore(name);
  }

  #range(span: Span | undefined): IDBKeyRange | undefined {
    if (span === undefined) return undefined;
    return this.#engine.keyRange.bound(span.from, span.to, span.fromOpen ?? false, span.toOpen ?? false);
  }
}

const promised = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("a request failed"));
  });
