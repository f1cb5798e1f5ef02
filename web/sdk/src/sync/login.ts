/** Who logs in on this device: what is stored, and what becomes of new credentials. */

import type { Credentials } from "../api.js";
import { refuse, type RefusedRequest } from "../connection/refusal.js";
import type { Identity } from "../connection/signals.js";
import { guestKey, newSecretKey, signProof } from "../guest/proof.js";
import type { Account, ConnectionState } from "../model.js";
import type { Welcome } from "../protocol/server-frames.js";
import type { LocalStore, StoredAccount } from "../store/local-store.js";

/** Credentials that the server has not welcomed yet. */
interface Attempt {
  readonly candidate: Candidate;
  readonly resolve: (account: Account) => void;
  readonly reject: (refusal: RefusedRequest) => void;
}

/** A stored account, or one to be. */
type Candidate = Omit<StoredAccount, "user">;

/** The account of this device. */
export class Login {
  readonly #store: LocalStore;
  #stored: StoredAccount | undefined;
  #attempt: Attempt | undefined;

  constructor(store: LocalStore) {
    this.#store = store;
  }

  /** Reads the account; `undefined` when nobody is signed in. */
  async read(): Promise<Identity | undefined> {
    this.#stored = await this.#store.account();
    return this.identity;
  }

  /** Who logs in now: the new credentials, or who is stored. */
  get identity(): Identity | undefined {
    const candidate = this.#attempt?.candidate ?? this.#stored;
    return candidate === undefined ? undefined : identityOf(candidate);
  }

  /** Whether new credentials wait for the server's word. */
  get pending(): boolean {
    return this.#attempt !== undefined;
  }

  get account(): Account | undefined {
    return this.#stored === undefined ? undefined : accountOf(this.#stored);
  }

  /** Begins with new credentials; a guest keeps the key of this device. */
  begin(credentials: Credentials, resolve: Attempt["resolve"], reject: Attempt["reject"]): void {
    this.#attempt?.reject(refuse("replaced", "Somebody else signs in."));
    const candidate: Candidate =
      credentials.kind === "token"
        ? { kind: "token", name: "", token: credentials.token }
        : {
            kind: "guest",
            name: credentials.name,
            secretKey:
              credentials.secretKey ?? this.#stored?.secretKey ?? newSecretKey((into) => crypto.getRandomValues(into)),
          };
    this.#attempt = { candidate, resolve, reject };
  }

  /** The proof of a guest's key. */
  prove(nonce: string, node: string, name: string): string {
    const { secretKey } = this.#attempt?.candidate ?? this.#stored ?? {};
    return secretKey === undefined ? "" : signProof({ nonce, node, name }, secretKey);
  }

  /** The server let them in. `false`: as somebody else than whose messages are stored here. */
  async welcomed(welcome: Welcome): Promise<boolean> {
    const attempt = this.#attempt;
    const base = attempt?.candidate ?? this.#stored;
    if (base === undefined) return false;
    if (this.#stored !== undefined && this.#stored.user !== welcome.user) {
      this.fail(refuse("unauthorized", "This is another user than the one signed in here: sign out first."));
      return false;
    }
    const { token, user, name, node } = { token: base.token, ...welcome };
    await this.#save({ ...base, user, name, node, ...(token === undefined ? {} : { token }) });
    this.#attempt = undefined;
    if (this.account !== undefined) attempt?.resolve(this.account);
    return true;
  }

  /** The guest's token changed, or is worth nothing any more. */
  async token(token: string | undefined): Promise<void> {
    if (this.#attempt !== undefined || this.#stored === undefined) return;
    const { token: _, ...rest } = this.#stored;
    await this.#save(token === undefined ? rest : { ...rest, token });
  }

  /** What the connection does, while credentials wait: they fail with the first attempt that does. `true`: they did. */
  shown(state: ConnectionState): boolean {
    if (this.#attempt === undefined) return false;
    if (state.phase === "waiting") return this.fail(refuse("offline", "The server cannot be reached."));
    if (state.phase === "refused") return this.fail(refuse(state.reason, state.message));
    return false;
  }

  /** Gives new credentials up. */
  fail(refusal: RefusedRequest): boolean {
    const attempt = this.#attempt;
    this.#attempt = undefined;
    attempt?.reject(refusal);
    return attempt !== undefined;
  }

  /** Nobody is signed in any more. */
  forget(): void {
    this.fail(refuse("offline", "Signed out."));
    this.#stored = undefined;
  }

  async #save(account: StoredAccount): Promise<void> {
    this.#stored = account;
    await this.#store.saveAccount(account);
  }
}

const accountOf = ({ user, name, kind }: StoredAccount): Account => ({ user, name, kind });

const identityOf = ({ kind, name, secretKey, token }: Candidate): Identity | undefined => {
  if (kind === "guest" && secretKey !== undefined) return { kind, name, key: guestKey(secretKey), token };
  return token === undefined ? undefined : { kind: "token", token };
};
