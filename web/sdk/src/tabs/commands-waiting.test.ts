import { expect, test } from "vitest";
import type { RefusedRequest } from "../connection/refusal.js";
import type { Command } from "../sync/command.js";
import type { RoomId } from "../protocol/values.js";
import { COMMAND_MS_MAX, CommandsWaiting } from "./commands-waiting.js";

const ROOM = "6f1d7c0a5b2e4f3890aabbccddeeff01" as RoomId;
const HISTORY: Command = { do: "history", room: ROOM, before: 10, limit: 5 };
const CREATE: Command = { do: "request", request: { t: "room.create", name: "deck", visibility: "public" } };

const stage = () => {
  const waiting = new CommandsWaiting();
  const heard: unknown[] = [];
  const add = (command: Command, leader?: string) =>
    waiting.add(
      0,
      command,
      leader,
      (value) => heard.push(value),
      (refusal: RefusedRequest) => heard.push(refusal.code),
    );
  return { waiting, heard, add };
};

test("an answer finds who asked, once", () => {
  const { waiting, heard, add } = stage();
  const number = add(HISTORY, "a") ?? 0;
  waiting.done(number, true);
  waiting.done(number, true);
  expect(heard).toEqual([true]);
});

test("a new leader is asked again, unless that could do harm", () => {
  const { waiting, heard, add } = stage();
  const history = add(HISTORY, "a");
  add(CREATE, "a");
  expect(waiting.moved("b")).toEqual([[history, HISTORY]]);
  expect(heard).toEqual(["offline"]);
  expect(waiting.moved("b")).toEqual([]);
});

test("what nobody heard may be sent to the first leader", () => {
  const { waiting, add } = stage();
  const number = add(CREATE);
  expect(waiting.moved("a")).toEqual([[number, CREATE]]);
});

test("nobody waits for ever", () => {
  const { waiting, heard, add } = stage();
  add(HISTORY, "a");
  waiting.time(COMMAND_MS_MAX - 1);
  expect(heard).toEqual([]);
  waiting.time(COMMAND_MS_MAX);
  expect(heard).toEqual(["timeout"]);
});
