import { describe, expect, it } from "vitest";
import type { RoomId } from "../protocol/values.js";
import { dropNotes, Journal, leftNotes, type Note } from "./journal.js";
import { webStorage } from "./testing.js";

const note = (id: string): Note => ({ id, room: "0".repeat(32) as RoomId, bodies: [{ kind: "post", text: id }] });

describe("the journal of what is being written", () => {
  it("keeps what was not committed, for whoever opens the store next", () => {
    const kept = webStorage();
    const journal = new Journal("greenroom", "a", kept);
    journal.add(note("1"));
    journal.add(note("2"));
    journal.remove("1");
    expect(leftNotes("greenroom", kept)).toMatchObject([{ key: "greenroom/writing/a", notes: [note("2")] }]);
  });

  it("leaves nothing behind when all was committed", () => {
    const kept = webStorage();
    const journal = new Journal("greenroom", "a", kept);
    journal.add(note("1"));
    journal.remove("1");
    expect(kept.length).toBe(0);
  });

  it("drops what is written now, and not what a page that lives has noted since", () => {
    const kept = webStorage();
    const journal = new Journal("greenroom", "a", kept);
    journal.add(note("1"));
    const [left] = leftNotes("greenroom", kept);
    if (left === undefined) throw new Error("nothing was noted");
    journal.add(note("2"));
    dropNotes(left, kept);
    const [now] = leftNotes("greenroom", kept);
    expect(now?.notes).toEqual([note("1"), note("2")]);
    if (now !== undefined) dropNotes(now, kept);
    expect(kept.length).toBe(0);
  });

  it("keeps databases and tabs apart", () => {
    const kept = webStorage();
    new Journal("greenroom", "a", kept).add(note("1"));
    new Journal("greenroom", "b", kept).add(note("2"));
    new Journal("other", "a", kept).add(note("3"));
    expect(leftNotes("greenroom", kept).flatMap(({ notes }) => notes.map(({ id }) => id))).toEqual(["1", "2"]);
  });

  it("works without a storage, with one that is full, and with garbage in it", () => {
    new Journal("greenroom", "a", undefined).add(note("1"));
    const full = webStorage();
    full.setItem = () => {
      throw new DOMException("full", "QuotaExceededError");
    };
    new Journal("greenroom", "a", full).add(note("1"));
    const broken = webStorage();
    broken.setItem("greenroom/writing/a", "{");
    broken.setItem("greenroom/writing/b", "[{}, 7, null]");
    new Journal("greenroom", "c", broken).add(note("1"));
    expect(leftNotes("greenroom", broken).flatMap(({ notes }) => notes)).toEqual([note("1")]);
    expect(leftNotes("greenroom", undefined)).toEqual([]);
  });
});
