/** Puts the parts together: the local op log, what is shown of it, the connection, the tabs, the calls. */

import type { Client, ClientOptions, Credentials, SearchQuery } from "./api.js";
import { openCalls, type OpenCalls } from "./calls/calls.js";
import type { CallSignalling } from "./calls/signalling.js";
import type { Account, Found, RoomSummary } from "./model.js";
import { tellAll } from "./listeners.js";
import type { ServerCallFrame } from "./protocol/call-frames.js";
import type { ClientRequest } from "./protocol/client-frames.js";
import type { RoomInfo } from "./protocol/server-frames.js";
import { wellFormed } from "./protocol/text.js";
import type { InviteId, RoomId, UserId } from "./protocol/values.js";
import { OpenRoom } from "./room-handle.js";
import { Cell } from "./slice.js";
import { openStore, type Store } from "./store/open-store.js";
import { Board } from "./sync/board.js";
import type { Run } from "./sync/command.js";
import { Engine } from "./sync/engine.js";
import { Tabs } from "./tabs/tabs.js";
import { openViews, type Moment, type Views } from "./views/views.js";

const DATABASE = "greenroom";

/**
 * Opens the account of this device: reads what is stored, and connects when somebody is signed in. Resolves without
 * waiting for the server.
 *
 * ```ts
 * const client = await openClient({ url: location.origin });
 * if (client.account.get() === undefined) await client.signIn({ kind: "guest", name: "Ann" });
 * const room = client.room(await client.createRoom({ name: "deck", visibility: "public" }));
 * await room.post("Hello **all**");
 * ```
 *
 * @throws TypeError when the address is none, or the runtime has no `WebSocket` and none was given.
 */
export const openClient = async (options: ClientOptions): Promise<Client> => {
  const { WebSocket: own }: { WebSocket?: typeof WebSocket } = globalThis;
  const webSocket = options.webSocket ?? own;
  if (webSocket === undefined) throw new TypeError("this runtime has no WebSocket: give one as `webSocket`");
  const url = new URL(options.url).href;
  const database = options.database ?? DATABASE;
  const store = await openStore({ database, storage: options.storage ?? "disk" });
  const client = new OpenedClient(store, { url, webSocket, database, client: options.client ?? "greenroom-web" });
  await client.start();
  return client;
};

interface Settings {
  readonly url: string;
  readonly webSocket: typeof WebSocket;
  readonly database: string;
  readonly client: string;
}

class OpenedClient implements Client {
  readonly clockSkewMs;
  readonly connection;
  readonly syncReport;
  readonly persistence;
  readonly calls: OpenCalls;
  readonly #settings: Settings;
  readonly #store: Store;
  readonly #views: Views;
  readonly #board = new Board();
  readonly #online = new Cell(false);
  readonly #rooms = new Map<RoomId, OpenRoom>();
  readonly #messageListeners = new Set<(found: Found, how: "live" | "missed") => void>();
  readonly #callListeners = new Set<Parameters<CallSignalling["onFrame"]>[0]>();
  readonly #endings: (() => void)[] = [];
  #tabs: Tabs;
  #presence: "online" | "away" = "online";

  constructor(store: Store, settings: Settings) {
    this.#store = store;
    this.#settings = settings;
    this.clockSkewMs = this.#board.skew;
    this.connection = this.#board.connection;
    this.syncReport = this.#board.report;
    this.persistence = store.persistence;
    this.#tabs = this.#newTabs();
    this.#views = openViews(store, this.#moment());
    const { running } = this.#board;
    this.calls = openCalls(this.#signalling(), { running, account: settings.database });
    this.#endings.push(
      this.#board.connection.subscribe(() => this.#online.set(this.connection.get().phase === "online")),
    );
  }

