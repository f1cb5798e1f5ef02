/** Error codes and who must act. docs/PROTOCOL.md, "Errors". */

/** `retry` later; `fix` the request; `reconnect` with a new token or connection; only the `operator` can help. */
export type Advice = "retry" | "fix" | "reconnect" | "operator";

/** The advice of each code this version knows. A frame carries its own: trust that one over this. */
export const ADVICE: Readonly<Record<string, Advice>> = {
  malformed: "fix",
  unsupported: "fix",
  too_large: "fix",
  not_ready: "fix",
  unauthorized: "fix",
  token_expired: "reconnect",
  token_revoked: "operator",
  name_taken: "fix",
  guests_refused: "operator",
  forbidden: "fix",
  room_not_found: "fix",
  room_unavailable: "retry",
  user_not_found: "fix",
  invite_invalid: "fix",
  gap: "fix",
  dot_conflict: "fix",
  foreign_replica: "fix",
  clock_skew: "fix",
  rate_limited: "retry",
  overloaded: "retry",
  read_only: "operator",
  not_a_member: "fix",
  restarted: "retry",
  call_not_found: "fix",
  call_full: "retry",
  offer_refused: "fix",
  calls_unavailable: "operator",
};

/** The advice for a code without a frame; `fix` for unknown ones, so that nothing is sent over and over. */
export const adviceFor = (code: string): Advice => (Object.hasOwn(ADVICE, code) ? ADVICE[code] : undefined) ?? "fix";
