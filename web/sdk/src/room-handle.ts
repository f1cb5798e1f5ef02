/** One room, as an app and a bot use it. */

import type { Invite, Member, Version } from "./model.js";
import type { RoomHandle, Timeline } from "./api.js";
import { State } from "./crdt/state.js";
import { digest } from "./crdt/digest.js";
import { TEXT_BYTES_MAX } from "./protocol/limits.js";
import type { ClientRequest } from "./protocol/client-frames.js";
import type { InviteInfo } from "./protocol/server-frames.js";
import { utf8Length, wellFormed } from "./protocol/text.js";
import type { Dot, DotKey, InviteId, Role, RoomId, Stamp, UserId } from "./protocol/values.js";
import type { Slice } from "./slice.js";
import type { LocalStore, OpBody } from "./store/local-store.js";
import type { Board } from "./sync/board.js";
import type { Run } from "./sync/command.js";
import type { Views } from "./views/views.js";

/** A draft is kept this long after the last keystroke. */
const DRAFT_MS = 300;

/** What a room is made of. */
export interface RoomParts {
  readonly store: LocalStore;
  readonly views: Views;
  readonly board: Board;
  readonly run: Run;
}

/** A room of this device's account. */
export class OpenRoom implements RoomHandle {
  readonly id: RoomId;
  readonly members: Slice<readonly Member[]>;
  readonly #parts: RoomParts;
  #draft: { readonly text: string; readonly timer: ReturnType<typeof setTimeout> } | undefined;

  constructor(id: RoomId, parts: RoomParts) {
    this.id = id;
    this.#parts = parts;
    const members = parts.views.members(id);
    this.members = {
      get: () => members.get(),
      subscribe: (listener) => {
        // The log tells who is a member; who is there is asked for when somebody looks.
        this.#quietly({ do: "members", room: id });
        return members.subscribe(listener);
      },
    };
  }

  get summary() {
    return this.#parts.views.summary(this.id);
  }

  get online() {
    return this.#parts.board.online(this.id);
  }

  get typing() {
    return this.#parts.board.typing(this.id);
  }

  get pins() {
    return this.#parts.views.pins(this.id);
  }

  get draft() {
    return this.#parts.views.draft(this.id);
  }

  timeline(options?: { readonly at?: DotKey }): Timeline {
    this.#quietly({ do: "follow", room: this.id });
    return this.#parts.views.timeline(this.id, options);
  }

  thread(root: DotKey): Timeline {
    return this.#parts.views.thread(this.id, root);
  }

  versions(message: DotKey): Promise<readonly Version[]> {
    return this.#parts.store.versions(this.id, message);
  }

  async post(text: string, options: { readonly thread?: Dot; readonly mentions?: readonly UserId[] } = {}) {
    const { thread, mentions = [] } = options;
    const body = { kind: "post", text: checked(text), mentions, ...(thread === undefined ? {} : { thread }) } as const;
    const [op] = await this.#write([body]);
    if (op === undefined) throw new Error("the store wrote nothing");
    return op.dot;
  }

  async edit(target: Dot, text: string, mentions: readonly UserId[] = []) {
    await this.#write([{ kind: "edit", target, text: checked(text), mentions }]);
  }

  async delete(target: Dot) {
    await this.#write([{ kind: "delete", target }]);
  }

  async react(target: Dot, emoji: string, on: boolean) {
    await this.#write([{ kind: "reaction", target, emoji, on }]);
  }

  async pin(target: Dot, on: boolean) {
    await this.#write([{ kind: "pin", target, on }]);
  }

  async setTopic(text: string) {
    await this.#write([{ kind: "topic", text: fitting(text) }]);
  }

  async retry(message: DotKey) {
    await this.#parts.store.retry(this.id, message);
    this.#quietly({ do: "resend", room: this.id });
  }

  discard(message: DotKey): Promise<void> {
    return this.#parts.store.discard(this.id, message);
  }

