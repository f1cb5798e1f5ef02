/** Holds the connection for all tabs: logs in, follows rooms, sends the outbox, and brings everything into the store. */

import type { Credentials } from "../api.js";
import { listenForHints } from "../connection/hints.js";
import { Link, type LinkOptions } from "../connection/link.js";
import type { Identity, Input } from "../connection/signals.js";
import { offline, refuse } from "../connection/refusal.js";
import type { Account, ConnectionState, Found } from "../model.js";
import type { ServerCallFrame } from "../protocol/call-frames.js";
import type { PlaceInRoom } from "../protocol/client-frames.js";
import { afterClose } from "../protocol/close.js";
import { ROOMS_FOLLOWED_MAX } from "../protocol/limits.js";
import type { ServerFrame, Welcome } from "../protocol/server-frames.js";
import type { LocalStore } from "../store/local-store.js";
import type { Board } from "./board.js";
import { mayRepeat, type Command, type Run } from "./command.js";
import { placeOf } from "./following.js";
import { Intake, type How } from "./intake.js";
import { Login } from "./login.js";
import { OwnMarkers } from "./markers.js";
import { MomentKeeper } from "./moment.js";
import { OutboxSender } from "./outbox-sender.js";
import { askPatiently, type Ask } from "./patience.js";
import { Session, type SessionParts } from "./session.js";

/** How often what a tab left that died, without a word of it, is looked for. */
const SWEEP_MS = 30_000;
/** As if the server had closed with a fault: connect again, with back-off. */
const INTERNAL_FAULT = 1011;

/** What an engine needs. */
export interface EngineOptions extends Pick<LinkOptions, "url" | "webSocket" | "client"> {
  readonly store: LocalStore;
  readonly board: Board;
  /** New posts of others; `missed`: while there was no connection. */
  readonly found: (found: readonly Found[], how: "live" | "missed") => void;
  /** Frames of calls that answer nothing. */
  readonly callFrame: (frame: ServerCallFrame) => void;
  /** Whether any tab is looked at. */
  readonly watched: () => boolean;
}

/** The engine of the tab that leads. */
export class Engine {
  readonly #options: EngineOptions;
  readonly #store: LocalStore;
  readonly #board: Board;
  readonly #login: Login;
  readonly #link: Link;
  readonly #intake: Intake;
  readonly #sender: OutboxSender;
  readonly #moment: MomentKeeper;
  readonly #markers: OwnMarkers;
  readonly #deaf: (() => void)[] = [];
  #session: Session | undefined;
  #lostMs: number | undefined;
  /** Welcomes that are being written down. */
  #welcoming = 0;
  #closed = false;

