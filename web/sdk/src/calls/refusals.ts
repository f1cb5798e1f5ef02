/** What a rejected request says of the call. */

import { asRefusal } from "../connection/refusal.js";

/** Whether a refusal is mended by coming back or joining anew, which is under way. */
export const isLater = (error: unknown): boolean =>
  ["offline", "timeout", "call_not_found"].includes(asRefusal(error).code);
