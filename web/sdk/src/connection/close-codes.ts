/** What to do after the server closed: docs/PROTOCOL.md, "Close codes". */

/** Who must act after a close, and when to come back. */
export type AfterClose =
  /** With back-off. */
  | "back-off"
  | "at-once"
  /** After a random part of what `drain` said. */
  | "drained"
  /** After 30 s or more. */
  | "much-later"
  /** With back-off, but only once. */
  | "once"
  /** The login was refused; the error before says why. */
  | "login-refused"
  /** With a new token. */
  | "new-token"
  | "revoked"
  /** Not again: one side does not understand the other. */
  | "incompatible"
  /** Not again by itself. */
  | "ended";

/** The close code of a message that was too large: what was being sent must be split. */
export const MESSAGE_TOO_BIG = 1009;
/** What a socket says that ended without a close. */
export const ABNORMAL = 1006;

/** The rule for a code; an unknown one counts as 1011. */
export const afterClose = (code: number): AfterClose => {
  switch (code) {
    case 1000:
      return "ended";
    case 1001:
      return "drained";
    case 1002:
      return "once";
    case 1003:
    case 1007:
      return "incompatible";
    case 1008:
      return "much-later";
    case 4001:
      return "login-refused";
    case 4002:
      return "new-token";
    case 4003:
      return "revoked";
    case 4004:
    case 4005:
      return "at-once";
    default:
      return "back-off";
  }
};
