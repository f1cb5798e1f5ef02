/** What a rejected request says. */

/** What a rejection says, if it is a `Refusal`. */
export function refusalOf(error: unknown): { readonly code: string; readonly retryAfterMs?: number } {
  const { code, retryAfterMs } = error as { code?: unknown; retryAfterMs?: unknown };
  return {
    code: typeof code === "string" ? code : "failed",
    ...(typeof retryAfterMs === "number" && { retryAfterMs }),
  };
}

/** Whether a refusal is mended by coming back or joining anew, which is under way. */
export const isLater = (error: unknown): boolean =>
  ["offline", "timeout", "call_not_found"].includes(refusalOf(error).code);
