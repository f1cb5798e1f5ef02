import type { DotKey, Notice, Standing, TimelineItem, UserId } from "@greenroom/client";
import { expect, it } from "vitest";
import { tellingsOf } from "./notices";

const ann = "ann" as UserId;
const ben = "ben" as UserId;
const key = (at: number): DotKey => `00000000000000aa:${at}` as DotKey;

const notice = (at: number, author: UserId, event: Notice["event"]): TimelineItem => ({
  kind: "notice",
  key: key(at),
  stamp: [at, 0],
  author,
  event,
});
const created = (at: number): TimelineItem => notice(at, ann, { is: "created", name: "Bridge" });
const member = (at: number, author: UserId, user: UserId, standing: Standing): TimelineItem =>
  notice(at, author, { is: "member", user, name: user, standing, role: "member" });

it("does not tell that who made the room came into it", () => {
  const items = [created(1), member(2, ann, ann, "joined"), member(3, ben, ben, "joined")];
  expect([...tellingsOf(items, false, new Set())]).toEqual([[key(2), "silent"]]);
});

it("tells that who left and came back joined", () => {
  const items = [created(1), member(2, ann, ann, "joined"), member(3, ann, ann, "left"), member(4, ann, ann, "joined")];
  expect(tellingsOf(items, false, new Set()).has(key(4))).toBe(false);
});

it("tells a lifted ban from being put out, though the ban is not among the items", () => {
  const items = [member(3, ann, ben, "kicked"), member(4, ben, ben, "joined"), member(5, ann, ben, "kicked")];
  expect([...tellingsOf(items, false, new Set([key(3)]))]).toEqual([[key(3), "unbanned"]]);
});

it("does not tell how a room of two came to be", () => {
  const items = [created(1), member(2, ann, ann, "joined"), member(3, ann, ben, "joined"), member(4, ben, ben, "left")];
  expect([...tellingsOf(items, true, new Set()).keys()]).toEqual([key(1), key(2), key(3)]);
});