  /** Joins the other tabs, or connects by itself. */
  async start(): Promise<void> {
    this.#tabs.start();
    this.#endings.push(this.#store.persistence.subscribe(() => this.#persistenceChanged()));
    if (typeof window !== "undefined") {
      const ending = new AbortController();
      window.addEventListener("pagehide", () => this.#hidden(), { signal: ending.signal });
      this.#endings.push(() => ending.abort());
    }
    await this.#known();
  }

  get account() {
    return this.#views.account;
  }

  get rooms() {
    return this.#views.rooms;
  }

  get outbox() {
    return this.#views.outbox;
  }

  async signIn(credentials: Credentials): Promise<Account> {
    const tidy =
      credentials.kind === "guest" ? { ...credentials, name: wellFormed(credentials.name.trim()) } : credentials;
    const account = await this.#run({ do: "sign-in", credentials: tidy });
    void this.#store.persist();
    await this.#known();
    return account;
  }

  async signOut(): Promise<void> {
    await this.calls.current
      .get()
      ?.leave()
      .catch(() => undefined);
    await this.#run({ do: "sign-out" });
  }

  reconnect(): void {
    this.#quietly({ do: "reconnect" });
  }

  dismissSyncReport(): void {
    this.#quietly({ do: "dismiss-report" });
  }

  setPresence(status: "online" | "away"): void {
    this.#presence = status;
    this.#quietly({ do: "presence", tab: this.#tabs.id, status });
  }

  room(room: RoomId): OpenRoom {
    let open = this.#rooms.get(room);
    if (open === undefined) {
      open = new OpenRoom(room, { store: this.#store, views: this.#views, board: this.#board, run: this.#run });
      this.#rooms.set(room, open);
    }
    return open;
  }

  createRoom(options: Parameters<Client["createRoom"]>[0]): Promise<RoomId> {
    const { name, visibility, retentionDays } = options;
    return this.#enter({
      t: "room.create",
      name: wellFormed(name),
      visibility,
      ...(retentionDays === undefined ? {} : { retention_days: retentionDays }),
    });
  }

  openDirect(user: UserId): Promise<RoomId> {
    return this.#enter({ t: "room.direct", user });
  }

  async browse(after?: RoomId) {
    const request = { t: "room.list", public: true, ...(after === undefined ? {} : { after }) } as const;
    const answer = await this.#run({ do: "request", request });
    return { rooms: answer.rooms.map(summaryOf), more: answer.more ?? false };
  }

  async join(room: RoomId): Promise<void> {
    await this.#enter({ t: "join", room });
  }

  async acceptInvite(room: RoomId, invite: InviteId): Promise<void> {
    await this.#enter({ t: "invite.accept", room, invite });
  }

  search(query: SearchQuery, onFound: (found: readonly Found[]) => void): Promise<void> {
    return this.#store.search(query, onFound);
  }

  people() {
    return this.#views.people();
  }

  onMessage(listener: (found: Found, how: "live" | "missed") => void): () => void {
    this.#messageListeners.add(listener);
    return () => this.#messageListeners.delete(listener);
  }

  async close(): Promise<void> {
    for (const end of this.#endings) end();
    for (const room of this.#rooms.values()) room.flush();
    await this.calls.close();
    this.#tabs.close();
    this.#views.close();
    await this.#store.close();
  }

  readonly #run: Run = (command) => this.#tabs.run(command);

  #quietly(command: Parameters<Run>[0]): void {
    this.#run(command).catch(() => undefined);
  }

  async #enter(request: ClientRequest & { readonly t: "room.create" | "room.direct" | "join" | "invite.accept" }) {
    const answer = await this.#run({ do: "request", request });
    return answer.room;
  }

  #newTabs(): Tabs {
    const [store, board] = [this.#store, this.#board];
    const found = (all: readonly Found[], how: "live" | "missed") => {
      for (const one of all) tellAll(this.#messageListeners, one, how);
    };
    const callFrame = (frame: ServerCallFrame) => {
      tellAll(this.#callListeners, frame);
    };
    const tabs: Tabs = new Tabs({
      name: this.#settings.database,
      store,
      board,
      others: store.persistence.get().kind === "disk" && typeof window !== "undefined" ? "shared" : "alone",
      lead: () => {
        const { url, webSocket, client } = this.#settings;
        const engine = new Engine({
          url,
          webSocket,
          client,
          store,
          board,
          found: (all, how) => tabs.found(all, how),
          callFrame: (frame) => tabs.callFrame(frame),
          watched: () => tabs.watched,
        });
        engine.start().catch(() => undefined); // closed at once
        return engine;
      },
      found,
      callFrame,
      led: () => this.setPresence(this.#presence),
    });
    return tabs;
  }

  /** What is written in memory is this tab's alone, so it needs its own connection. */
  #persistenceChanged(): void {
    if (this.#store.persistence.get().kind !== "memory") return;
    this.#tabs.close();
    this.#tabs = this.#newTabs();
    this.#tabs.start();
  }

  #hidden(): void {
    for (const room of this.#rooms.values()) room.flush();
    this.#quietly({ do: "presence", tab: this.#tabs.id, status: "gone" });
  }

  /** Resolves when `account` says who is signed in. */
  async #known(): Promise<void> {
    const stored = await this.#store.account();
    if (stored === undefined || this.account.get() !== undefined) return;
    await new Promise<void>((resolve) => {
      const deaf = this.account.subscribe(() => {
        if (this.account.get() === undefined) return;
        deaf();
        resolve();
      });
    });
  }

  #moment(): Moment {
    const board = this.#board;
    return {
      presence: (room) => board.presence(room),
      running: board.running,
      fetchOlder: (room, before, limit) => this.#run({ do: "history", room, before, limit }).catch(() => false),
    };
  }

  #signalling(): CallSignalling {
    return {
      request: (request) => this.#run({ do: "request", request }),
      onFrame: (listener) => {
        this.#callListeners.add(listener);
        return () => this.#callListeners.delete(listener);
      },
      online: this.#online,
    };
  }
}

/** A room one may not be in yet, as lists show it. */
const summaryOf = (info: RoomInfo): RoomSummary => ({
  room: info.room,
  name: info.name,
  visibility: info.visibility,
  topic: info.topic ?? "",
  ...(info.role === undefined ? {} : { role: info.role }),
  members: info.members,
  ...(info.retention_days === undefined ? {} : { retentionDays: info.retention_days }),
  unread: info.unread,
  mentioned: 0,
  draft: false,
  waiting: 0,
  failed: 0,
});
