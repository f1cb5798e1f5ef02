/** Brings what the server sends into the store: per room in the order in which it came, rooms beside each other. */

import type { Found } from "../model.js";
import type { Entry } from "../protocol/op.js";
import type { RoomId } from "../protocol/values.js";
import type { LocalStore } from "../store/local-store.js";

/** How entries came: live, by a sync that went on from a cursor or began with a tail, or as older history. */
export type How = "live" | "resumed" | "first" | "history";

/** Entries taken in one go at most. */
const TAKE_MAX = 1_024;
/** Entries that wait at most; beyond it {@link IntakeOptions.overflowed} is called. */
const BACKLOG_MAX = 100_000;

/** Who is told. */
export interface IntakeOptions {
  readonly store: LocalStore;
  /** New posts of others. */
  readonly found: (found: readonly Found[], how: How) => void;
  /** Something could not be taken, and what came after it in its room was dropped: begin anew, after a while. */
  readonly failed: () => void;
  /** The store is slower than the server: take no more until it caught up. */
  readonly overflowed: () => void;
}

type Task =
  | { readonly is: "entries"; readonly how: How; readonly entries: readonly Entry[] }
  | { readonly is: "step"; readonly step: () => Promise<void> };

interface Queue {
  readonly tasks: Task[];
  ended: Promise<void>;
  running: boolean;
}

/** The queues of all rooms. */
export class Intake {
  readonly #options: IntakeOptions;
  readonly #queues = new Map<RoomId, Queue>();
  #backlog = 0;
  #closed = false;

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  /** Entries of an `ops` frame. */
  entries(room: RoomId, entries: readonly Entry[], how: How): void {
    this.#backlog += entries.length;
    this.#add(room, { is: "entries", how, entries });
    if (this.#backlog > BACKLOG_MAX) this.#options.overflowed();
  }

  /** Anything else that must keep its place between the room's entries. */
  step(room: RoomId, step: () => Promise<void>): void {
    this.#add(room, { is: "step", step });
  }

  /** Nothing is brought any more: the store is about to be closed. */
  close(): void {
    this.#closed = true;
    for (const { tasks } of this.#queues.values()) tasks.length = 0;
  }

  /** Resolves when all that came so far is in the store: of one room, or of all. */
  async settled(room?: RoomId): Promise<void> {
    if (room !== undefined) await this.#queues.get(room)?.ended;
    else await Promise.all([...this.#queues.values()].map(({ ended }) => ended));
  }

  #add(room: RoomId, task: Task): void {
    if (this.#closed) return;
    let queue = this.#queues.get(room);
    if (queue === undefined) {
      queue = { tasks: [], ended: Promise.resolve(), running: false };
      this.#queues.set(room, queue);
    }
    queue.tasks.push(task);
    if (queue.running) return;
    queue.running = true;
    queue.ended = this.#drain(room, queue);
  }

  async #drain(room: RoomId, queue: Queue): Promise<void> {
    for (let task = queue.tasks.shift(); task !== undefined; task = queue.tasks.shift()) {
      try {
        if (task.is === "step") await task.step();
        else await this.#take(room, task.how, this.#gather(queue, task.how, task.entries));
      } catch (error) {
        if (this.#closed) break;
        // The store rejects on bugs only. What follows would move the cursor over what is missing now: sync again.
        console.error("greenroom: cannot take what the server sent", error);
        for (const left of queue.tasks.splice(0)) if (left.is === "entries") this.#backlog -= left.entries.length;
        this.#options.failed();
      }
    }
    queue.running = false;
    this.#queues.delete(room);
  }

  /** Joins following pages of the same kind: one transaction is cheaper than many. */
  #gather(queue: Queue, how: How, first: readonly Entry[]): readonly Entry[] {
    let entries = first;
    for (let next = queue.tasks[0]; next?.is === "entries" && next.how === how; next = queue.tasks[0]) {
      if (entries.length + next.entries.length > TAKE_MAX) break;
      entries = [...entries, ...next.entries];
      queue.tasks.shift();
    }
    return entries;
  }

  async #take(room: RoomId, how: How, entries: readonly Entry[]): Promise<void> {
    this.#backlog -= entries.length;
    const taken = how === "resumed" || how === "first" ? "sync" : how;
    const found = await this.#options.store.take(room, entries, taken);
    if (found.length > 0) this.#options.found(found, how);
  }
}
