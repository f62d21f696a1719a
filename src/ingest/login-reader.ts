import { coalescedBy, createBackoff } from '../async.ts';
import type { Monotonic } from '../clock.ts';
import { nextAsk } from '../domain/absence.ts';
import { isShown, type Account } from '../domain/account.ts';
import type { Task } from '../domain/schedule.ts';
import type { Instant } from '../domain/values.ts';
import { BridgeError } from '../errors.ts';
import { durations } from '../limits.ts';
import type { Log } from '../log.ts';
import type { LoginRegistry } from '../logins/registry.ts';
import { BankError, isForbidden } from '../monzo/bank-error.ts';
import { listNew, readMoney, sweepAccount, type ReadingTools } from './account-reading.ts';
import { PendingRows } from './pending-rows.ts';
import type { Subscriptions } from './subscriptions.ts';

export interface LoginReaderOptions extends ReadingTools {
  readonly loginId: string;
  readonly logins: LoginRegistry;
  readonly log: Log;
  readonly subscriptions: Subscriptions;
  /** Whether this login is the one that reads the account: a joint one is read by one login only. */
  readonly isReader: (accountId: string) => boolean;
}

/** Everyone who signs in has an account: a first list without any is soon repeated. */
const noAccountsPause = { shortest: 5 * durations.second, longest: 5 * durations.minute };

/** An account that the bank refuses to show is tried again after this long. */
const refusalRest = 6 * durations.hour;

