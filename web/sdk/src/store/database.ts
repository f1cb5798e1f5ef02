/**
 * The database as one thing that always works: opened again when the browser closed it, moved to memory when the disk
 * cannot be used or is full. Knows nothing of what is in it but its schema.
 */

import type { Persistence } from "../model.js";
import { Cell, type Slice } from "../slice.js";
import { copyOf } from "./copy.js";
import { SCHEMA_VERSION, STORES, upgrade, type StoreName } from "./schema.js";
import { Tx, type Engine } from "./transaction.js";

/** How long the disk may take to open before the store works in memory. */
const OPEN_MS_MAX = 5_000;
/** How often a transaction is tried anew after the browser closed the database under it. */
const REOPENS_MAX = 3;

/** What a transaction is for: `strict` ones are flushed to the disk before they count as done. */
export interface TxOptions {
  readonly mode: "readonly" | "readwrite";
  readonly strict?: boolean;
}

/** Work of one transaction. It may run twice, after an abort or on another database: its effects go through `tx` only. */
export type Work<T> = (tx: Tx) => Promise<T>;

interface Open {
  readonly kind: Persistence["kind"];
  readonly db: IDBDatabase;
  readonly engine: Engine;
}

/** See the head of this file. */
export class Database {
  readonly #name: string;
  readonly #persistence: Cell<Persistence>;
  #open: Promise<Open>;
  #moving: Promise<void> | undefined;
  /** When the last write to each object store has ended. */
  readonly #writes = new Map<StoreName, Promise<unknown>>();
  #closed = false;

  private constructor(name: string, open: Open, persistence: Persistence) {
    this.#name = name;
    this.#persistence = new Cell(persistence);
    this.#open = Promise.resolve(this.#watch(open));
  }

  /** Opens it on disk, or in memory when that is chosen or all there is. */
  static async open(name: string, storage: "disk" | "memory"): Promise<Database> {
    if (storage === "memory") return new Database(name, await openInMemory(), { kind: "memory", reason: "chosen" });
    try {
      return new Database(name, await openOnDisk(name), { kind: "disk" });
    } catch (error) {
      return new Database(name, await openInMemory(), { kind: "memory", reason: reasonOf(error) });
    }
  }

  get persistence(): Slice<Persistence> {
    return this.#persistence;
  }

  /**
   * Runs a transaction to its end, after the writes to its object stores that were asked for before it: also one that
   * must be tried again, in memory or on a database that was opened anew, is not overtaken. Rejects on bugs, and after
   * {@link Database.close}.
   */
  run<T>(stores: readonly StoreName[], options: TxOptions, work: Work<T>): Promise<T> {
    const before = Promise.all(stores.flatMap((store) => this.#writes.get(store) ?? []));
    const result = before.then(() => this.#attempt(stores, options, work));
    if (options.mode === "readwrite") {
      const ended = result.catch(() => undefined);
      for (const store of stores) this.#writes.set(store, ended);
    }
    return result;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#writes.values());
    (await this.#open).db.close();
  }

  async #attempt<T>(stores: readonly StoreName[], options: TxOptions, work: Work<T>): Promise<T> {
    for (let attempt = 0; ; attempt += 1) {
      const open = await this.#open;
      try {
        return await runIn(open, stores, options, work);
      } catch (error) {
        if (this.#closed) throw error;
        if (wantsMemory(error) && open.kind === "disk") await this.#moveToMemory(open);
        else if (wasClosed(error) && attempt < REOPENS_MAX) await this.#reopen(open);
        else throw error;
      }
    }
  }

  /** Lets go of the connection when another tab upgrades the database, and notices when the browser ended it. */
  #watch(open: Open): Open {
    open.db.onversionchange = () => open.db.close();
    open.db.onclose = () => {
      // When it does not open now, the next transaction tries again.
      if (!this.#closed) void this.#reopen(open).catch(() => undefined);
    };
    return open;
  }

  async #reopen(lost: Open): Promise<void> {
    const current = this.#open;
    // Of several transactions that find it closed the first opens it.
    if ((await current) !== lost || this.#open !== current) return void (await this.#open);
    if (lost.kind === "memory") throw new Error("the database in memory was closed");
    const opening = openOnDisk(this.#name).catch(async (error: unknown) => {
      const memory = await openInMemory();
      this.#persistence.set({ kind: "memory", reason: reasonOf(error) });
      return memory;
    });
    await this.#goOnWith(opening, lost);
  }

  /** Rejects when memory cannot be loaded, as without network. What is asked for next tries the disk, then this, anew. */
  async #moveToMemory(disk: Open): Promise<void> {
    // Once: who fails on the disk after that finds the memory that others have written to.
    this.#moving ??= this.#goOnWith(moved(disk), disk).then(
      () => this.#persistence.set({ kind: "memory", reason: "full" }),
      (error: unknown) => {
        this.#moving = undefined;
        throw error;
      },
    );
    await this.#moving;
  }

  /** When it does not open, what there was stays: the next transaction finds it as it is, and tries again. */
  async #goOnWith(opening: Promise<Open>, before: Open): Promise<void> {
    this.#open = opening.then((open) => this.#watch(open));
    try {
      await this.#open;
    } catch (error) {
      this.#open = Promise.resolve(before);
      throw error;
    }
  }
}