  constructor(options: EngineOptions) {
    const { store, board } = options;
    this.#options = options;
    this.#store = store;
    this.#board = board;
    this.#login = new Login(store);
    this.#link = new Link(
      {
        url: options.url,
        webSocket: options.webSocket,
        client: options.client,
        prove: (nonce, node, name) => this.#login.prove(nonce, node, name),
        places: () => this.#places(),
      },
      {
        shown: (state) => this.#shown(state),
        welcomed: (welcome, places) => this.#background(this.#welcomed(welcome, places)),
        token: (token) => this.#background(this.#login.token(token)),
        frame: (frame) => this.#session?.frame(frame),
        lost: (code, sinceMs) => this.#lost(code, sinceMs),
      },
    );
    this.#intake = new Intake({
      store,
      found: (found, how) => this.#found(found, how),
      failed: () => this.#link.tell({ is: "closed", code: INTERNAL_FAULT }),
      overflowed: () => this.#startOver(),
    });
    this.#sender = new OutboxSender({
      store,
      post: (room, ops) => this.#link.request({ t: "post", room, ops }),
      settled: (room) => this.#intake.settled(room),
      rested: () => void this.#session?.finish(),
    });
    this.#moment = new MomentKeeper(board, (notice) => this.#link.send(notice));
    this.#markers = new OwnMarkers((notice) => this.#link.send(notice));
  }

  /** Connects, when somebody is signed in. */
  async start(): Promise<void> {
    this.#deaf.push(listenForHints((hint) => this.hint(hint)));
    this.#deaf.push(
      this.#store.onChange((changes, from) => {
        // Also here: a sign-in during which the store moved to memory ends with the engine that began it.
        const news = from === "elsewhere" || this.#login.account === undefined;
        if (news && changes.some(({ part }) => part === "account")) this.#background(this.#accountChanged());
        for (const { part, room } of changes) if (part === "outbox" && room !== undefined) this.#sender.wrote(room);
      }),
    );
    const sweeping = setInterval(() => void this.#sweep(), SWEEP_MS);
    this.#deaf.push(() => clearInterval(sweeping));
    const identity = await this.#login.read();
    if (this.#closed) return;
    if (identity === undefined) this.#shown({ phase: "signed-out" });
    else this.#link.tell({ is: "start", identity });
  }

  /** Something was heard of the network, or of time in a tab whose timers run. */
  hint(hint: Input): void {
    if (!this.#closed) this.#link.tell(hint);
  }

  /** Fulfils a command. */
  readonly run: Run = (command) =>
    // Each branch gives what `Fulfilled` says of its command.
    this.#run(command) as ReturnType<Run> as never;

  /** Ends the connection; what is written stays. */
  close(): void {
    this.#closed = true;
    this.#link.tell({ is: "stop" });
    this.#intake.close();
    if (this.#welcoming === 0) this.#login.fail(offline());
    for (const end of this.#deaf) end();
  }

  async #run(command: Command): Promise<unknown> {
    switch (command.do) {
      case "request":
        return this.#request(command);
      case "sign-in":
        return this.#signIn(command.credentials);
      case "sign-out":
        return this.#signOut();
      case "reconnect":
        return this.#link.tell({ is: "retry" });
      case "dismiss-report":
        return this.#board.post({ about: "report", value: undefined });
      case "presence":
        return this.#moment.presence(command.tab, command.status);
      case "typing":
        return this.#moment.typing(command.room, command.on);
      case "read": {
        const { room, stamp, dot } = command;
        const user = this.#login.account?.user;
        if (this.#markers.read(room, [stamp, dot]) && user !== undefined)
          await this.#store.setRead(room, user, stamp, dot);
        return undefined;
      }
      case "history":
        return (await this.#session?.history.page(command.room, command.before, command.limit)) !== undefined;
      case "follow":
        return this.#session?.following.want(command.room);
      case "members":
        return this.#session?.members.want(command.room);
      case "resend":
        return this.#sender.resume(command.room);
    }
  }

  async #request(command: Command & { readonly do: "request" }): Promise<ServerFrame> {
    const { request } = command;
    const ask: Ask = (what) => this.#link.request(what);
    const wanted = () => this.#session !== undefined;
    const answer = mayRepeat(command) ? await askPatiently(ask, request, wanted) : await ask(request);
    if (request.t === "leave") this.#session?.following.left(request.room);
    // Who asked for a room finds it in the store.
    if (answer.t === "room") await this.#intake.settled(answer.room);
    return answer;
  }

  #signIn(credentials: Credentials): Promise<Account> {
    return new Promise((resolve, reject) => {
      this.#login.begin(credentials, resolve, reject);
      const { identity } = this.#login;
      if (identity === undefined) this.#login.fail(refuse("unauthorized", "There is no token."));
      else this.#link.tell({ is: "start", identity });
    });
  }

  async #signOut(): Promise<void> {
    this.#link.tell({ is: "stop" });
    this.#login.forget();
    this.#markers.forget();
    await this.#intake.settled();
    await this.#store.erase();
    this.#board.post({ about: "report", value: undefined });
    this.#lostMs = undefined;
  }

  async #sweep(): Promise<void> {
    try {
      await this.#store.writeLeftNotes();
      await this.#sender.sweep();
    } catch {
      // A store that is closed meanwhile has nothing to look for.
    }
  }

  /** Without locks every tab has an engine: another one signed in or out. */
  async #accountChanged(): Promise<void> {
    const before = this.#login.account?.user;
    const identity = await this.#login.read();
    if (this.#closed || this.#login.pending || before === this.#login.account?.user) return;
    this.#markers.forget();
    this.#lostMs = undefined;
    this.#connectAs(identity);
  }

  /** Begins anew, when the store could not keep up: from where it will stand then. */
  #startOver(): void {
    const { identity } = this.#login;
    if (identity !== undefined) this.#link.tell({ is: "start", identity });
  }

  async #places(): Promise<readonly PlaceInRoom[]> {
    if (this.#login.account === undefined) return [];
    await this.#intake.settled();
    // Without them the list of rooms says what to follow.
    const places = await this.#store.places().catch(() => []);
    return places.slice(0, ROOMS_FOLLOWED_MAX).map(({ room, cursor }) => placeOf(room, cursor));
  }

  #shown(state: ConnectionState): void {
    if (this.#closed) return;
    const failed = this.#login.shown(state);
    if (!failed) {
      this.#board.post({ about: "connection", value: state });
      return;
    }
    // Back to who was signed in before, if anybody was.
    this.#connectAs(this.#login.identity);
  }

  /** Work of a login. The store rejects on bugs only, and when it is closed: begin anew, after a while. */
  #background(work: Promise<unknown>): void {
    work.catch((error: unknown) => {
      if (this.#closed) return;
      console.error("greenroom: the store rejected", error);
      this.#link.tell({ is: "closed", code: INTERNAL_FAULT });
    });
  }

  #connectAs(identity: Identity | undefined): void {
    this.#link.tell(identity === undefined ? { is: "stop" } : { is: "start", identity });
  }

  async #welcomed(welcome: Welcome, places: readonly PlaceInRoom[]): Promise<void> {
    const skewMs = welcome.now_ms - Date.now();
    this.#board.post({ about: "skew", value: skewMs });
    const session = new Session(this.#parts(), places, this.#awayMs());
    // The rooms of `hello` follow at once: their frames must find the session.
    this.#session = session;
    if (!(await this.#admitted(welcome, session, skewMs))) return;
    this.#moment.begin(welcome.user);
    this.#markers.begin();
    this.#background(this.#sender.begin());
    void session.following.list();
  }

  /** Writes down who was let in; `false`: this session is over, or for somebody else. */
  async #admitted(welcome: Welcome, session: Session, skewMs: number): Promise<boolean> {
    this.#welcoming += 1;
    try {
      await this.#store.setClockSkew(skewMs);
      // Else this welcome would be taken for that of credentials given meanwhile. An engine that is closed because the
      // store moved to memory just now gets none, and ends what it began: the next one finds the account.
      if (this.#session !== session && !this.#closed) return false;
      const isTheirs = await this.#login.welcomed(welcome);
      if (!isTheirs && !this.#closed) this.#connectAs(this.#login.identity);
      return isTheirs && this.#session === session;
    } finally {
      this.#welcoming -= 1;
      if (this.#closed) this.#login.fail(offline());
    }
  }

  #parts(): SessionParts {
    const { store, board, callFrame, watched } = this.#options;
    return {
      store,
      board,
      callFrame,
      watched,
      intake: this.#intake,
      sender: this.#sender,
      moment: this.#moment,
      markers: this.#markers,
      ask: (request) => this.#link.request(request),
    };
  }

  #awayMs(): number | undefined {
    return this.#lostMs === undefined ? undefined : performance.now() - this.#lostMs;
  }

  #lost(code: number, sinceMs: number): void {
    const session = this.#session;
    this.#session = undefined;
    session?.end();
    // An absence that was interrupted before everything was current goes on.
    if (session?.isCurrent !== false || this.#lostMs === undefined) this.#lostMs = sinceMs;
    this.#sender.end(afterClose(code).next === "split");
    this.#moment.end();
    this.#markers.end();
  }

  #found(found: readonly Found[], how: How): void {
    this.#session?.found(found, how);
    if (how === "live" || how === "resumed") this.#options.found(found, how === "live" ? "live" : "missed");
  }
}
