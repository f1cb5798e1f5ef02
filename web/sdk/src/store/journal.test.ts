import { describe, expect, it } from "vitest";
import type { RoomId } from "../protocol/values.js";
import { Journal, leftNotes, type Note } from "./journal.js";

const note = (id: string): Note => ({ id, room: "0".repeat(32) as RoomId, bodies: [{ kind: "post", text: id }] });

/** Web Storage in memory. */
function storage(): Storage {
  const values = new Map<string, string>();
  return {
    get length() {
      return values.size;
    },
    key: (index) => [...values.keys()][index] ?? null,
    getItem: (key) => values.get(key) ?? null,
    setItem: (key, value) => void values.set(key, value),
    removeItem: (key) => void values.delete(key),
    clear: () => values.clear(),
  };
}

describe("the journal of what is being written", () => {
  it("keeps what was not committed, for whoever opens the store next", () => {
    const kept = storage();
    const journal = new Journal("greenroom", "a", kept);
    journal.add(note("1"));
    journal.add(note("2"));
    journal.remove("1");
    expect(leftNotes("greenroom", kept)).toEqual([{ key: "greenroom/writing/a", notes: [note("2")] }]);
  });

  it("leaves nothing behind when all was committed", () => {
    const kept = storage();
    const journal = new Journal("greenroom", "a", kept);
    journal.add(note("1"));
    journal.remove("1");
    expect(kept.length).toBe(0);
  });

  it("keeps databases and tabs apart", () => {
    const kept = storage();
    new Journal("greenroom", "a", kept).add(note("1"));
    new Journal("greenroom", "b", kept).add(note("2"));
    new Journal("other", "a", kept).add(note("3"));
    expect(leftNotes("greenroom", kept).flatMap(({ notes }) => notes.map(({ id }) => id))).toEqual(["1", "2"]);
  });

  it("works without a storage, with one that is full, and with garbage in it", () => {
    new Journal("greenroom", "a", undefined).add(note("1"));
    const full = storage();
    full.setItem = () => {
      throw new DOMException("full", "QuotaExceededError");
    };
    new Journal("greenroom", "a", full).add(note("1"));
    const broken = storage();
    broken.setItem("greenroom/writing/a", "[{}, 7, null]");
    expect(leftNotes("greenroom", broken)).toEqual([{ key: "greenroom/writing/a", notes: [] }]);
    broken.setItem("greenroom/writing/a", "{");
    expect(leftNotes("greenroom", broken)).toEqual([]);
    expect(leftNotes("greenroom", undefined)).toEqual([]);
  });
});
