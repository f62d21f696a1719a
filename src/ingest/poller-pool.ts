import type { Clock } from '../clock.ts';
import type { Knowledge } from '../domain/fold.ts';
import type { Log } from '../log.ts';
import type { LoginRegistry } from '../logins/registry.ts';
import type { Store } from '../store/store.ts';
import type { Ingest } from './ingest.ts';
import { Poller } from './poller.ts';
import type { Subscriptions } from './subscriptions.ts';

export interface PollerPoolOptions {
  readonly ingest: Ingest;
  readonly store: Store;
  readonly logins: LoginRegistry;
  readonly clock: Clock;
  readonly log: Log;
  /** The cadence somebody set, in milliseconds; null where nobody did. */
  readonly pollEvery: number | null;
  readonly subscriptions: Subscriptions;
}

/** One poller for every login, and the answer to which login reads an account that several of them see. */
export class PollerPool {
  readonly #options: PollerPoolOptions;
  readonly #pollers = new Map<string, Poller>();
  readonly #readers = new Map<string, string>();

  constructor(options: PollerPoolOptions) {
    this.#options = options;
  }

  /** Starts reading a login, or tells its poller that something about the login changed. */
  attend(loginId: string): void {
    const existing = this.#pollers.get(loginId);
    if (existing) return existing.wake();
    const stop = new AbortController();
    const client = this.#options.logins.client(loginId, { until: stop.signal });
    const isReader = (accountId: string) => this.#readerOf(accountId) === loginId;
    this.#pollers.set(loginId, new Poller({ ...this.#options, loginId, client, isReader, stop }));
  }

  /** Stops reading a login; resolves once nothing of it is under way. */
  async dismiss(loginId: string): Promise<void> {
    const poller = this.#pollers.get(loginId);
    this.#pollers.delete(loginId);
    await poller?.close();
  }

  /** Tries a login at once; resolves when that is over, well or not. */
  async tryNow(loginId: string): Promise<void> {
    await this.#pollers.get(loginId)?.tryNow();
  }

  /** Lists an account's new transactions at once, through the login that reads it. */
  async ring(accountId: string): Promise<void> {
    const loginId = this.#readerOf(accountId);
    if (loginId !== undefined) await this.#pollers.get(loginId)?.ring(accountId);
  }

  /** Asks for one row by id, through the login that reads its account. */
  async look(accountId: string, transactionId: string): Promise<void> {
    const loginId = this.#readerOf(accountId);
    if (loginId !== undefined) await this.#pollers.get(loginId)?.look(transactionId, accountId);
  }

  /** Brings every active login's webhooks in order at once. */
  async reconcileWebhooks(): Promise<void> {
    const { logins } = this.#options;
    const active = logins.all().filter(({ state }) => state === 'active');
    const pollers = active.flatMap(({ id }) => this.#pollers.get(id) ?? []);
    await Promise.all(pollers.map((poller) => poller.reconcileWebhooks()));
  }

  async close(): Promise<void> {
    await Promise.all([...this.#pollers.keys()].map((loginId) => this.dismiss(loginId)));
  }

  /**
   * The login that read it last goes on doing so while it can: two views of one account never alternate. Where no
   * login can, nothing changes either.
   */
  #readerOf(accountId: string): string | undefined {
    const { ingest, logins } = this.#options;
    const seenBy = loginsThatSee(ingest.knowledge(), accountId).filter((id) => logins.has(id));
    const current = seenBy.find((id) => id === this.#readers.get(accountId));
    const canRead = (id: string) => logins.isWell(id) && !this.#pollers.get(id)?.refuses(accountId);
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
