import { expect, test } from "vitest";
import type { Ops } from "../protocol/server-frames.js";
import type { RoomId, UserId } from "../protocol/values.js";
import { Board } from "./board.js";
import { MomentKeeper } from "./moment.js";

const ROOM = "6f1d7c0a5b2e4f3890aabbccddeeff01" as RoomId;
const [ANN, BEN] = ["ann" as UserId, "ben" as UserId];

const opsOf = (kind: string, author: UserId): Ops => ({
  t: "ops",
  room: ROOM,
  ops: [
    { offset: 1, stamp: [1, 0], op: { dot: ["00000000000000aa", 1], hlc: [1, 0], author, kind } },
  ] as unknown as Ops["ops"],
});

test("who wrote is not typing any more, before the server says so", () => {
  const board = new Board();
  const keeper = new MomentKeeper(board, () => undefined);
  keeper.frame({ t: "typing", room: ROOM, on: [ANN, BEN] });
  keeper.frame(opsOf("reaction", ANN));
  expect(board.typing(ROOM).get()).toEqual([ANN, BEN]);
  keeper.frame(opsOf("post", ANN));
  expect(board.typing(ROOM).get()).toEqual([BEN]);
  keeper.end();
});
