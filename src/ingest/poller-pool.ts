import { withDeadline } from '../async.ts';
import type { Clock } from '../clock.ts';
import type { Knowledge } from '../domain/fold.ts';
import type { Names } from '../domain/names.ts';
import { shownNames, type PartHealth } from '../domain/view.ts';
import { BridgeError } from '../errors.ts';
import { answeredWithin } from '../limits.ts';
import type { Log } from '../log.ts';
import type { LoginRegistry } from '../logins/registry.ts';
import { refuse } from '../refusals/refuse.ts';
import { signOut } from '../logins/sign-out.ts';
import type { Store } from '../store/store.ts';
import type { ListWish } from './account-reading.ts';
import { accountsHealth, troublesSentence, type AccountTrouble } from './account-troubles.ts';
import type { Ingest } from './ingest.ts';
import { Poller, type ReadOutcome } from './poller.ts';
import type { Subscriptions } from './subscriptions.ts';

export interface PollerPoolOptions {
  readonly ingest: Ingest;
  readonly store: Store;
  readonly logins: LoginRegistry;
  readonly clock: Clock;
  readonly log: Log;
  /** The interval that was set, in milliseconds; null where none was. */
  readonly pollEvery: number | null;
  readonly subscriptions: Subscriptions;
  /** Whether the bank tells the time, so that the clock is right. */
  readonly isTimeTold: () => boolean;
}

/** What came of a reading that a person asked for, as far as it had come when they were answered. */
export interface ReadNow extends ReadOutcome {
  /** False where it goes on by itself. */
  readonly isOver: boolean;
  /** What the bank does not show of single accounts, as a sentence; null where it shows everything. */
  readonly untold: string | null;
}

/** One poller for every login, and the choice of the login that reads an account which several of them see. */
export class PollerPool {
  readonly #options: PollerPoolOptions;
  readonly #pollers = new Map<string, Poller>();
  readonly #readers = new Map<string, string>();
  #unsubscribe = () => {};

  constructor(options: PollerPoolOptions) {
    this.#options = options;
  }

  /** Starts to poll every login, and from now on each one that is added or changes its state. */
  start(): void {
    const { logins, ingest } = this.#options;
    const unsubscribe = [
      logins.onChange(({ login, previous }) => {
        if (login.state !== previous?.state) this.startPolling(login.id);
      }),
      ingest.onMissing(() => {
        for (const poller of this.#pollers.values()) poller.reschedule();
      }),
    ];
    this.#unsubscribe = () => {
      for (const end of unsubscribe) end();
    };
    for (const { id } of logins.all()) this.startPolling(id);
  }

  /** Starts to poll a login; where that has begun already, tells its poller that the login has changed. */
  startPolling(loginId: string): void {
    const existing = this.#pollers.get(loginId);
    if (existing) return existing.wake();
    const stop = new AbortController();
    const client = this.#options.logins.client(loginId, { until: stop.signal });
    const ringClient = this.#options.logins.client(loginId, { until: stop.signal, priority: 'doorbell' });
    const isReader = (accountId: string) => this.#readerOf(accountId) === loginId;
    const onTroubles = () => this.#options.logins.noteAccounts(loginId, this.#troublesOf(loginId));
    const own = { loginId, client, ringClient, isReader, stop, onTroubles };
    this.#pollers.set(loginId, new Poller({ ...this.#options, ...own }));
  }

  /** Stops polling a login; resolves once nothing of it is under way. */
  async stopPolling(loginId: string): Promise<void> {
    const poller = this.#pollers.get(loginId);
    this.#pollers.delete(loginId);
    await poller?.close();
  }

