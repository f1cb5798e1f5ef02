/**
 * A server that keeps to docs/PROTOCOL.md, "Posting", and a device that crashes, loses answers, has two tabs and is put
 * back to an older state: what was written is at the server exactly once, or visible as failed.
 */

import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";

import type { Entry } from "../protocol/op.js";
import { copyOf } from "./copy.js";
import { Database } from "./database.js";
import type { Store } from "./open-store.js";
import { STORES } from "./schema.js";
import { ANN, annsStore, EPOCH, info, messages, newDevice, ROOM, Server, texts } from "./testing.js";
import type { Tx } from "./transaction.js";

type Answer = "arrives" | "is lost";
type Step =
  | { readonly do: "write"; readonly tab: 0 | 1; readonly count: number; readonly text: "good" | "bad" }
  | { readonly do: "send"; readonly answer: Answer; readonly most: number }
  | { readonly do: "crash" | "sync" | "others" | "backup" | "restore" };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant("write" as const),
    tab: fc.constantFrom(0 as const, 1 as const),
    count: fc.integer({ min: 1, max: 3 }),
    text: fc.constantFrom("good" as const, "good" as const, "bad" as const),
  }),
  fc.record({
    do: fc.constant("send" as const),
    answer: fc.constantFrom<Answer>("arrives", "is lost"),
    most: fc.integer({ min: 1, max: 4 }),
  }),
  fc.record({ do: fc.constantFrom("crash" as const, "sync" as const, "others" as const) }),
);

class Device {
  readonly server = new Server();
  readonly written: string[] = [];
  /** Texts that a restored backup knew nothing of. */
  readonly gone: string[] = [];
  #saved: { readonly written: number; readonly write: (to: Tx) => void } | undefined;
  #tabs: readonly Store[] = [];

  get store(): Store {
    const [store] = this.#tabs;
    if (store === undefined) throw new Error("no tab is open");
    return store;
  }

  async open(): Promise<void> {
    await this.close();
    this.#tabs = [await annsStore(), await annsStore()];
    await this.store.opened(info({ head: this.server.log.length }), false);
  }

  async close(): Promise<void> {
    for (const tab of this.#tabs) await tab.close();
    this.#tabs = [];
  }

  async run(step: Step): Promise<void> {
    switch (step.do) {
      case "write":
        return this.#write(step);
      case "send":
        await this.send(step.answer, step.most);
        return;
      case "crash":
        return this.open();
      case "sync":
        return this.sync();
      case "others":
        await this.store.take(ROOM, [this.server.others()], "live");
        return;
      case "backup":
        return this.#backup();
      case "restore":
        return this.#restore();
    }
  }

  async #backup(): Promise<void> {
    const db = await Database.open("greenroom", "disk");
    this.#saved = { written: this.written.length, write: await db.run(STORES, { mode: "readonly" }, copyOf) };
    await db.close();
  }

  /** What was written since the backup is gone, unless the server has it. */
  async #restore(): Promise<void> {
    if (this.#saved === undefined) return;
    const { write, written } = this.#saved;
    const db = await Database.open("greenroom", "disk");
    await db.run(STORES, { mode: "readwrite" }, (tx) => Promise.resolve(write(tx)));
    await db.close();
    const kept = new Set(this.server.log.map(({ op }) => op["text"]));
    this.gone.push(...this.written.slice(written).filter((text) => !kept.has(text)));
    await this.open();
  }

  async #write({ tab, count, text }: Step & { readonly do: "write" }): Promise<void> {
    const all = Array.from({ length: count }, (_, index) => `${text} ${this.written.length + index}`);
    this.written.push(...all);
    const bodies = all.map((text) => ({ kind: "post" as const, text }));
    await (this.#tabs[tab] ?? this.store).write(ROOM, bodies);
  }

  /** `false` when there is nothing to send. */
  async send(answer: Answer, most: number): Promise<boolean> {
    const batch = await this.store.batch(ROOM);
    if (batch === undefined) return false;
    const { acks, refused, stopped } = this.server.post(batch.ops.slice(0, most));
    if (answer === "is lost") return true;
    if (acks.length > 0) await this.store.acked(ROOM, acks);
    if (refused.length > 0) await this.store.refused(ROOM, refused);
    const [first] = batch.ops;
    if (stopped !== undefined && first !== undefined) await this.store.renewReplica(ROOM, first.dot[0]);
    return true;
  }

  async sync(): Promise<void> {
    const [place] = await this.store.places();
    const from = place?.cursor?.[1] ?? 0;
    const { log } = this.server;
    for (let at = from; at < log.length; at += 3) await this.store.take(ROOM, log.slice(at, at + 3), "sync");
    await this.store.synced(ROOM, [EPOCH, log.length]);
  }
}

let device: Device | undefined;
afterEach(() => device?.close());

/** Everything is sent, and everything received. */
const settled = async (one: Device): Promise<void> => {
  await one.open();
  await one.sync();
  while (await one.send("arrives", 256));
  await one.sync();
};

const run = async (steps: readonly Step[]): Promise<Device> => {
  await device?.close();
  newDevice();
  device = new Device();
  await device.open();
  for (const one of steps) await device.run(one);
  await settled(device);
  return device;
};

const textsIn = (log: readonly Entry[]): readonly unknown[] =>
  log.filter(({ op }) => op.kind === "post").map(({ op }) => op["text"]);

describe("a device that is put back to an older state", () => {
  test("writes nothing twice, and loses nothing that was written since", { timeout: 120_000 }, async () => {
    const good = step.filter((one) => one.do !== "write" || one.text === "good");
    const some = fc.array(good, { maxLength: 6 });
    const life = fc.tuple(some, some, some, some).map(([before, since, after, again]): readonly Step[] => {
      return [...before, { do: "backup" }, ...since, { do: "restore" }, ...after, { do: "restore" }, ...again];
    });
    await fc.assert(
      fc.asyncProperty(life, async (steps) => {
        const { server, store, written, gone } = await run(steps);
        const mine = server.log.filter(({ op }) => op.author === ANN);
        expect(textsIn(mine).toSorted()).toEqual(written.filter((text) => !gone.includes(text)).toSorted());
        expect(texts(await messages(store))).toEqual(textsIn(server.log));
        expect(await store.reads.room(ROOM)).toMatchObject({ waiting: 0, failed: 0, total: server.log.length });
      }),
      { numRuns: 100 },
    );
  });
});

describe("a device that crashes", () => {
  test("has everything at the server once, or shows it as failed", { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
        const device = await run(steps);
        const { log } = device.server;
        const mine = textsIn(log.filter(({ op }) => op.author === ANN));
        expect(mine.toSorted()).toEqual(device.written.filter((text) => text.startsWith("good")).toSorted());
        const shown = await messages(device.store);
        const stored = shown.filter(({ delivery }) => delivery.state === "stored");
        expect(texts(stored)).toEqual(textsIn(log));
        const failed = shown.filter(({ delivery }) => delivery.state === "failed");
        expect(texts(failed).toSorted()).toEqual(device.written.filter((text) => text.startsWith("bad")).toSorted());
        expect(shown).toHaveLength(stored.length + failed.length);
        expect(await device.store.reads.room(ROOM)).toMatchObject({
          waiting: 0,
          failed: failed.length,
          total: shown.length,
          cursor: log.length,
        });
      }),
      { numRuns: 100 },
    );
  });
});
