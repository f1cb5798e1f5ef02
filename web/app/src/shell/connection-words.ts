import type { ConnectionState } from "@greenroom/client";
import { SKEW_MS_MAX } from "../state/now";

type Refusal = Extract<ConnectionState, { phase: "refused" }>["reason"];
type Wait = Extract<ConnectionState, { phase: "waiting" }>["reason"];

/** What the banner says of the connection, as keys of texts. */
export type Said =
  | { readonly is: "nothing" }
  /** Passes by itself. */
  | { readonly is: "busy"; readonly key: "connecting" | "reconnecting" | "syncing" }
  | { readonly is: "waiting"; readonly key: Wait; readonly retryAtMs: number }
  /** Somebody must act. */
  | { readonly is: "stuck"; readonly key: Refusal; readonly message: string; readonly act: "reload" | "sign-in" };

/** Short spells are not worth a word: a banner that blinks is worse than none. */
export const PATIENCE_MS = 1_000;

/** What there is to say; `lasted` is how long the state has, milliseconds. */
export function sayOf(state: ConnectionState, lastedMs: number): Said {
  switch (state.phase) {
    case "signed-out":
      return { is: "nothing" };
    case "connecting":
      if (lastedMs < PATIENCE_MS) return { is: "nothing" };
      return { is: "busy", key: state.attempt > 1 ? "reconnecting" : "connecting" };
    case "online":
      return state.syncing && lastedMs >= PATIENCE_MS ? { is: "busy", key: "syncing" } : { is: "nothing" };
    case "waiting":
      return { is: "waiting", key: state.reason, retryAtMs: state.retryAtMs };
    case "refused": {
      const act = state.reason === "incompatible" || state.reason === "other" ? "reload" : "sign-in";
      return { is: "stuck", key: state.reason, message: state.message, act };
    }
  }
}

/** Which way a device's clock is off, and how far. */
export function clockFault(skewMs: number): { readonly is: "ahead" | "behind"; readonly byMs: number } | undefined {
  if (Math.abs(skewMs) < SKEW_MS_MAX) return undefined;
  return { is: skewMs > 0 ? "behind" : "ahead", byMs: Math.abs(skewMs) };
}
