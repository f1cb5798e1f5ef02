/** The fold of one message: what its post and the ops about it come to. docs/DIGEST.md, "From ops to state", 6. */

import { readBody, type Content, type WireOp } from "../protocol/op.js";
import type { Dot, Hlc, Stamp, UserId } from "../protocol/values.js";
import { effective } from "./hlc.js";
import { compareDot, compareHlc, compareText } from "./order.js";

/**
 * An op with its author, and with its stamp once a server accepted it. One's own unacked ops have none and count as
 * last; give them their author, which the wire may leave out.
 */
export interface Placed {
  readonly op: WireOp;
  readonly stamp?: Stamp | undefined;
}

/** What a message says now. `edit` is the winning edit. */
export type MessageBody =
  | { readonly state: "present"; readonly edit: WonBy | undefined; readonly content: Content; readonly from: WireOp }
  | { readonly state: "purged"; readonly edit: WonBy | undefined }
  | { readonly state: "deleted" };

/** The edit whose content counts. */
export interface WonBy {
  readonly dot: Dot;
  readonly hlc: Hlc;
}

/** A message as it stands. */
export interface MessageState {
  readonly dot: Dot;
  readonly stamp: Stamp | undefined;
  /** When its author wrote it, by the author's clock. */
  readonly hlc: Hlc;
  readonly author: UserId | undefined;
  readonly thread: Dot | undefined;
  readonly body: MessageBody;
  readonly pinned: boolean;
  /** Those that are set: in the order of the emojis' bytes, users in the order of theirs. */
  readonly reactions: readonly { readonly emoji: string; readonly users: readonly UserId[] }[];
}

/**
 * What a message comes to, from its post and whatever is about it ({@link targetOf}), in any order. Give one
 * op per dot: of several, the one that `goesBefore` the others.
 *
 * @param purgedUpTo the greatest `up_to` of the room's purges.
 * @returns `undefined` when `post` is no post.
 */
export const foldMessage = (
  post: Placed,
  about: Iterable<Placed>,
  purgedUpTo: Stamp | undefined,
): MessageState | undefined => {
  const body = readBody(post.op);
  if (body.kind !== "post") return undefined;
  const fold = new Fold(post, body.content);
  for (const placed of about) fold.take(placed);
  return {
    dot: post.op.dot,
    stamp: post.stamp,
    hlc: post.op.hlc,
    author: post.op.author,
    thread: body.thread,
    ...fold.finish(purgedUpTo),
  };
};

/** When an op was written, as far as its clock counts: the order of "last written". */
export const compareWritten = (a: Placed, b: Placed): number =>
  compareHlc(effectiveHlc(a), effectiveHlc(b)) || compareDot(a.op.dot, b.op.dot);

/** Whether a purge took the content of what has this stamp. Own ops that were not accepted yet are later than any purge. */
export const contentGone = (stamp: Stamp | undefined, purgedUpTo: Stamp | undefined): boolean =>
  stamp !== undefined && purgedUpTo !== undefined && compareHlc(stamp, purgedUpTo) <= 0;

const effectiveHlc = ({ op, stamp }: Placed): Hlc => (stamp === undefined ? op.hlc : effective(op.hlc, stamp));

/** An op that sets or clears something. */
interface Flag {
  readonly by: Placed;
  readonly on: boolean;
}

class Fold {
  readonly #post: Placed;
  readonly #posted: Content | undefined;
  #deleted = false;
  #edit: { readonly by: Placed; readonly content: Content | undefined } | undefined;
  #pin: Flag | undefined;
  readonly #reactions = new Map<string, Map<UserId, Flag>>();

  constructor(post: Placed, posted: Content | undefined) {
    this.#post = post;
    this.#posted = posted;
  }

  take(by: Placed): void {
    const body = readBody(by.op);
    switch (body.kind) {
      case "delete":
        this.#deleted = true;
        break;
      case "edit":
        if (by.op.author !== this.#post.op.author) break;
        if (this.#edit === undefined || compareWritten(by, this.#edit.by) > 0) {
          this.#edit = { by, content: body.content };
        }
        break;
      case "pin":
        this.#pin = lastOf(this.#pin, { by, on: body.on });
        break;
      case "reaction":
        if (by.op.author !== undefined) this.#react(body.emoji, by.op.author, { by, on: body.on });
        break;
      case "post":
      case "topic":
      case "member":
      case "room":
      case "purge":
      case "void":
      case "other":
        break;
    }
  }

  finish(purgedUpTo: Stamp | undefined): Pick<MessageState, "body" | "pinned" | "reactions"> {
    if (this.#deleted) return { body: { state: "deleted" }, pinned: false, reactions: [] };
    return { body: this.#body(purgedUpTo), pinned: this.#pin?.on ?? false, reactions: this.#set() };
  }

  #react(emoji: string, user: UserId, flag: Flag): void {
    let users = this.#reactions.get(emoji);
    if (users === undefined) this.#reactions.set(emoji, (users = new Map<UserId, Flag>()));
    users.set(user, lastOf(users.get(user), flag));
  }

  #body(purgedUpTo: Stamp | undefined): MessageBody {
    const edit = this.#edit && { dot: this.#edit.by.op.dot, hlc: this.#edit.by.op.hlc };
    const { by, content } = this.#edit ?? { by: this.#post, content: this.#posted };
    if (content === undefined || contentGone(by.stamp, purgedUpTo)) return { state: "purged", edit };
    return { state: "present", edit, content, from: by.op };
  }

  #set(): MessageState["reactions"] {
    const set = [...this.#reactions].map(([emoji, flags]) => ({
      emoji,
      users: [...flags]
        .filter(([, { on }]) => on)
        .map(([user]) => user)
        .sort(compareText),
    }));
    return set.filter(({ users }) => users.length > 0).sort((a, b) => compareText(a.emoji, b.emoji));
  }
}

const lastOf = (known: Flag | undefined, flag: Flag): Flag =>
  known === undefined || compareWritten(flag.by, known.by) > 0 ? flag : known;
