/** The shell around {@link ConnectionMachine}: a WebSocket, timers, and who waits for answers. */

import type { ConnectionState } from "../model.js";
import type { AnswerTo, ClientNotice, ClientRequest, Hello, PlaceInRoom } from "../protocol/client-frames.js";
import type { ServerFrame, Welcome } from "../protocol/server-frames.js";
import { MESSAGE_BYTES_MAX } from "../protocol/limits.js";
import { parseServerFrame } from "../protocol/parse.js";
import { MalformedFrame } from "../protocol/shape.js";
import { utf8Length } from "../protocol/text.js";
import { HEARTBEAT_MS } from "./heartbeat.js";
import { ConnectionMachine, PROBE_MS_MAX } from "./machine.js";
import type { Effect, Identity, Input } from "./signals.js";
import { offline, refuse } from "./refusal.js";
import { Requests } from "./requests.js";
import { probeVersion } from "./version.js";

/** The one subprotocol this client speaks: docs/PROTOCOL.md, "Connecting". */
const SUBPROTOCOL = "greenroom.v1.json";
/** What a server that sends malformed frames is taken to have closed with. */
const PROTOCOL_ERROR = 1002;
/** The longest single timer; browsers end longer than 2^31 ms at once. */
const TIMER_MS_MAX = 3_600_000;

/** What a link needs. */
export interface LinkOptions {
  /** `http(s)://host:port`. */
  readonly url: string;
  readonly webSocket: typeof WebSocket;
  readonly client: string;
  /** A guest's proof of the key: 128 hexadecimal digits. */
  readonly prove: (nonce: string, node: string, name: string) => Promise<string> | string;
  /** Where to go on, asked anew for every login. */
  readonly places: () => Promise<readonly PlaceInRoom[]>;
}

/** Who is told of a link. */
export interface LinkListener {
  shown(state: ConnectionState): void;
  welcomed(welcome: Welcome, places: readonly PlaceInRoom[]): void;
  token(token: string | undefined): void;
  /** Every frame in the order in which they came, answers before {@link Link.request} resolves to them. */
  frame(frame: ServerFrame): void;
  /** The login is over, with this close code; the server was heard until `sinceMs` of `performance.now()`. */
  lost(code: number, sinceMs: number): void;
}