  setDraft(text: string): void {
    clearTimeout(this.#draft?.timer);
    const timer = setTimeout(() => this.flush(), text === "" ? 0 : DRAFT_MS);
    this.#draft = { text, timer };
  }

  /** Keeps a draft that waits for the next keystroke. */
  flush(): void {
    const draft = this.#draft;
    if (draft === undefined) return;
    clearTimeout(draft.timer);
    this.#draft = undefined;
    // Of a client that is closed the store is too.
    void this.#parts.store.setDraft(this.id, wellFormed(draft.text)).catch(() => undefined);
  }

  setTyping(on: boolean): void {
    this.#quietly({ do: "typing", room: this.id, on });
  }

  markRead(stamp: Stamp, dot: Dot): void {
    this.#quietly({ do: "read", room: this.id, stamp, dot });
  }

  async update(change: Parameters<RoomHandle["update"]>[0]) {
    const { name, visibility, retentionDays } = change;
    await this.#request({
      t: "room.update",
      room: this.id,
      ...(name === undefined ? {} : { name: wellFormed(name) }),
      ...(visibility === undefined ? {} : { visibility }),
      ...(retentionDays === undefined ? {} : { retention_days: retentionDays }),
    });
  }

  async leave() {
    await this.#request({ t: "leave", room: this.id });
  }

  async setRole(user: UserId, role: Role) {
    await this.#request({ t: "member.role", room: this.id, user, role });
  }

  async kick(user: UserId, options: { readonly ban?: boolean } = {}) {
    await this.#request({ t: "member.kick", room: this.id, user, ban: options.ban ?? false });
  }

  async unban(user: UserId) {
    await this.#request({ t: "member.unban", room: this.id, user });
  }

  async createInvite(options: Parameters<RoomHandle["createInvite"]>[0]): Promise<Invite> {
    const { role, expiresS, uses } = options;
    const answer = await this.#parts.run({
      do: "request",
      request: {
        t: "invite.create",
        room: this.id,
        role,
        expires_s: expiresS,
        ...(uses === undefined ? {} : { uses }),
      },
    });
    const [made] = answer.invites;
    if (made === undefined) throw new Error("the server made no invite");
    return inviteOf(made);
  }

  async invites(): Promise<readonly Invite[]> {
    const answer = await this.#parts.run({ do: "request", request: { t: "invite.list", room: this.id } });
    return answer.invites.map(inviteOf);
  }

  async revokeInvite(invite: InviteId) {
    await this.#request({ t: "invite.revoke", room: this.id, invite });
  }

  async digest(): Promise<string | undefined> {
    const entries = await this.#parts.store.everything(this.id);
    if (entries === undefined) return undefined;
    const state = new State();
    for (const { op, stamp } of entries) state.apply(op, stamp);
    return digest(state);
  }

  #write(bodies: readonly OpBody[]) {
    return this.#parts.store.write(this.id, bodies);
  }

  async #request(request: ClientRequest) {
    await this.#parts.run({ do: "request", request });
  }

  /** For what makes up for itself: without a connection nothing is missed. */
  #quietly(command: Parameters<Run>[0]): void {
    this.#parts.run(command).catch(() => undefined);
  }
}

/** @throws RangeError when it is blank or too long. */
const checked = (text: string): string => {
  if (text.trim() === "") throw new RangeError("the text is blank");
  return fitting(text);
};

const fitting = (text: string): string => {
  const fit = wellFormed(text);
  if (utf8Length(fit) > TEXT_BYTES_MAX) throw new RangeError(`the text is longer than ${TEXT_BYTES_MAX} bytes`);
  return fit;
};

const inviteOf = ({ invite, role, expires_ms, uses, by }: InviteInfo): Invite => ({
  invite,
  role,
  expiresMs: expires_ms,
  by,
  ...(uses === undefined ? {} : { uses }),
});
