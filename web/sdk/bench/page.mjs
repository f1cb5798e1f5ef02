// The part of the benchmark that runs in the page.

import { Cell } from "../src/slice.ts";
import { openStore } from "../src/store/open-store.ts";
import { openViews } from "../src/views/views.ts";

const ROOM = "6f1d7c0a5b2e4f3890aabbccddeeff01";
const EPOCH = "00c0ffee00c0ffee";
const BATCH = Number(new URLSearchParams(location.search).get("batch") ?? 256);
const AUTHORS = 10;

const moment = {
  typing: () => new Cell([]),
  presence: () => new Cell(new Map()),
  online: () => new Cell(0),
  running: new Cell(new Map()),
  fetchOlder: () => Promise.resolve(false),
};

const replica = (author) => author.toString(16).repeat(16);

/** One in ten is a reaction to a message before it. */
const entries = (from, to) =>
  Array.from({ length: to - from + 1 }, (_, index) => {
    const offset = from + index;
    const [author, counter] = [offset % AUTHORS, Math.floor(offset / AUTHORS) + 1];
    const stamp = [1_790_000_000_000 + offset * 100, 0];
    const op = { dot: [replica(author), counter], hlc: stamp, author: `user-${author}` };
    if (author === 9 && offset > 20) {
      const target = [replica(0), Math.floor(offset / AUTHORS)];
      return { offset, stamp, op: { ...op, kind: "reaction", target, emoji: "👍", on: true } };
    }
    return {
      offset,
      stamp,
      op: { ...op, kind: "post", text: `Message ${offset}: ${"some words of it ".repeat(offset % 9)}` },
    };
  });

const timed = async (work) => {
  const started = performance.now();
  const result = await work();
  return [Math.round((performance.now() - started) * 10) / 10, result];
};

const ready = (timeline) =>
  new Promise((resolve) => {
    const look = () => timeline.view.get().state === "ready" && resolve(timeline.view.get());
    timeline.view.subscribe(look);
    look();
  });

/** The longest time for which the page could not have painted or taken a key, while `work` ran. */
const longestBlock = async (work) => {
  let [longest, last, over] = [0, performance.now(), false];
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    if (!over) port2.postMessage(0);
  };
  port2.postMessage(0);
  const result = await work();
  over = true;
  return [longest, result];
};

export const fill = async (messages) => {
  const store = await openStore({ database: "bench" });
  await store.saveAccount({ kind: "guest", name: "Me", user: "me" });
  await store.opened(
    { room: ROOM, epoch: EPOCH, head: messages, name: "deck", visibility: "public", members: 1, unread: 0 },
    false,
  );
  let slowest = 0;
  // The newest come first, and then history, as a client does it.
  const [longestBlockMs, [ms]] = await longestBlock(() =>
    timed(async () => {
      for (let to = messages; to >= 1; to -= BATCH) {
        const [batchMs] = await timed(() =>
          store.take(ROOM, entries(Math.max(1, to - BATCH + 1), to), to === messages ? "sync" : "history"),
        );
        if (to === messages) await store.synced(ROOM, [EPOCH, messages]);
        slowest = Math.max(slowest, batchMs);
      }
    }),
  );
  await store.close();
  return {
    what: "take",
    entries: messages,
    ms,
    "entries/s": Math.round((messages / ms) * 1000),
    slowestBatchMs: slowest,
    longestBlockMs,
  };
};

export const use = async (messages) => {
  const started = performance.now();
  const store = await openStore({ database: "bench" });
  const openedMs = performance.now() - started;
  const views = openViews(store, moment);
  const timeline = views.timeline(ROOM);
  const view = await ready(timeline);
  const readyMs = performance.now() - started;
  const [againMs] = await timed(() => ready(views.timeline(ROOM)));
  const [olderMs] = await timed(() => timeline.loadOlder());
  const [middleMs] = await timed(() => timeline.jumpToIndex(Math.floor(view.total / 2)));
  const [jumpMs] = await timed(() => timeline.jumpTo(`${replica(3)}:${Math.floor(messages / AUTHORS / 3)}`));
  const [latestMs] = await timed(() => timeline.jumpToLatest());
  const paints = [];
  const commits = [];
  const acks = [];
  for (let index = 1; index <= 30; index += 1) {
    const at = performance.now();
    const written = store.write(ROOM, [{ kind: "post", text: `mine ${index}` }]);
    paints.push(performance.now() - at);
    const [op] = await written;
    commits.push(performance.now() - at);
    const [ackMs] = await timed(() =>
      store.acked(ROOM, [{ dot: op.dot, stamp: [1_890_000_000_000 + index, 0], offset: messages + index }]),
    );
    acks.push(ackMs);
  }
  const live = [];
  for (let index = 1; index <= 30; index += 1) {
    const [entry] = entries(messages + 100 + index * 10, messages + 100 + index * 10);
    live.push((await timed(() => store.take(ROOM, [{ ...entry, offset: messages + 30 + index }], "live")))[0]);
  }
  const [searchMs] = await timed(() => store.search({ text: "no such words", room: ROOM }, () => undefined));
  let firstFoundMs;
  const searched = performance.now();
  await store.search({ text: "words", room: ROOM, limit: 50 }, () => (firstFoundMs ??= performance.now() - searched));
  const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
  const estimate = await navigator.storage.estimate();
  return {
    openedMs,
    readyMs,
    againMs,
    olderMs,
    middleMs,
    jumpMs,
    latestMs,
    paintMs: median(paints),
    commitMs: median(commits),
    ackMs: median(acks),
    liveMs: median(live),
    searchMs,
    firstFoundMs,
    items: view.items.length,
    total: view.total,
    usageMb: (estimate.usage ?? 0) / 2 ** 20,
  };
};
