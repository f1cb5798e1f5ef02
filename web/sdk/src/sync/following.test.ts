import { afterEach, expect, test, vi } from "vitest";
import { refusalOf } from "../connection/refusal.js";
import type { ErrorFrame, RoomInfo, ServerFrame } from "../protocol/server-frames.js";
import type { Epoch, RoomId } from "../protocol/values.js";
import type { LocalStore } from "../store/local-store.js";
import { Following } from "./following.js";
import { Intake } from "./intake.js";

const roomOf = (digit: string) => digit.repeat(32) as RoomId;
const infoOf = (room: RoomId) =>
  ({
    room,
    epoch: "0".repeat(16) as Epoch,
    head: 1,
    name: room,
    visibility: "public",
    members: 1,
    unread: 0,
    role: "owner",
  }) satisfies RoomInfo;

/** Following with a server whose answers are given by hand. */
const stage = (refuse: (t: string) => ErrorFrame | undefined = () => undefined) => {
  const saved: (readonly RoomId[])[] = [];
  const asked: { readonly t: string; readonly answer: (frame: ServerFrame) => void }[] = [];
  const store = {
    saveRooms: (rooms: readonly RoomInfo[]) => Promise.resolve(void saved.push(rooms.map(({ room }) => room))),
    places: () => Promise.resolve([]),
    closed: () => Promise.resolve(),
  } as unknown as LocalStore; // following asks nothing else of it here
  const nothing = () => undefined;
  const intake = new Intake({ store, found: nothing, failed: nothing, overflowed: nothing });
  const following = new Following(
    {
      store,
      intake,
      // The test gives each request the answer that belongs to it.
      ask: ({ t }) =>
        new Promise((answer, reject) => {
          asked.push({ t, answer: answer as never });
          const refused = refuse(t);
          if (refused !== undefined) reject(refusalOf(refused));
        }),
      opened: nothing,
      current: nothing,
    },
    [],
  );
  return { saved, asked, following };
};

test("a list that is older than what was entered and left meanwhile undoes neither", async () => {
  const { saved, asked, following } = stage();
  const listed = following.list();
  following.entered(infoOf(roomOf("b")));
  following.left(roomOf("a"));
  const rooms = [infoOf(roomOf("a")), infoOf(roomOf("c"))];
  asked.find(({ t }) => t === "room.list")?.answer({ t: "rooms", id: 1, rooms });
  await listed;
  expect(saved).toEqual([[roomOf("c"), roomOf("b")]]);
});

afterEach(() => void vi.useRealTimers());

test("a room that cannot be opened for a while is opened later, and one that is closed to us is not", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  for (const [code, advice, times] of [
    ["room_unavailable", "retry", 2],
    ["not_a_member", "fix", 1],
  ] as const) {
    const { asked, following } = stage((t) => (t === "open" ? { t: "error", code, advice, message: "" } : undefined));
    following.follow(roomOf("a"));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked.map(({ t }) => t)).toEqual(Array.from({ length: times }, () => "open"));
    following.end();
    expect(vi.getTimerCount()).toBe(0);
  }
});
