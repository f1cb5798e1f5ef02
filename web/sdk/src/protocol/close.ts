/** What to do after the socket closed: docs/PROTOCOL.md, "Close codes". */

/** When to connect again, always resuming from the cursors. */
export type AfterClose =
  /** After a random delay that doubles: 0.5 s, 1 s, 2 s … 30 s. */
  | { readonly next: "backoff" }
  | { readonly next: "at-once" }
  /** After a random part of `drain.reconnect_ms`. */
  | { readonly next: "drain" }
  /** Not before so long. */
  | { readonly next: "later"; readonly delayMsMin: number }
  /** With back-off, but a second time in a row it will not help. */
  | { readonly next: "once" }
  /** With back-off; what was sent was too big: send less in one message. */
  | { readonly next: "split" }
  /** With a new token; a guest proves its key again. */
  | { readonly next: "new-token" }
  /** Not by itself. `done`: both sides are. `client`: this client is at fault. The rest: an `error` before it may say more. */
  | { readonly next: "stop"; readonly reason: "done" | "client" | "unauthorized" | "token_revoked" };

const FLOOD_PAUSE_MS = 30_000;
const FAULT: AfterClose = { next: "backoff" };

const TABLE: ReadonlyMap<number, AfterClose> = new Map<number, AfterClose>([
  [1000, { next: "stop", reason: "done" }],
  [1001, { next: "drain" }],
  [1002, { next: "once" }],
  [1003, { next: "stop", reason: "client" }],
  [1006, FAULT],
  [1007, { next: "stop", reason: "client" }],
  [1008, { next: "later", delayMsMin: FLOOD_PAUSE_MS }],
  [1009, { next: "split" }],
  [1011, FAULT],
  [4001, { next: "stop", reason: "unauthorized" }],
  [4002, { next: "new-token" }],
  [4003, { next: "stop", reason: "token_revoked" }],
  [4004, { next: "at-once" }],
  [4005, { next: "at-once" }],
]);

/** What a close code asks for; an unknown one counts as 1011. */
export const afterClose = (code: number): AfterClose => TABLE.get(code) ?? FAULT;
