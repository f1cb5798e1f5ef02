/** The members of a room, with what the connection knows of their presence. */

import type { Member, Presence } from "../model.js";
import type { RoomId, UserId } from "../protocol/values.js";
import { Cell, type Slice } from "../slice.js";
import type { Store } from "../store/store.js";
import type { MemberRecord } from "../store/records.js";
import { liftedBans } from "../store/settings.js";
import { ReadCell } from "./read-cell.js";

/** See the head of this file. Those who are out are in it too, with their standing: their messages need a name. */
export class MembersView implements Slice<readonly Member[]> {
  readonly #records: ReadCell<readonly MemberRecord[]>;
  readonly #presence: Slice<ReadonlyMap<UserId, Presence>>;
  readonly #cell = new Cell<readonly Member[]>([]);
  #started = false;
  readonly #ends: (() => void)[] = [];

  constructor(store: Store, room: RoomId, presence: Slice<ReadonlyMap<UserId, Presence>>) {
    this.#records = new ReadCell<readonly MemberRecord[]>([], () => store.reads.members(room));
    this.#presence = presence;
  }

  get(): readonly Member[] {
    this.#start();
    return this.#cell.get();
  }

  subscribe(listener: () => void): () => void {
    this.#start();
    return this.#cell.subscribe(listener);
  }

  changed(): void {
    this.#records.changed();
  }

  close(): void {
    for (const end of this.#ends) end();
  }

  #start(): void {
    if (this.#started) return;
    this.#started = true;
    this.#ends.push(
      this.#records.subscribe(() => this.#make()),
      this.#presence.subscribe(() => this.#make()),
    );
  }

  /** Keeps the objects of members who are as they were. */
  #make(): void {
    const before = new Map(this.#cell.get().map((member) => [member.user, member]));
    const presence = this.#presence.get();
    const members = this.#records.get().flatMap((record): Member[] => {
      if (!record.known) return [];
      const fresh = memberOf(record, presence.get(record.user));
      const known = before.get(record.user);
      return [known !== undefined && same(known, fresh) ? known : fresh];
    });
    const old = this.#cell.get();
    if (old.length !== members.length || members.some((member, index) => member !== old[index]))
      this.#cell.set(members);
  }
}

/** A member as views show them. */
export const memberOf = (
  { user, name, role, standing, turns, read }: MemberRecord,
  presence: Presence | undefined,
): Member => ({
  user,
  name,
  role,
  standing,
  status: presence?.status ?? "offline",
  ...(presence?.lastSeenMs !== undefined && { lastSeenMs: presence.lastSeenMs }),
  lifted: liftedBans(turns ?? []),
  ...(read && { read }),
});

const same = (a: Member, b: Member): boolean =>
  a.name === b.name &&
  a.role === b.role &&
  a.standing === b.standing &&
  a.status === b.status &&
  a.lastSeenMs === b.lastSeenMs &&
  a.lifted.join() === b.lifted.join() &&
  a.read?.[0][0] === b.read?.[0][0] &&
  a.read?.[0][1] === b.read?.[0][1];
