/** What the connection's machine is told, and what it asks for. */

import type { ConnectionState } from "../model.js";
import type { ServerFrame, Welcome } from "../protocol/server-frames.js";

/** Who logs in. `key`: a guest's public key, 64 hexadecimal digits. */
export type Identity =
  | { readonly kind: "guest"; readonly name: string; readonly key: string; readonly token?: string | undefined }
  | { readonly kind: "token"; readonly token: string };

/** What happened. */
export type Input =
  | { readonly is: "start"; readonly identity: Identity }
  | { readonly is: "stop" }
  /** The handshake succeeded. */
  | { readonly is: "opened" }
  /** A message came; without `frame` one that this version does not know. */
  | { readonly is: "frame"; readonly frame?: ServerFrame }
  | { readonly is: "closed"; readonly code: number }
  /** What `/version` says after a handshake that failed. */
  | { readonly is: "version"; readonly found: "compatible" | "incompatible" | "unreachable" }
  /** Something was sent that the server answers. */
  | { readonly is: "asked" }
  /** Somebody wants a connection now, also after a refusal. */
  | { readonly is: "retry" }
  /** The device says whether it has a network. */
  | { readonly is: "network"; readonly online: boolean }
  /** The page became visible, or the network is another one: what was known of the link may be wrong. */
  | { readonly is: "woke" }
  | { readonly is: "time" };

/** What to do. */
export type Effect =
  | { readonly do: "dial" }
  /** Say `hello`, with the rooms and their cursors. */
  | { readonly do: "hello"; readonly identity: Identity }
  /** Sign the nonce, and send `prove`. */
  | { readonly do: "prove"; readonly nonce: string; readonly node: string; readonly name: string }
  | { readonly do: "send"; readonly frame: { readonly t: "beat" } | { readonly t: "renew" } }
  /** Close the socket without waiting for the other side, and listen to it no more. */
  | { readonly do: "hang-up" }
  /** Ask `/version` whether there is a server, and which. */
  | { readonly do: "probe" }
  | { readonly do: "welcomed"; readonly welcome: Welcome }
  /** The guest's token to come back with; `undefined`: the one there was is worth nothing. */
  | { readonly do: "token"; readonly token: string | undefined }
  /** The login is over; `code` is the close code, and there was nothing since `sinceMs`. */
  | { readonly do: "lost"; readonly code: number; readonly sinceMs: number }
  | { readonly do: "show"; readonly state: ConnectionState };
