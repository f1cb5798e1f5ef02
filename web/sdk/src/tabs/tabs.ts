/**
 * The tabs of an account on a device: one of them leads, which means that it has the connection. Who leads is who holds
 * a Web Lock, so that a tab that dies is replaced at once. Without Web Locks (plain HTTP) every tab leads by itself, and
 * only tells the others what it wrote.
 */

import { asRefusal, offline } from "../connection/refusal.js";
import type { Input } from "../connection/signals.js";
import type { Found } from "../model.js";
import type { ServerCallFrame } from "../protocol/call-frames.js";
import type { LocalStore } from "../store/local-store.js";
import type { Board } from "../sync/board.js";
import type { Command, Fulfilled, Run } from "../sync/command.js";
import { CommandsWaiting } from "./commands-waiting.js";
import { open, shiftClock, TABS_VERSION, type Said } from "./messages.js";

/** A tab that is looked at lends its clock to the one that leads this often. */
const CLOCK_MS = 5_000;
/** Commands that the leader remembers, so that what comes twice is done once. */
const REMEMBERED_MAX = 4_096;

/** What leads: the engine of this tab. */
export interface Leader {
  readonly run: Run;
  hint(hint: Input): void;
  close(): void;
}

/** What tabs need. */
export interface TabsOptions {
  /** Tabs of the same name share an account. */
  readonly name: string;
  readonly store: LocalStore;
  readonly board: Board;
  /** `alone`: there are no others, as in Node or with a store in memory. */
  readonly others: "shared" | "alone";
  /** This tab leads from now on. */
  readonly lead: () => Leader;
  readonly found: (found: readonly Found[], how: "live" | "missed") => void;
  readonly callFrame: (frame: ServerCallFrame) => void;
  /** Another tab leads, or this one: it must be told what lasts only as long as a leader. */
  readonly led: () => void;
}

/** This tab among the others. */
export class Tabs {
  /** This tab's name among the others. */
  readonly id = crypto.getRandomValues(new Uint32Array(2)).join("-");
  readonly #options: TabsOptions;
  readonly #waiting = new CommandsWaiting();
  readonly #done = new Set<string>();
  readonly #ending = new AbortController();
  #channel: BroadcastChannel | undefined;
  #leader: Leader | undefined;
  #leads: string | undefined;
  #clock: ReturnType<typeof setInterval> | undefined;
  #lookedAtMs = Number.NEGATIVE_INFINITY;
  #release: () => void = () => undefined;

  constructor(options: TabsOptions) {
    this.#options = options;
  }

  /** Joins the others. Leads at once where there are none, or no locks; else when the lock is this tab's. */
  start(): void {
    const { store, board, others, name } = this.#options;
    if (others === "alone") return this.#lead();
    if (typeof BroadcastChannel !== "undefined") {
      this.#channel = new BroadcastChannel(`greenroom/${TABS_VERSION}/${name}`);
      this.#channel.onmessage = ({ data }: MessageEvent<unknown>) => {
        const said = open(data);
        if (said !== undefined) this.#hear(said);
      };
      const deaf = store.onChange((changes, from) => {
        if (from === "here") this.#say({ is: "changed", changes });
      });
      this.#ending.signal.addEventListener("abort", deaf);
    }
    const locks = lockManager();
    if (locks === undefined || this.#channel === undefined) return this.#lead();
    const unposted = board.onPost((posting) => {
      this.#say({ is: "posted", posting: shiftClock(posting, performance.timeOrigin, 1) });
    });
    this.#ending.signal.addEventListener("abort", unposted);
    this.#say({ is: "here", tab: this.id });
    this.#clock = setInterval(() => this.#tick(), CLOCK_MS);
    const { signal } = this.#ending;
    locks
      .request(`greenroom/${TABS_VERSION}/${name}`, { signal }, () => {
        // Granted as this tab left: nobody would let go of it.
        if (signal.aborted) return undefined;
        this.#lead();
        return new Promise<void>((resolve) => {
          this.#release = resolve;
        });
      })
      .catch(() => undefined);
  }