/**
 * Loads what the store works with in memory. The store does so itself when a disk is full or blocked; a page that may be
 * without network by then, and has no service worker, calls this before. Rejects when it cannot be loaded.
 */
export const loadMemory = (): Promise<{
  readonly IDBFactory: new () => IDBFactory;
  readonly IDBKeyRange: Engine["keyRange"];
}> => import("fake-indexeddb");

const runIn = async <T>(
  { db, engine }: Open,
  stores: readonly StoreName[],
  { mode, strict }: TxOptions,
  work: Work<T>,
): Promise<T> => {
  const durability = strict === true ? "strict" : "relaxed";
  const tx = new Tx(db.transaction(stores, mode, { durability }), engine);
  try {
    const result = await work(tx);
    tx.commit();
    await tx.done;
    return result;
  } catch (error) {
    tx.abort();
    // A failed request says less than the end of its transaction does: a full disk shows there.
    throw await tx.done.then(
      () => error,
      (end: unknown) => (isNamed(end, "AbortError") ? error : end),
    );
  }
};

const openOnDisk = (name: string): Promise<Open> =>
  withTimeout(
    new Promise<Open>((resolve, reject) => {
      // Throws where there is no IndexedDB, and in some private windows.
      const engine: Engine = { factory: globalThis.indexedDB, keyRange: globalThis.IDBKeyRange };
      openWith("disk", engine, name).then(resolve, reject);
    }),
  );

const openInMemory = async (): Promise<Open> => {
  const { IDBFactory, IDBKeyRange } = await loadMemory();
  return openWith("memory", { factory: new IDBFactory(), keyRange: IDBKeyRange }, "memory");
};

const openWith = (kind: Open["kind"], engine: Engine, name: string): Promise<Open> =>
  new Promise((resolve, reject) => {
    const request = engine.factory.open(name, SCHEMA_VERSION);
    request.onupgradeneeded = ({ oldVersion }) => upgrade(request.result, oldVersion);
    request.onsuccess = () => resolve({ kind, db: request.result, engine });
    // Also of a database that a newer version of the app made. `blocked` ends when the other tab lets go, or in time.
    request.onerror = () => reject(request.error ?? new Error("the database did not open"));
  });

const withTimeout = (opening: Promise<Open>): Promise<Open> =>
  new Promise((resolve, reject) => {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      reject(new Error("the disk did not answer"));
    }, OPEN_MS_MAX);
    opening.then(
      (open) => {
        clearTimeout(timer);
        if (late) open.db.close();
        resolve(open);
      },
      (error: unknown) => {
        clearTimeout(timer);
        reject(error instanceof Error ? error : new Error(String(error)));
      },
    );
  });

/** A database in memory with what the one on disk holds, as far as it can be read. */
const moved = async (disk: Open): Promise<Open> => {
  const memory = await openInMemory();
  const held = await runIn(disk, STORES, { mode: "readonly" }, copyOf).catch(() => undefined);
  if (held !== undefined) await runIn(memory, STORES, { mode: "readwrite" }, (tx) => Promise.resolve(held(tx)));
  return memory;
};

const isNamed = (error: unknown, ...names: readonly string[]): boolean =>
  error instanceof Error && names.includes(error.name);

/** Why a database on the disk does not open: there is no room left for one, or something forbids it. */
const reasonOf = (error: unknown): "full" | "blocked" => (isNamed(error, "QuotaExceededError") ? "full" : "blocked");

/** The disk is full, or fails. */
const wantsMemory = (error: unknown): boolean => isNamed(error, "QuotaExceededError", "UnknownError");

/** The browser, or another tab's upgrade, closed the database. */
const wasClosed = (error: unknown): boolean => isNamed(error, "InvalidStateError", "AbortError");
