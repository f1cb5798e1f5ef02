/** A disk that is missing, slow, full or taken away: the store works on, and says so. */

import { IDBDatabase, IDBFactory, IDBObjectStore } from "fake-indexeddb";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { openStore } from "./open-store.js";
import type { Store } from "./store.js";
import { ANN, annsStore, info, messages, newDevice, posts, ROOM, texts } from "./testing.js";

let store: Store;

beforeEach(() => newDevice());

afterEach(async () => {
  vi.restoreAllMocks();
  vi.useRealTimers();
  await store.close();
});

const say = (text: string) => store.write(ROOM, [{ kind: "post", text }]);

const quota = (): never => {
  throw new DOMException("full", "QuotaExceededError");
};

/** From now on nothing can be written on the disk. */
const fillDisk = (): void => {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- it is applied to its object below
  const { put } = IDBObjectStore.prototype;
  vi.spyOn(IDBObjectStore.prototype, "put").mockImplementation(function (this: IDBObjectStore, ...asked) {
    if (this.transaction.db.name !== "memory") quota();
    return put.apply(this, asked);
  });
};

describe("a disk", () => {
  it("that is full moves everything to memory, what was being written too", async () => {
    store = await annsStore();
    await store.opened(info(), false);
    await store.take(ROOM, posts(1, 5), "live");
    await say("before");
    const seen = vi.fn();
    store.persistence.subscribe(() => {
      seen(store.persistence.get());
    });
    const put = vi.spyOn(IDBObjectStore.prototype, "put").mockImplementationOnce(quota);
    await say("kept all the same");
    expect(put).toHaveBeenCalled();
    expect(seen).toHaveBeenCalledExactlyOnceWith({ kind: "memory", reason: "full" });
    expect(texts(await messages(store)).slice(-3)).toEqual(["message 5", "before", "kept all the same"]);
    expect((await store.batch(ROOM))?.ops.map(({ dot: [, counter], text }) => [counter, text])).toEqual([
      [1, "before"],
      [2, "kept all the same"],
    ]);
    expect((await store.account())?.user).toBe(ANN);
    await store.take(ROOM, posts(6, 7), "live");
    expect(texts(await messages(store))).toHaveLength(9);
  });

  it("that is full takes the newest messages of a large room along, and asks for the others again", async () => {
    store = await annsStore();
    await store.opened(info(), false);
    await store.take(ROOM, posts(1, 600), "live");
    await say("mine");
    vi.spyOn(IDBObjectStore.prototype, "put").mockImplementationOnce(quota);
    await say("and this");
    const now = texts(await messages(store));
    expect(now).toHaveLength(501);
    expect(now.slice(-3)).toEqual(["message 600", "mine", "and this"]);
    expect(await store.places()).toEqual([{ room: ROOM }]);
    await store.opened(info({ head: 600 }), false);
    await store.take(ROOM, posts(401, 600), "sync");
    await store.synced(ROOM, [info().epoch, 600]);
    await store.take(ROOM, posts(1, 400), "history");
    expect(texts(await messages(store))).toHaveLength(602);
    expect((await store.reads.room(ROOM))?.total).toBe(602);
  });

  it("that is full for several at once loses nothing of any", async () => {
    store = await annsStore();
    await store.opened(info(), false);
    fillDisk();
    await Promise.all([say("one"), say("two"), say("three"), store.take(ROOM, posts(1, 2), "live")]);
    expect(new Set(texts(await messages(store)))).toEqual(new Set(["message 1", "message 2", "one", "two", "three"]));
    expect((await store.batch(ROOM))?.ops).toHaveLength(3);
  });

  it("that is full for several at once is told once: whoever hears of it begins anew", async () => {
    store = await annsStore();
    await store.opened(info(), false);
    let told = 0;
    store.persistence.subscribe(() => (told += 1));
    fillDisk();
    await Promise.all([say("one"), store.setDraft(ROOM, "a draft"), store.setClockSkew(1)]);
    expect(store.persistence.get()).toEqual({ kind: "memory", reason: "full" });
    expect(told).toBe(1);
  });

  // How far the move to memory is when the next message is written differs with the turns between them.
  it.each([0, 1, 2, 3, 5, 8, 13, 21])(
    "that fills up while one writes keeps what was written in order, %i turns apart",
    async (turns) => {
      store = await annsStore();
      await store.opened(info(), false);
      fillDisk();
      const written = Array.from({ length: 8 }, (_, index) => `message ${index}`);
      const writing: Promise<unknown>[] = [];
      for (const text of written) {
        writing.push(say(text));
        for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      }
      await Promise.all(writing);
      expect(texts(await messages(store))).toEqual(written);
      expect((await store.batch(ROOM))?.ops.map(({ text }) => text)).toEqual(written);
    },
  );

  it("that is full while there is no memory to move to either is tried again", async () => {
    store = await annsStore();
    await say("one");
    vi.spyOn(IDBObjectStore.prototype, "put").mockImplementationOnce(quota);
    vi.spyOn(IDBFactory.prototype, "open").mockImplementationOnce(quota);
    await expect(say("two")).rejects.toThrow("full");
    await say("three");
    expect(texts(await messages(store))).toEqual(["one", "three"]);
    expect(store.persistence.get()).toEqual({ kind: "disk" });
  });

  it("that neither opens again nor gives way to memory is tried again", async () => {
    store = await annsStore();
    await say("one");
    vi.spyOn(IDBDatabase.prototype, "transaction").mockImplementationOnce(function (this: IDBDatabase) {
      this.close();
      throw new DOMException("closed", "InvalidStateError");
    });
    vi.spyOn(IDBFactory.prototype, "open").mockImplementationOnce(quota).mockImplementationOnce(quota);
    await expect(say("two")).rejects.toThrow("full");
    await say("three");
    expect(texts(await messages(store))).toEqual(["one", "three"]);
  });

  it("that is full while memory cannot be loaded is tried again with what comes next", async () => {
    store = await annsStore();
    await store.opened(info(), false);
    fillDisk();
    vi.doMock("fake-indexeddb", () => {
      throw new Error("no network");
    });
    await expect(say("not kept")).rejects.toThrow();
    expect(texts(await messages(store))).toEqual([]);
    vi.doUnmock("fake-indexeddb");
    await say("kept");
    expect(texts(await messages(store))).toEqual(["kept"]);
    expect(store.persistence.get()).toEqual({ kind: "memory", reason: "full" });
  });

  it("that is chosen not to be used is not", async () => {
    store = await annsStore({ storage: "memory" });
    expect(store.persistence.get()).toEqual({ kind: "memory", reason: "chosen" });
    await say("hello");
    expect(texts(await messages(store))).toEqual(["hello"]);
    expect(await globalThis.indexedDB.databases()).toEqual([]);
  });

  it("that is missing or blocked is done without", async () => {
    Reflect.deleteProperty(globalThis, "indexedDB");
    store = await annsStore();
    expect(store.persistence.get()).toEqual({ kind: "memory", reason: "blocked" });
    await say("hello");
    expect(texts(await messages(store))).toEqual(["hello"]);
  });

  it("that has no room for a database is called full", async () => {
    vi.spyOn(IDBFactory.prototype, "open").mockImplementationOnce(quota);
    store = await openStore();
    expect(store.persistence.get()).toEqual({ kind: "memory", reason: "full" });
  });

  it("that does not answer is done without after a while", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    vi.spyOn(IDBFactory.prototype, "open").mockImplementationOnce(() => ({}) as IDBOpenDBRequest);
    const opening = openStore();
    await vi.advanceTimersByTimeAsync(5_000);
    vi.useRealTimers();
    store = await opening;
    expect(store.persistence.get()).toEqual({ kind: "memory", reason: "blocked" });
  });

  it("with the database of a newer app is left alone", async () => {
    await new Promise((resolve) => {
      globalThis.indexedDB.open("greenroom", 99).onsuccess = ({ target }) => {
        (target as IDBOpenDBRequest).result.close();
        resolve(undefined);
      };
    });
    store = await openStore();
    expect(store.persistence.get()).toEqual({ kind: "memory", reason: "blocked" });
  });

  it("that the browser lets go of is opened again", async () => {
    store = await annsStore();
    await say("one");
    // eslint-disable-next-line @typescript-eslint/unbound-method -- it is applied to its object below
    const { transaction } = IDBDatabase.prototype;
    let connections = 0;
    vi.spyOn(IDBDatabase.prototype, "transaction").mockImplementation(function (this: IDBDatabase, ...asked) {
      if (connections === 0) this.close();
      connections += 1;
      return transaction.apply(this, asked);
    });
    await say("two");
    expect(texts(await messages(store))).toEqual(["one", "two"]);
    expect(store.persistence.get()).toEqual({ kind: "disk" });
  });

  it("is erased as a whole", async () => {
    store = await annsStore();
    await say("one");
    await store.erase();
    expect(await store.account()).toBeUndefined();
    expect(await store.unsent()).toEqual([]);
    expect(await messages(store)).toEqual([]);
  });
});