/** What can be read through one login: each task of the schedule, and one account's new transactions after a ring. */
export class LoginReader {
  readonly #options: LoginReaderOptions;
  readonly #refusedUntil = new Map<string, Monotonic>();
  readonly #pending: PendingRows;
  readonly #afterNoAccounts = createBackoff(noAccountsPause);
  #noAccountsUntil: Monotonic | null = null;
  /** From when on the next list of an account begins at the latest, where a caller said so. */
  readonly #reach = new Map<string, Instant>();
  /** Calls for one account while a list of it runs share one more list. */
  readonly #listTogether = coalescedBy(async (accountId: string): Promise<boolean> => {
    const account = this.#account(accountId);
    const since = this.#reach.get(accountId);
    this.#reach.delete(accountId);
    if (!account) return false;
    const { ids, isNews } = await listNew(this.#options, { account, since });
    this.#pending.shown(ids);
    return isNews;
  });

  constructor(options: LoginReaderOptions) {
    this.#options = options;
    this.#pending = new PendingRows(options);
  }

  readonly tasks: Readonly<Record<Task, () => Promise<void>>> = {
    household: () => this.#readHousehold(),
    transactions: () =>
      this.#forEachAccount(async ({ id }) => {
        await this.#listTogether(id);
      }),
    sweep: () =>
      this.#forEachAccount(async (account) => {
        const { ids } = await sweepAccount(this.#options, account);
        this.#pending.shown(ids);
      }),
    follow: () => this.#forEachAccount((account) => this.#pending.follow(account)),
    webhooks: () => this.#reconcileWebhooks(),
  };

  /** The accounts this login reads, without those that the bank refuses to show. */
  accounts(): readonly Account[] {
    return this.#listed().filter(({ id }) => this.#options.isReader(id) && !this.refuses(id));
  }

  /** Whether the bank recently refused to show this account; another login may be allowed to see it. */
  refuses(accountId: string): boolean {
    return (this.#refusedUntil.get(accountId) ?? 0) > this.#options.clock.monotonic();
  }

  /** When to list accounts and pots again, because a list left something out; null where none did. */
  nextAsk(): Monotonic | null {
    const { ingest, loginId } = this.#options;
    const { accounts, pots } = ingest.knowledge().missing;
    const ofPots = this.accounts().map(({ id }) => nextAsk(pots.get(id)));
    const asks = [this.#noAccountsUntil, nextAsk(accounts.get(loginId)), ...ofPots];
    const times = asks.filter((time) => time !== null);
    return times.length === 0 ? null : Math.min(...times);
  }

  /** Lists an account's new transactions at once, back to `since` at least. Returns whether something was new. */
  async listNew(accountId: string, since?: Instant): Promise<boolean> {
    const account = this.#account(accountId);
    if (!account) return false;
    if (since !== undefined) this.#reach.set(accountId, Math.min(since, this.#reach.get(accountId) ?? since));
    let isNews = false;
    await this.#exceptRefusals(account, async () => {
      isNews = await this.#listTogether(accountId);
    });
    return isNews;
  }

  /** Reads one transaction by its id at once. Returns whether something was new. */
  readTransaction(accountId: string, transactionId: string): Promise<boolean> {
    return this.#pending.read(accountId, transactionId);
  }

  /** From now on (or from `since`, where the login was active before) the transactions of its accounts are events. */
  beginEvents(since: Instant): void {
    const { ingest, clock } = this.#options;
    const now = clock.now();
    const accountIds = this.#listed().map(({ id }) => id);
    ingest.beginEvents(accountIds, Math.min(since, now), now);
  }

  #listed(): readonly Account[] {
    const { ingest, loginId } = this.#options;
    return (ingest.knowledge().accounts.get(loginId)?.value ?? []).filter(isShown);
  }

  #account(accountId: string): Account | undefined {
    return this.accounts().find(({ id }) => id === accountId);
  }

  async #readHousehold(): Promise<void> {
    const { client, ingest, logins, loginId, clock } = this.#options;
    const askedAt = clock.monotonic();
    const { at, value: rows, unreadable } = await client.accounts();
    ingest.observe([{ kind: 'accounts', at, loginId, list: { rows, askedAt, unreadable } }]);
    this.#noAccountsUntil = this.#listed().length > 0 ? null : askedAt + this.#afterNoAccounts.next();
    const { activeSince } = logins.get(loginId);
    if (activeSince !== null) this.beginEvents(activeSince);
    await this.#forEachAccount(async (account) => {
      ingest.observe(await readMoney(this.#options, account));
    });
  }

  async #reconcileWebhooks(): Promise<void> {
    const { subscriptions, loginId, client } = this.#options;
    const reads = this.accounts().map(({ id }) => id);
    const sees = this.#listed().map(({ id }) => id);
    await subscriptions.reconcile({ loginId, client, reads, sees });
  }

  /** Reads every account, also after one of them has failed; then throws the first failure. */
  async #forEachAccount(read: (account: Account) => Promise<void>): Promise<void> {
    await tryEach(this.accounts(), (account) => this.#exceptRefusals(account, () => read(account)));
  }

  /** Leaves out an account that the bank refuses to show. Access is lost only when it refuses the list of accounts too. */
  async #exceptRefusals(account: Account, read: () => Promise<void>): Promise<void> {
    const { client, clock, log } = this.#options;
    try {
      await read();
    } catch (thrown) {
      if (!isForbidden(thrown)) throw thrown;
      await client.accounts();
      this.#refusedUntil.set(account.id, clock.monotonic() + refusalRest);
      const { id, type } = account;
      log.info('Monzo refuses to show one account; the others are still read.', { account: id, type });
    }
  }
}

/** Answers that may concern one item only. */
const faultsOfOneItem = new Set(['unknown_shape', 'not_found', 'bad_request']);
/** Trouble of the bank with one call. Where every call meets it, the breaker opens, which ends the work. */
const faultsOfOneCall = new Set(['bank_down', 'not_json', 'oversized']);

/**
 * Does the work for one item after the other. A fault that may concern one item only does not stop the others, and is
 * thrown at the end; any other one, a failed renewal of the tokens included, ends the work at once.
 */
export async function tryEach<Item>(
  items: Iterable<Item>,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const failures: BridgeError[] = [];
  for (const item of items) {
    try {
      await work(item);
    } catch (thrown) {
      if (!mayConcernOneItem(thrown)) throw isConsequence(thrown) ? (failures[0] ?? thrown) : thrown;
      failures.push(thrown);
    }
  }
  if (failures[0]) throw failures[0];
}

/** That the breaker refused a call says less than the fault that opened it. */
function isConsequence(thrown: unknown): boolean {
  return thrown instanceof BankError && thrown.fault === 'breaker_open';
}

function mayConcernOneItem(thrown: unknown): thrown is BridgeError {
  if (thrown instanceof BankError && faultsOfOneCall.has(thrown.fault)) return thrown.purpose === 'data';
  return thrown instanceof BridgeError && faultsOfOneItem.has(thrown.code);
}