/** The connection of one account. */
export class Link {
  readonly #options: LinkOptions;
  readonly #listener: LinkListener;
  readonly #machine = new ConnectionMachine(Math.random);
  readonly #requests = new Requests();
  #socket: WebSocket | undefined;
  #places: readonly PlaceInRoom[] = [];
  #online = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: LinkOptions, listener: LinkListener) {
    this.#options = options;
    this.#listener = listener;
  }

  /** Tells the machine: `start`, `stop`, and the hints `retry`, `network`, `woke`, `time`. */
  tell(input: Input): void {
    for (const effect of this.#machine.handle(performance.now(), input)) this.#run(effect);
    this.#requests.time(performance.now());
    this.#arm();
  }

  /** Sends a request. Rejects with a `RefusedRequest`; `offline` when there is no login, or it ended before the answer. */
  request<R extends ClientRequest>(request: R): Promise<AnswerTo<R>> {
    return new Promise((resolve, reject) => {
      if (!this.#online) {
        reject(offline());
        return;
      }
      const id = this.#requests.add(performance.now(), {
        // The server answers with the frame that belongs to the request, or breaks the protocol.
        answered: (frame) => {
          resolve(frame as AnswerTo<R>);
        },
        refused: reject,
      });
      if (id === undefined) return;
      const text = JSON.stringify({ ...request, id });
      if (utf8Length(text) > MESSAGE_BYTES_MAX) {
        this.#requests.answer({ t: "error", id, ...refuse("too_large", "The request is too large.").data });
        return;
      }
      this.#socket?.send(text);
      this.tell({ is: "asked" });
    });
  }

  /** Sends what is not answered; without a login it is dropped. */
  send(notice: ClientNotice): void {
    if (this.#online) this.#socket?.send(JSON.stringify(notice));
  }

  #run(effect: Effect): void {
    switch (effect.do) {
      case "dial":
        this.#dial();
        return;
      case "hello":
        void this.#hello(effect.identity);
        return;
      case "prove":
        void this.#prove(effect.nonce, effect.node, effect.name);
        return;
      case "send":
        this.#socket?.send(JSON.stringify(effect.frame));
        return;
      case "hang-up":
        this.#hangUp();
        return;
      case "probe":
        void this.#probe();
        return;
      case "welcomed":
        this.#online = true;
        this.#listener.welcomed(effect.welcome, this.#places);
        return;
      case "token":
        this.#listener.token(effect.token);
        return;
      case "lost":
        this.#online = false;
        this.#requests.lost();
        this.#listener.lost(effect.code, effect.sinceMs);
        return;
      case "show":
        this.#listener.shown(effect.state);
        return;
    }
  }

  #dial(): void {
    const socket = new this.#options.webSocket(socketUrl(this.#options.url), SUBPROTOCOL);
    this.#socket = socket;
    const mine = () => this.#socket === socket;
    socket.onopen = () => {
      if (mine()) this.tell({ is: "opened" });
    };
    socket.onmessage = ({ data }) => {
      if (mine()) this.#message(data);
    };
    socket.onclose = ({ code }) => {
      if (mine()) this.tell({ is: "closed", code });
    };
    // Without a listener some runtimes throw; the close that follows says all that is known.
    socket.onerror = () => undefined;
  }

  #message(data: unknown): void {
    let frame: ServerFrame | undefined;
    try {
      frame = typeof data === "string" ? parseServerFrame(data) : undefined;
    } catch (error) {
      if (!(error instanceof MalformedFrame)) throw error;
      // What it would have brought is missing now: only a new sync can tell.
      this.tell({ is: "closed", code: PROTOCOL_ERROR });
      return;
    }
    this.tell(frame === undefined ? { is: "frame" } : { is: "frame", frame });
    if (frame === undefined) return;
    this.#listener.frame(frame);
    this.#requests.answer(frame);
  }

  async #hello(identity: Identity): Promise<void> {
    const socket = this.#socket;
    const places = await this.#options.places();
    if (socket === undefined || this.#socket !== socket) return;
    this.#places = places;
    const hello: Hello = {
      t: "hello",
      heartbeat_ms: HEARTBEAT_MS,
      ...(identity.token !== undefined
        ? { token: identity.token }
        : identity.kind === "guest"
          ? { guest: { name: identity.name, key: identity.key } }
          : {}),
      ...(places.length > 0 ? { rooms: places } : {}),
      client: this.#options.client,
    };
    socket.send(JSON.stringify(hello));
  }

  async #prove(nonce: string, node: string, name: string): Promise<void> {
    const socket = this.#socket;
    const signature = await this.#options.prove(nonce, node, name);
    if (this.#socket === socket) socket?.send(JSON.stringify({ t: "prove", signature } satisfies ClientNotice));
  }

  async #probe(): Promise<void> {
    const found = await probeVersion(this.#options.url, SUBPROTOCOL, PROBE_MS_MAX);
    this.tell({ is: "version", found });
  }

  #hangUp(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    // The other side may be gone: nobody waits for its half of the close.
    socket?.close();
  }

  #arm(): void {
    clearTimeout(this.#timer);
    const wakeAtMs = Math.min(this.#machine.wakeAtMs ?? Infinity, this.#requests.wakeAtMs ?? Infinity);
    if (wakeAtMs === Infinity) return;
    const inMs = Math.min(TIMER_MS_MAX, Math.max(0, wakeAtMs - performance.now()));
    this.#timer = setTimeout(() => {
      this.tell({ is: "time" });
    }, Math.ceil(inMs));
  }
}

/** `ws(s)://host:port/ws` of the server's address. */
const socketUrl = (url: string): string => {
  const socket = new URL("/ws", url);
  socket.protocol = socket.protocol === "https:" ? "wss:" : "ws:";
  return socket.href;
};
