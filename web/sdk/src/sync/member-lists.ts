/** Lists of members, asked for when they are on screen: the log says who is a member, only this who is there. */

import type { MemberInfo } from "../protocol/server-frames.js";
import type { RoomId } from "../protocol/values.js";
import type { LocalStore } from "../store/local-store.js";
import type { Intake } from "./intake.js";
import type { MomentKeeper } from "./moment.js";
import { askPatiently, type Ask } from "./patience.js";

/** Pages of 200 members at most; larger rooms show who is known from what they wrote. */
const PAGES_MAX = 10;
/** A list is not asked for again before this. */
const FRESH_MS = 60_000;

/** What they need. */
export interface MemberListOptions {
  readonly store: LocalStore;
  readonly intake: Intake;
  readonly ask: Ask;
  readonly moment: MomentKeeper;
}

/** The lists of one login. */
export class MemberLists {
  readonly #options: MemberListOptions;
  readonly #askedMs = new Map<RoomId, number>();
  #ended = false;

  constructor(options: MemberListOptions) {
    this.#options = options;
  }

  end(): void {
    this.#ended = true;
  }

  /** The members of the room are looked at. */
  async want(room: RoomId): Promise<void> {
    const nowMs = performance.now();
    if (nowMs - (this.#askedMs.get(room) ?? -Infinity) < FRESH_MS) return;
    this.#askedMs.set(room, nowMs);
    const { store, intake, moment } = this.#options;
    try {
      const members = await this.#all(room);
      moment.members(room, members);
      intake.step(room, () => store.saveMembers(room, members));
    } catch {
      this.#askedMs.delete(room);
    }
  }

  async #all(room: RoomId): Promise<readonly MemberInfo[]> {
    const members: MemberInfo[] = [];
    for (let page = 0; page < PAGES_MAX; page += 1) {
      const after = members.at(-1)?.user;
      const request = { t: "members", room, ...(after === undefined ? {} : { after }) } as const;
      const answer = await askPatiently(this.#options.ask, request, () => !this.#ended);
      members.push(...answer.members);
      if (answer.more !== true) break;
    }
    return members;
  }
}