  /** Has a command fulfilled by whoever leads. */
  readonly run: Run = <C extends Command>(command: C): Promise<Fulfilled<C>> => {
    if (this.#ending.signal.aborted) return Promise.reject(offline());
    if (this.#leader !== undefined) return this.#leader.run(command);
    return new Promise((resolve, reject) => {
      const number = this.#waiting.add(
        performance.now(),
        command,
        this.#leads,
        (value) => {
          // The leader runs the same code: it answers what belongs to the command.
          resolve(value as Fulfilled<C>);
        },
        reject,
      );
      if (number !== undefined) this.#say({ is: "command", tab: this.id, number, command });
    });
  };

  /** A hint for the connection, wherever it is. */
  hint(hint: Input): void {
    if (this.#leader !== undefined) this.#leader.hint(hint);
    else this.#say({ is: "hint", tab: this.id, hint });
  }

  /** Tells followers of new messages; called by the leader's engine. */
  found(found: readonly Found[], how: "live" | "missed"): void {
    this.#options.found(found, how);
    if (this.#ledByLock) this.#say({ is: "found", found, how });
  }

  /** Passes a frame of a call on; called by the leader's engine. */
  callFrame(frame: ServerCallFrame): void {
    this.#options.callFrame(frame);
    if (this.#ledByLock) this.#say({ is: "call-frame", frame });
  }

  /** Whether any tab is looked at, as far as this one knows. */
  get watched(): boolean {
    return visible() || performance.now() - this.#lookedAtMs < 3 * CLOCK_MS;
  }

  /** Leaves the others; somebody else leads. */
  close(): void {
    this.#leader?.close();
    this.#leader = undefined;
    this.#ending.abort();
    this.#waiting.close();
    clearInterval(this.#clock);
    this.#channel?.close();
    this.#release();
  }

  /** Without the lock every tab hears the server itself. */
  get #ledByLock(): boolean {
    return this.#clock !== undefined;
  }

  #lead(): void {
    if (this.#ending.signal.aborted) return;
    this.#leader = this.#options.lead();
    this.#leads = this.id;
    if (this.#ledByLock) this.#sayLeading();
    for (const [number, command] of this.#waiting.moved(this.id)) this.#runOwn(number, command);
    this.#options.led();
  }

  #runOwn(number: number, command: Command): void {
    this.#leader?.run(command).then(
      (value) => this.#waiting.done(number, value),
      (error: unknown) => this.#waiting.refused(number, asRefusal(error).data),
    );
  }

  #say(said: Said): void {
    try {
      this.#channel?.postMessage({ greenroom: TABS_VERSION, said });
    } catch {
      // Closed meanwhile.
    }
  }

  #sayLeading(): void {
    const postings = this.#options.board.all().map((posting) => shiftClock(posting, performance.timeOrigin, 1));
    this.#say({ is: "leading", tab: this.id, postings });
  }

  #hear(said: Said): void {
    const { store, board } = this.#options;
    switch (said.is) {
      case "here":
        if (this.#leader !== undefined && this.#ledByLock) this.#sayLeading();
        return;
      case "leading":
        return this.#follow(said.tab, said.postings);
      case "command":
        return this.#obey(said.tab, said.number, said.command);
      case "done":
        if (said.tab === this.id) this.#waiting.done(said.number, said.value);
        return;
      case "refused":
        if (said.tab === this.id) this.#waiting.refused(said.number, said.refusal);
        return;
      case "hint":
        this.#lookedAtMs = performance.now();
        this.#leader?.hint(said.hint);
        return;
      case "posted":
        if (this.#leader === undefined) board.take(shiftClock(said.posting, performance.timeOrigin, -1));
        return;
      case "changed":
        return store.announce(said.changes);
      case "found":
        return this.#options.found(said.found, said.how);
      case "call-frame":
        return this.#options.callFrame(said.frame);
    }
  }

  #follow(leader: string, postings: readonly Parameters<Board["take"]>[0][]): void {
    if (this.#leader !== undefined) return;
    for (const posting of postings) this.#options.board.take(shiftClock(posting, performance.timeOrigin, -1));
    if (this.#leads === leader) return;
    this.#leads = leader;
    for (const [number, command] of this.#waiting.moved(leader))
      this.#say({ is: "command", tab: this.id, number, command });
    this.#options.led();
  }

  #obey(tab: string, number: number, command: Command): void {
    if (this.#leader === undefined || !this.#ledByLock) return;
    const key = `${tab}/${number}`;
    if (this.#done.has(key)) return;
    this.#done.add(key);
    const [oldest] = this.#done;
    if (this.#done.size > REMEMBERED_MAX && oldest !== undefined) this.#done.delete(oldest);
    this.#leader.run(command).then(
      (value) => this.#say({ is: "done", tab, number, value }),
      (error: unknown) => this.#say({ is: "refused", tab, number, refusal: asRefusal(error).data }),
    );
  }

  #tick(): void {
    this.#waiting.time(performance.now());
    if (this.#leader === undefined && visible()) this.hint({ is: "time" });
  }
}

const visible = (): boolean => typeof document === "undefined" || document.visibilityState === "visible";

/** Browsers withhold locks from pages that came over plain HTTP. */
const lockManager = (): LockManager | undefined => {
  const locks: unknown = typeof navigator === "undefined" ? undefined : Reflect.get(navigator, "locks");
  return typeof LockManager !== "undefined" && locks instanceof LockManager ? locks : undefined;
};