  /**
   * Reads a login at once, because a person asks, also while the bank asked for a pause. Resolves when that is over,
   * successful or not, or after `answeredWithin`, when it goes on by itself. Throws `unknown_login`.
   */
  async readNow(loginId: string): Promise<ReadNow> {
    const { clock, logins } = this.#options;
    logins.get(loginId);
    const poller = this.#pollers.get(loginId);
    const reads = () => (poller?.reader.reads() ?? 0) + (poller?.reader.accountLists() ?? 0);
    const before = reads();
    if (poller) logins.transport(loginId).askAtOnce();
    const work = async () => poller?.pollNow() ?? { failure: null, isAnythingRead: false };
    const late = () => refuse('timeout', {});
    try {
      const outcome = await withDeadline({ clock, ms: answeredWithin, late }, work);
      return { ...outcome, isOver: true, untold: this.#troublesOf(loginId) };
    } catch (failure) {
      // A bank that has listed the accounts is slow, and shows the rest later.
      const isAnythingRead = reads() > before;
      if (!isAnythingRead) logins.failed(loginId, failure);
      return { failure, isAnythingRead, isOver: false, untold: this.#troublesOf(loginId) };
    }
  }

  /** The same, and what the bank has refused is tried at once as well: a person has put something right, or hopes so. */
  async reload(loginId: string): Promise<void> {
    await this.#options.logins.session(loginId).asAsked(() => this.readNow(loginId));
  }

  /** Reads every login again: something may have been missed. */
  lookAgain(): void {
    for (const poller of this.#pollers.values()) poller.lookAgain();
  }

  /**
   * Lists an account's new transactions at once, through the login that reads it. Returns whether something was new. Where
   * that takes a person, the login's own poller finds it out and says so.
   */
  async listNew(accountId: string, wish: ListWish): Promise<boolean> {
    const poller = this.#pollerFor(accountId);
    try {
      return (await poller?.reader.listNew(accountId, wish)) ?? false;
    } catch (thrown) {
      if (thrown instanceof BridgeError && thrown.needsPerson) poller?.lookAgain();
      throw thrown;
    }
  }

  /** Reads the balance or the pots of an account at once, through the login that reads the account. */
  async readAgain(accountId: string, parts: readonly ('balance' | 'pots')[]): Promise<void> {
    await this.#pollerFor(accountId)?.reader.readAgain(accountId, parts);
  }

  /** The login that reads an account now. */
  readerOf(accountId: string): string | undefined {
    return this.#readerOf(accountId);
  }

  /** Reads one transaction by its id at once, through the login that reads its account; whether something was new. */
  async readTransaction(accountId: string, transactionId: string): Promise<boolean> {
    return (await this.#pollerFor(accountId)?.reader.readTransaction(accountId, transactionId)) ?? false;
  }

  /** Reconciles the webhooks of every active login at once. */
  async reconcileWebhooks(): Promise<void> {
    const { logins } = this.#options;
    const active = logins.all().filter(({ state }) => state === 'active');
    const pollers = active.flatMap(({ id }) => this.#pollers.get(id) ?? []);
    await Promise.all(pollers.map((poller) => poller.reconcileWebhooks()));
  }

  /** Whether the bank shows every part of every account to the login that reads it. */
  health(): PartHealth {
    const { logins } = this.#options;
    const active = logins.all().filter(({ state }) => state === 'active');
    return accountsHealth(
      active.flatMap(({ id }) => this.#troubles(id)),
      this.#names(),
    );
  }

  #troubles(loginId: string): readonly AccountTrouble[] {
    return this.#pollers.get(loginId)?.reader.troubles() ?? [];
  }

  /** What the bank does not show to one login, as a sentence; null where it shows everything. */
  #troublesOf(loginId: string): string | null {
    return troublesSentence(this.#troubles(loginId), this.#names());
  }

  #names(): Names {
    return shownNames(this.#options.ingest.knowledge());
  }

  async close(): Promise<void> {
    this.#unsubscribe();
    await Promise.all([...this.#pollers.keys()].map((loginId) => this.stopPolling(loginId)));
  }

  #pollerFor(accountId: string): Poller | undefined {
    return this.#pollers.get(this.#readerOf(accountId) ?? '');
  }

  /**
   * The login that read an account last continues to read it while it can, so that the views of two logins never
   * alternate. Where no login can read it, nothing changes either.
   */
  #readerOf(accountId: string): string | undefined {
    const { ingest, logins } = this.#options;
    const seenBy = loginsThatSee(ingest.knowledge(), accountId).filter((id) => logins.has(id));
    const current = seenBy.find((id) => id === this.#readers.get(accountId));
    const canRead = (id: string) => logins.isWell(id) && !this.#pollers.get(id)?.reader.refuses(accountId);
    if (current !== undefined && canRead(current)) return current;
    const next = seenBy.find(canRead) ?? current ?? seenBy[0];
    if (next !== undefined) this.#readers.set(accountId, next);
    return next;
  }
}

function loginsThatSee({ accounts }: Knowledge, accountId: string): readonly string[] {
  const seeing = [...accounts].filter(([, { value }]) => value.some(({ id }) => id === accountId));
  return seeing.map(([loginId]) => loginId).toSorted();
}

export interface RemovalParts {
  readonly registry: LoginRegistry;
  readonly pool: PollerPool;
  readonly ingest: Ingest;
  readonly subscriptions: Subscriptions;
  readonly clock: Clock;
  readonly log: Log;
}

export interface LoginRemoval {
  readonly loginId: string;
  /** Keeps the history that only this login could see. */
  readonly keepHistory: boolean;
}

/**
 * Removes a login: first what can be removed at Monzo, then what only this login could see (unless history is kept),
 * last its tokens and itself. After an interruption the login still exists and can be removed again. Throws
 * `unknown_login`.
 */
export async function removeLogin(
  parts: RemovalParts,
  { loginId, keepHistory }: LoginRemoval,
): Promise<void> {
  const { registry, pool, ingest, subscriptions } = parts;
  registry.get(loginId);
  await pool.stopPolling(loginId);
  try {
    if (canSignOut(registry, loginId)) await signOutAtMonzo(parts, loginId);
    await ingest.forget(loginId, { keepHistory });
    registry.remove(loginId);
    subscriptions.forget(loginId);
  } finally {
    // A sign-in that was completed in the meantime has started to poll it again.
    if (registry.has(loginId)) pool.startPolling(loginId);
    else await pool.stopPolling(loginId);
  }
}

function canSignOut(registry: LoginRegistry, loginId: string): boolean {
  return registry.get(loginId).state !== 'needs_authorisation' && registry.session(loginId).hasTokens();
}

function signOutAtMonzo(parts: RemovalParts, loginId: string): Promise<void> {
  const { ingest, subscriptions } = parts;
  const accounts = ingest.knowledge().accounts.get(loginId)?.value ?? [];
  return signOut({
    ...parts,
    loginId,
    accountIds: accounts.map(({ id }) => id),
    isOurs: (webhook) => subscriptions.isOurs(webhook),
    webhookIds: subscriptions.idsOf(loginId),
  });
}
