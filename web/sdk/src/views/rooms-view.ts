/** The list of rooms, each room's summary, drafts and the outbox: from the records of rooms, all of which are in memory. */

import type { RoomCall, RoomSummary } from "../model.js";
import type { RoomId } from "../protocol/values.js";
import { Cell, type Slice } from "../slice.js";
import type { Store } from "../store/store.js";
import type { RoomRecord } from "../store/records.js";
import { oncePerTurn } from "./per-turn.js";

export interface OutboxSummary {
  readonly waiting: number;
  readonly failed: number;
}

/** A summary with what it was made of, to know when it is still right. */
interface Made {
  readonly record: RoomRecord;
  readonly call: RoomCall | undefined;
  readonly draft: boolean;
  readonly summary: RoomSummary;
}

/** See the head of this file. */
export class RoomsView {
  readonly rooms = new Cell<readonly RoomSummary[]>([]);
  readonly outbox = new Cell<OutboxSummary>({ waiting: 0, failed: 0 });
  /** Resolves once everything was read for the first time. */
  readonly ready: Promise<void>;
  readonly #store: Store;
  readonly #running: Slice<ReadonlyMap<RoomId, RoomCall>>;
  readonly #records = new Map<RoomId, RoomRecord>();
  readonly #made = new Map<RoomId, Made>();
  readonly #summaries = new Map<RoomId, Cell<RoomSummary | undefined>>();
  readonly #drafts = new Map<RoomId, Cell<string>>();
  readonly #ends: (() => void)[];
  /** Any number of changes in one turn make one list. */
  readonly #schedule = oncePerTurn(() => this.#make());

  constructor(store: Store, running: Slice<ReadonlyMap<RoomId, RoomCall>>) {
    this.#store = store;
    this.#running = running;
    this.#ends = [
      store.onCommit((commit, from) => {
        const whole = commit.changes.some(({ part }) => part === "rooms" || part === "account");
        if (whole && from === "elsewhere") this.#records.clear();
        if (commit.rooms?.length === 0 && whole) this.#records.clear();
        for (const record of commit.rooms ?? []) this.#records.set(record.room, record);
        if (commit.draft !== undefined) this.#draftCell(commit.draft.room).set(commit.draft.text);
        else if (commit.changes.some(({ part }) => part === "draft")) void this.#readDrafts();
        if (commit.rooms !== undefined || commit.draft !== undefined) this.#schedule();
      }),
      running.subscribe(() => this.#schedule()),
    ];
    this.ready = this.#load();
  }

  record(room: RoomId): RoomRecord | undefined {
    return this.#records.get(room);
  }

  summary(room: RoomId): Slice<RoomSummary | undefined> {
    let cell = this.#summaries.get(room);
    if (cell === undefined) {
      cell = new Cell(this.#summaryOf(room));
      this.#summaries.set(room, cell);
    }
    return cell;
  }

  draft(room: RoomId): Slice<string> {
    return this.#draftCell(room);
  }

  close(): void {
    for (const end of this.#ends) end();
  }

  async #load(): Promise<void> {
    const [records] = await Promise.all([this.#store.reads.rooms(), this.#readDrafts()]);
    // What was committed meanwhile is newer.
    for (const record of records) if (!this.#records.has(record.room)) this.#records.set(record.room, record);
    this.#store.pending.learn(records);
    this.#make();
  }

  async #readDrafts(): Promise<void> {
    const drafts = new Map((await this.#store.reads.drafts()).map(({ room, text }) => [room, text]));
    for (const room of new Set([...this.#drafts.keys(), ...drafts.keys()])) {
      this.#draftCell(room).set(drafts.get(room) ?? "");
    }
    this.#schedule();
  }

  #draftCell(room: RoomId): Cell<string> {
    let cell = this.#drafts.get(room);
    if (cell === undefined) this.#drafts.set(room, (cell = new Cell("")));
    return cell;
  }

  #make(): void {
    const listed: RoomRecord[] = [];
    let waiting = 0;
    let failed = 0;
    for (const record of this.#records.values()) {
      if (record.listed || record.waiting > 0 || record.failed > 0) listed.push(record);
      const counts = countsOf(record);
      waiting += counts.waiting;
      failed += counts.failed;
    }
    listed.sort((a, b) => newest(b) - newest(a) || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
    const summaries = listed.flatMap(({ room }) => this.#summaryOf(room) ?? []);
    const before = this.rooms.get();
    const same = before.length === summaries.length && summaries.every((summary, index) => summary === before[index]);
    if (!same) this.rooms.set(summaries);
    const outbox = this.outbox.get();
    if (outbox.waiting !== waiting || outbox.failed !== failed) this.outbox.set({ waiting, failed });
    for (const [room, cell] of this.#summaries) cell.set(this.#summaryOf(room));
  }

  /** The same object as long as nothing in it changed. */
  #summaryOf(room: RoomId): RoomSummary | undefined {
    const record = this.#records.get(room);
    if (record === undefined) return undefined;
    const call = this.#running.get().get(room);
    const draft = this.#draftCell(room).get() !== "";
    const made = this.#made.get(room);
    if (made !== undefined && made.record === record && made.call === call && made.draft === draft) return made.summary;
    const fresh = summarise(record, call, draft);
    const summary = made !== undefined && sameSummary(made.summary, fresh) ? made.summary : fresh;
    this.#made.set(room, { record, call, draft, summary });
    return summary;
  }
}

/** What waits and what failed in a room; where the room takes nothing, all that waits has failed for now. */
const countsOf = ({ waiting, failed, refusal }: RoomRecord): OutboxSummary =>
  refusal === undefined ? { waiting, failed } : { waiting: 0, failed: failed + waiting };

const newest = ({ lastPostMs, lastStamp }: RoomRecord): number => lastPostMs ?? lastStamp?.[0] ?? 0;

const summarise = (record: RoomRecord, call: RoomCall | undefined, draft: boolean): RoomSummary => {
  const { room, name, visibility, topic, peer, role, members, retentionDays, unread, lastPostMs, closed } = record;
  return {
    room,
    name: visibility === "direct" ? (record.peerName ?? name) : name,
    visibility,
    topic,
    ...(peer !== undefined && { peer }),
    ...(role !== undefined && { role }),
    members,
    ...(retentionDays !== undefined && { retentionDays }),
    unread,
    mentioned: record.mentioned,
    ...(lastPostMs !== undefined && { lastPostMs }),
    draft,
    ...countsOf(record),
    ...(call && { call }),
    ...(closed !== undefined && { closed }),
  };
};

const sameSummary = (a: RoomSummary, b: RoomSummary): boolean => {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]) as Set<keyof RoomSummary>;
  for (const name of names) if (!Object.is(a[name], b[name])) return false;
  return true;
};
