/** The sender over the real store, and a server that keeps to docs/PROTOCOL.md, "Posting". */

import { afterEach, beforeEach, expect, test } from "vitest";

import { refuse } from "../connection/refusal.js";
import type { WireOp } from "../protocol/op.js";
import type { AckFrame } from "../protocol/server-frames.js";
import type { Store } from "../store/open-store.js";
import { annsStore, info, messages, newDevice, ROOM, Server, texts } from "../store/testing.js";
import { RENEWALS_MAX } from "./after-stop.js";
import { OutboxSender } from "./outbox-sender.js";

const stores: Store[] = [];

/** A tab of Ann's device. */
const tab = async (): Promise<Store> => {
  const store = await annsStore();
  stores.push(store);
  return store;
};

beforeEach(() => newDevice());
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
});

/** What the server says of a batch, in the store as the engine brings it there. */
const answered = async (store: Store, server: Server, ops: readonly WireOp[]): Promise<AckFrame> => {
  const { acks, refused, stopped: code, have } = server.post(ops);
  if (acks.length > 0) await store.acked(ROOM, acks);
  if (refused.length > 0) await store.refused(ROOM, refused);
  const stopped = code && { code, advice: "fix" as const, message: "", ...(have !== undefined && { have }) };
  return { t: "ack", id: 1, room: ROOM, acks, refused, ...(stopped && { stopped }) };
};

/** A sender that has nothing left to do when the promise resolves. */
const senderOf = (store: Store, post: (ops: readonly WireOp[]) => Promise<AckFrame>) => {
  let rested: () => void = () => undefined;
  const sender: OutboxSender = new OutboxSender({
    store,
    post: (_, ops) => post(ops),
    settled: () => Promise.resolve(),
    rested: () => {
      if (sender.resting) rested();
    },
  });
  const run = (work: () => Promise<void>): Promise<void> =>
    new Promise((resolve) => {
      rested = resolve;
      void work();
    });
  return { sender, login: () => run(() => sender.begin()), sweep: () => run(() => sender.sweep()) };
};

const say = (store: Store, text: string): Promise<readonly WireOp[]> => store.write(ROOM, [{ kind: "post", text }]);
const textsAt = (server: Server): readonly unknown[] => server.log.map(({ op }) => op["text"]);

test("two tabs that each have a connection draw one new replica for a server that lost what it had", async () => {
  const [one, two] = [await tab(), await tab()];
  await one.opened(info(), false);
  await say(one, "stored, and lost with the server's disk");
  const lost = new Server();
  await senderOf(one, (ops) => answered(one, lost, ops)).login();
  await say(one, "written since");

  const server = new Server();
  // Both have asked before either hears that ops are missing; the first is at the server again before the second goes on.
  let asked = 0;
  let both: () => void = () => undefined;
  const bothAsked = new Promise<void>((resolve) => (both = resolve));
  const posting = (store: Store, after: Promise<unknown>) => async (ops: readonly WireOp[]) => {
    const answer = answered(store, server, ops);
    asked += 1;
    if (asked === 2) both();
    await bothAsked;
    await answer;
    await after;
    return answer;
  };
  const first = senderOf(one, posting(one, Promise.resolve())).login();
  const second = senderOf(two, posting(two, first)).login();
  await Promise.all([first, second]);
  expect(textsAt(server)).toEqual(["written since"]);
  expect(await one.unsent()).toEqual([]);
});

test("two tabs whose ops were too far ahead of the server's clock set it once", async () => {
  const [one, two] = [await tab(), await tab()];
  await one.opened(info(), false);
  await one.setClockSkew(10 * 86_400_000);
  const ops = await say(one, "ahead");
  await one.setClockSkew(0);
  await one.renewClocks(ROOM, ops);
  const [once] = (await two.batch(ROOM))?.ops ?? [];
  await two.setClockSkew(1);
  await two.renewClocks(ROOM, ops);
  expect((await two.batch(ROOM))?.ops).toEqual([once]);
  expect(once?.hlc).not.toEqual(ops[0]?.hlc);
});

test("what was given up in one login is tried anew in the next", async () => {
  const store = await tab();
  await store.opened(info(), false);
  await say(store, "hello");
  const server = new Server();
  let ahead = RENEWALS_MAX + 1;
  const { sender, login } = senderOf(store, (ops) => {
    ahead -= 1;
    return ahead >= 0 ? Promise.reject(refuse("clock_skew", "ahead")) : answered(store, server, ops);
  });
  await login();
  expect(await messages(store)).toMatchObject([{ delivery: { state: "failed", code: "clock_skew", retry: true } }]);
  sender.end(false);
  ahead = RENEWALS_MAX;
  await login();
  expect(textsAt(server)).toEqual(["hello"]);
  expect(await messages(store)).toMatchObject([{ delivery: { state: "stored" } }]);
});

test("what a tab wrote that died before it told anybody is found", async () => {
  const [one, two] = [await tab(), await tab()];
  await one.opened(info(), false);
  const server = new Server();
  const { login, sweep } = senderOf(one, (ops) => answered(one, server, ops));
  await login();
  await say(two, "last words");
  await sweep();
  expect(textsAt(server)).toEqual(["last words"]);
  expect(texts(await messages(one))).toEqual(["last words"]);
});
