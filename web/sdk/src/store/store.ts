/** The local op log as views and the client see it: {@link LocalStore}, and what is read of it. */

import type { DotKey } from "../protocol/values.js";
import type { Commit } from "./context.js";
import type { LocalStore } from "./local-store.js";
import type { Pending } from "./pending.js";
import type { Reads } from "./reads.js";

/** Told of each commit, by this tab or another. */
export type CommitListener = (commit: Commit, from: "here" | "elsewhere") => void;

/** The local op log, with what views read of it. */
export interface Store extends LocalStore {
  /** Asks the browser to keep the database when space runs short; `false` when it does not promise to. */
  persist(): Promise<boolean>;
  readonly reads: Reads;
  /** What was written here and is not committed yet. */
  readonly pending: Pending;
  /** Whether an unacked op is on its way. */
  readonly isSent: (dot: DotKey) => boolean;
  onCommit(listener: CommitListener): () => void;
}
