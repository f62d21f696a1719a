import type { Clock } from '../clock.ts';
import { isShown, type Account } from '../domain/bank.ts';
import { shouldFollow, type Task } from '../domain/schedule.ts';
import type { Instant } from '../domain/values.ts';
import { durations, follow } from '../limits.ts';
import type { Log } from '../log.ts';
import type { LoginRegistry } from '../logins/registry.ts';
import type { MonzoClient } from '../monzo/monzo-client.ts';
import { BankError } from '../monzo/transport.ts';
import type { Store } from '../store/store.ts';
import { createAccountReader, type AccountReader } from './account-reader.ts';
import { coalesced } from '../async.ts';
import { isForbidden } from './forbidden.ts';
import { untilTheEnd } from './until-the-end.ts';
import type { Ingest } from './ingest.ts';
import type { Subscriptions } from './subscriptions.ts';

export interface LoginReaderOptions {
  readonly loginId: string;
  readonly client: MonzoClient;
  readonly ingest: Ingest;
  readonly store: Store;
  readonly logins: LoginRegistry;
  readonly clock: Clock;
  readonly log: Log;
  readonly subscriptions: Subscriptions;
  /** Whether this login is the one that reads the account: a joint one is read by one login only. */
  readonly isReader: (accountId: string) => boolean;
}

/** An account that refuses to be read is asked again after this long. */
const refusalRest = 6 * durations.hour;

/** What can be read through one login: each task of the schedule, and one account's new transactions at a ring. */
export class LoginReader {
  readonly #options: LoginReaderOptions;
  readonly #account: AccountReader;
  readonly #refusedUntil = new Map<string, Instant>();
  readonly #lookedAt = new Map<string, Instant>();
  readonly #lists = new Map<string, () => Promise<void>>();

  constructor(options: LoginReaderOptions) {
    this.#options = options;
    this.#account = createAccountReader(options);
  }

  readonly tasks: Readonly<Record<Task, () => Promise<void>>> = {
    household: () => this.#household(),
    transactions: () => this.#forEachAccount((account) => this.#listNew(account)),
    sweep: () => this.#forEachAccount((account) => this.#account.sweep(account)),
    follow: () => this.#follow(),
    webhooks: () => this.#reconcileWebhooks(),
  };

  /** The accounts this login reads, those that refuse left out. */
  accounts(): readonly Account[] {
    return this.#listed().filter(({ id }) => this.#options.isReader(id) && !this.refuses(id));
  }

  /** Whether the bank refused this account lately; another login may be shown it. */
  refuses(accountId: string): boolean {
    return (this.#refusedUntil.get(accountId) ?? 0) > this.#options.clock.now();
  }

  /** Lists an account's new transactions; rings while one list is running cause exactly one more. */
  async ring(accountId: string): Promise<void> {
    const account = this.accounts().find(({ id }) => id === accountId);
    if (account) await this.#sparing(account, () => this.#listNew(account));
  }

  /** Asks for one row by id, because somebody rang for it. */
  look(transactionId: string, accountId: string): Promise<void> {
    return this.#look(transactionId, accountId);
  }

  /** From now on (or from `since`, where the login was active before) the transactions of its accounts are events. */
  beginEvents(since: Instant): void {
    this.#options.ingest.beginEvents(
      this.#listed().map(({ id }) => id),
      since,
    );
  }

  #listed(): readonly Account[] {
    const { ingest, loginId } = this.#options;
    return (ingest.knowledge().accounts.get(loginId)?.value ?? []).filter(isShown);
  }

  async #household(): Promise<void> {
    const { client, ingest, logins, loginId } = this.#options;
    const { at, value: accounts } = await client.accounts();
    ingest.observe([{ kind: 'accounts', at, loginId, accounts }]);
    const { activeSince } = logins.get(loginId);
    if (activeSince !== null) this.beginEvents(activeSince);
    await this.#forEachAccount(async (account) => {
      ingest.observe(await this.#account.readMoney(account));
    });
  }

  #listNew(account: Account): Promise<void> {
    const list = this.#lists.get(account.id) ?? coalesced(() => this.#account.listNew(account));
    this.#lists.set(account.id, list);
    return list();
  }

  async #reconcileWebhooks(): Promise<void> {
    const { subscriptions, loginId, client } = this.#options;
    const reads = this.accounts().map(({ id }) => id);
    const sees = this.#listed().map(({ id }) => id);
    await subscriptions.reconcile({ loginId, client, reads, sees });
  }

  /** One account's trouble must not hide the others: all are tried, then the first trouble is told. */
  async #forEachAccount(read: (account: Account) => Promise<void>): Promise<void> {
    await untilTheEnd(this.accounts(), (account) => this.#sparing(account, () => read(account)));
  }

  /** One account's refusal is not the login's: only when the list of accounts is refused as well is access lost. */
  async #sparing(account: Account, read: () => Promise<void>): Promise<void> {
    const { client, clock, log } = this.#options;
    try {
      await read();
    } catch (thrown) {
      if (!isForbidden(thrown)) throw thrown;
      await client.accounts();
      this.#refusedUntil.set(account.id, clock.now() + refusalRest);
      const { id, type } = account;
      log.info('Monzo refuses to show one account; the others are read on.', { account: id, type });
    }
  }

  async #follow(): Promise<void> {
    const { store, clock } = this.#options;
    const mine = new Set(this.accounts().map(({ id }) => id));
    for (const row of store.ledger.pending().filter(({ accountId }) => mine.has(accountId))) {
      const lookedAt = this.#lookedAt.get(row.id) ?? row.seenAt;
      if (!shouldFollow({ created: row.created, lookedAt }, clock.now(), follow)) continue;
      this.#lookedAt.set(row.id, clock.now());
      await this.#look(row.id, row.accountId);
    }
  }

  async #look(transactionId: string, accountId: string): Promise<void> {
    const { client, ingest, clock } = this.#options;
    try {
      const { at, value } = await client.transaction(transactionId);
      ingest.observe([{ kind: 'transactions', at, accountId, transactions: [value] }]);
    } catch (thrown) {
      if (!saysGone(thrown)) throw thrown;
      ingest.observe([{ kind: 'transaction_gone', at: clock.now(), accountId, transactionId }]);
    }
  }
}

/** Only the bank's own word counts: a proxy's empty 404 must not make a payment vanish. */
function saysGone(thrown: unknown): boolean {
  return thrown instanceof BankError && thrown.fault === 'not_found' && thrown.bankCode !== null;
}
