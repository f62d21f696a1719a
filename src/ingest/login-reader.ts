import { coalescedBy, createBackoff } from '../async.ts';
import type { Monotonic } from '../clock.ts';
import { nextAsk } from '../domain/absence.ts';
import { isShown, type Account } from '../domain/account.ts';
import { accountParts, type AccountPart } from '../domain/learnt.ts';
import type { Task } from '../domain/schedule.ts';
import type { Instant } from '../domain/values.ts';
import { durations } from '../limits.ts';
import type { Log } from '../log.ts';
import type { LoginRegistry } from '../logins/registry.ts';
import type { MonzoClient } from '../monzo/monzo-client.ts';
import {
  listNew,
  mergedWish,
  moneyParts,
  overlapSince,
  sweepAccount,
  type Listed,
  type ListWish,
} from './account-reading.ts';
import { accountFaultOf, AccountTroubles, tryEach, type AccountTrouble } from './account-troubles.ts';
import { PendingRows } from './pending-rows.ts';
import { createUnreadRows, type UnreadRows } from './unread-rows.ts';
import { beginEvents, type BeginningTools } from './events-begin.ts';
import type { Subscriptions } from './subscriptions.ts';

export interface LoginReaderOptions extends BeginningTools {
  readonly loginId: string;
  /** The bank for what a ring wants. */
  readonly ringClient: MonzoClient;
  readonly logins: LoginRegistry;
  readonly log: Log;
  readonly subscriptions: Subscriptions;
  /** Whether this login is the one that reads the account: a joint one is read by one login only. */
  readonly isReader: (accountId: string) => boolean;
  /** What the bank does not show of the accounts has changed. */
  readonly onTroubles: () => void;
}

/** Everyone who signs in has an account: a first list without any is soon repeated. */
const noAccountsPause = { shortest: 5 * durations.second, longest: 5 * durations.minute };

/** What can be read through one login: each task of the schedule, and one account's new transactions after a ring. */
export class LoginReader {
  readonly #options: LoginReaderOptions;
  readonly #troubles: AccountTroubles;
  readonly #pending: PendingRows;
  readonly #unread: UnreadRows;
  /** The accounts of which this process has listed transactions. */
  readonly #listed = new Set<string>();
  readonly #afterNoAccounts = createBackoff(noAccountsPause);
  #reads = 0;
  #accountLists = 0;
  #noAccountsUntil: Monotonic | null = null;
  /** The accounts whose webhooks were compared, as long as they are listed; null before the first time. */
  #compared: ReadonlySet<string> | null = null;
  /** By account: what the next list of it is wanted for, and from when on that must show what the last overlap could not. */
  readonly #wishes = new Map<string, ListWish>();
  readonly #overlapsFrom = new Map<string, Instant>();
  /** Calls for one account while a list of it runs share one more list. */
  readonly #listTogether = coalescedBy(async (accountId: string): Promise<boolean> => {
    const account = this.#account(accountId);
    const wish = this.#wishes.get(accountId) ?? { from: 'overlap' };
    this.#wishes.delete(accountId);
    if (!account) return false;
    const tools = wish.isRung ? { ...this.#options, client: this.#options.ringClient } : this.#options;
    const listed = await listNew(tools, { ...wish, account, isGlance: wish.from !== 'overlap' });
    if (wish.from === 'overlap') this.#overlapsFrom.set(accountId, overlapSince(this.#options, account));
    this.#tookIn(account, listed);
    return listed.isNews;
  });

  constructor(options: LoginReaderOptions) {
    this.#options = options;
    this.#pending = new PendingRows(options);
    const { clock, store, loginId } = options;
    this.#troubles = new AccountTroubles({
      clock,
      wasShown: (accountId, part) => this.#wasShown(accountId, part),
      absent: store.learnt.of(loginId).absentParts,
      onAbsent: (absentParts) => store.learnt.save(loginId, { absentParts }),
    });
    this.#unread = createUnreadRows({
      clock: options.clock,
      isHeld: (id) => options.store.ledger.byId(id) !== undefined,
    });
  }

  readonly tasks: Readonly<Record<Task, () => Promise<void>>> = {
    household: () => this.#readHousehold(),
    transactions: () =>
      this.#listEach(async ({ id }) => {
        await this.#list(id, { from: 'overlap' });
      }),
    sweep: () =>
      this.#listEach(async (account) => {
        this.#tookIn(account, await sweepAccount(this.#options, account));
      }),
    follow: () =>
      tryEach(this.#own(), async (account) => {
        if (this.#troubles.rests(account.id, 'transactions')) return;
        await this.#isShown(account, () => this.#follow(account));
      }),
    webhooks: () => this.#reconcileWebhooks(),
  };

  /** The accounts of which this login can read the transactions, as far as is known. */
  accounts(): readonly Account[] {
    const isShown = ({ id }: Account) => {
      const fault = this.#troubles.faultOf(id, 'transactions');
      return fault !== 'refused' && fault !== 'not_found';
    };
    return this.#own().filter(isShown);
  }

  /** How often something was read so far: the money or the transactions of an account, or that there is no account. */
  reads(): number {
    return this.#reads;
  }

  /** How often it was read which accounts there are. */
  accountLists(): number {
    return this.#accountLists;
  }

  /** Whether the bank recently refused to show a part of this account; another login may be allowed to see it. */
  refuses(accountId: string): boolean {
    return accountParts.some(
      (part) =>
        this.#troubles.faultOf(accountId, part) === 'refused' && this.#troubles.rests(accountId, part),
    );
  }

  /** What the bank does not show of the accounts that this login reads. */
  troubles(): readonly AccountTrouble[] {
    const own = this.#own();
    const unread = own.flatMap((account) => {
      const since = this.#unread.since(account.id);
      if (since === null) return [];
      return [{ account, part: 'transactions', fault: 'rows_unreadable', since, isLasting: true } as const];
    });
    return [...this.#troubles.of(own), ...unread];
  }

  /** Whether it reads an account whose webhook was never compared: a new one, one reopened, or one of another login. */
  hasNewAccount(): boolean {
    return this.#compared !== null && this.#ringable().some(({ id }) => this.#compared?.has(id) === false);
  }

  /** When to read the household again, because a list left something out; else null. */
  nextAsk(): Monotonic | null {
    const { ingest, loginId } = this.#options;
    const { accounts, pots } = ingest.knowledge().missing;
    const ofPots = this.#own().map(({ id }) => nextAsk(pots.get(id)));
    const asks = [this.#noAccountsUntil, nextAsk(accounts.get(loginId)), ...ofPots];
    const times = asks.filter((time) => time !== null);
    return times.length === 0 ? null : Math.min(...times);
  }

  /** When to ask for what the bank did not show of an account; null where it showed everything. */
  nextTrouble(): Monotonic | null {
    return this.#troubles.nextAsk(this.#own());
  }

  /** Asks for what the bank did not show of single accounts and is due, and for nothing else. */
  async askAgain(): Promise<void> {
    await tryEach(this.#own(), async (account) => {
      const due = this.#troubles.due(account.id);
      const money = due.filter((part) => part !== 'transactions');
      if (money.length > 0) await this.#readMoney(account, money);
      if (due.includes('transactions'))
        await this.#exceptTrouble(account, async () => {
          await this.#list(account.id, { from: 'overlap' });
        });
    });
  }

  /** A person asks: nothing that the bank did not show rests any longer. */
  askNow(): void {
    this.#troubles.askNow();
  }

  /** Lists an account's new transactions because of a ring. Returns whether something was new. */
  async listNew(accountId: string, wish: ListWish): Promise<boolean> {
    const account = this.#account(accountId);
    if (!account) return false;
    let isNews = false;
    await this.#exceptTrouble(account, async () => {
      isNews = await this.#list(accountId, { ...wish, isRung: true });
    });
    if (isNews) this.#clearRead(account);
    return isNews;
  }

  /** Reads the balance or the pots of an account at once. */
  async readAgain(accountId: string, parts: readonly ('balance' | 'pots')[]): Promise<void> {
    const account = this.#account(accountId);
    const asked = parts.filter((part) => !this.#troubles.rests(accountId, part));
    if (account) await this.#readMoney(account, asked);
  }

  /** Reads one transaction by its id at once. Returns whether something was new. */
  readTransaction(accountId: string, transactionId: string): Promise<boolean> {
    return this.#pending.read(accountId, transactionId);
  }

  /** From now on (or from `since`, where the login was active before) the transactions of its accounts are events. */
  beginEvents(since: Instant): Promise<void> {
    return beginEvents(this.#options, this.#shown(), since);
  }

  #shown(): readonly Account[] {
    const { ingest, loginId } = this.#options;
    return (ingest.knowledge().accounts.get(loginId)?.value ?? []).filter(isShown);
  }

  /** The accounts that this login reads. */
  #own(): readonly Account[] {
    return this.#shown().filter(({ id }) => this.#options.isReader(id));
  }

  /** Whether the bank does not show a part of an account. It may be slow to fail again, so that part is asked for last. */
  #isTroubled(accountId: string, part: AccountPart): boolean {
    return this.#troubles.faultOf(accountId, part) !== null;
  }

  /** Those that are worth a webhook: one that the bank stops to show for a while keeps it. */
  #ringable(): readonly Account[] {
    return this.#own().filter(
      ({ id }) => !this.#isTroubled(id, 'transactions') || this.#wasShown(id, 'transactions'),
    );
  }

  #wasShown(accountId: string, part: AccountPart): boolean {
    const { ingest, store } = this.#options;
    const { balances, pots } = ingest.knowledge();
    if (part !== 'transactions') return (part === 'balance' ? balances : pots).has(accountId);
    return this.#listed.has(accountId) || store.ledger.newestCreated(accountId) !== null;
  }

  /** One list serves all who want one before it begins. */
  #list(accountId: string, wish: ListWish): Promise<boolean> {
    this.#wishes.set(accountId, mergedWish(this.#overlapping(accountId, wish), this.#wishes.get(accountId)));
    return this.#listTogether(accountId);
  }

  /** What was shown late since the last overlap lies behind the row that was the newest then, not behind the newest now. */
  #overlapping(accountId: string, wish: ListWish): ListWish {
    const since = this.#overlapsFrom.get(accountId);
    return wish.from === 'overlap' ? mergedWish({ from: 'overlap', since }, wish) : wish;
  }

  #account(accountId: string): Account | undefined {
    return this.#own().find(({ id }) => id === accountId);
  }

  async #readHousehold(): Promise<void> {
    await this.listAccounts();
    const { logins, loginId } = this.#options;
    const { activeSince } = logins.get(loginId);
    if (activeSince !== null) await this.beginEvents(activeSince);
    await tryEach(this.#own(), async (account) => {
      const parts = (['balance', 'pots'] as const).filter((part) => !this.#isTroubled(account.id, part));
      await this.#readMoney(account, parts);
    });
  }

  /** Reads which accounts there are, and nothing of them. The bank refuses that until the person has approved access. */
  async listAccounts(): Promise<void> {
    const { client, ingest, loginId, clock } = this.#options;
    const askedAt = clock.monotonic();
    const { at, value: rows, unreadable } = await client.accounts();
    ingest.observe([{ kind: 'accounts', at, loginId, list: { rows, askedAt, unreadable } }]);
    this.#rememberCompared(this.#compared);
    const isNone = this.#shown().length === 0;
    this.#noAccountsUntil = isNone ? askedAt + this.#afterNoAccounts.next() : null;
    this.#accountLists += 1;
    if (isNone) this.#reads += 1;
  }

  /** Reads the balance and the pots of an account, or one of them. What can be read is recorded, whatever became of the other. */
  async #readMoney(account: Account, wanted: readonly AccountPart[]): Promise<void> {
    const { ingest } = this.#options;
    const all = moneyParts(this.#options, account);
    if (all.every(({ part }) => part !== 'pots')) this.#clear(account, 'pots');
    const parts = all.filter(({ part }) => wanted.includes(part));
    const read = await Promise.allSettled(parts.map((part) => part.read()));
    ingest.observe(read.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])));
    await tryEach(parts.entries(), async ([index, { part }]) => {
      const one = read[index];
      if (one?.status === 'rejected') await this.#blame(account, part, one.reason);
      else this.#noteShown(account, part);
    });
  }

  #tookIn({ id }: Account, listed: Listed): void {
    this.#listed.add(id);
    this.#pending.shown(listed.ids);
    this.#unread.listed(id, listed);
  }

  async #follow(account: Account): Promise<void> {
    await this.#pending.follow(account);
    for (const id of this.#unread.due(account.id)) await this.#pending.read(account.id, id);
  }

  async #reconcileWebhooks(): Promise<void> {
    const { subscriptions, loginId, client } = this.#options;
    const reads = this.#ringable().map(({ id }) => id);
    const sees = this.#shown().map(({ id }) => id);
    this.#rememberCompared(new Set([...(this.#compared ?? []), ...reads]));
    await subscriptions.reconcile({ loginId, client, reads, sees });
  }

  #rememberCompared(compared: ReadonlySet<string> | null): void {
    const listed = new Set(this.#shown().map(({ id }) => id));
    this.#compared = compared?.intersection(listed) ?? null;
  }

  /** Lists every account without trouble, also after one of them has failed; then throws the first failure. */
  async #listEach(list: (account: Account) => Promise<void>): Promise<void> {
    const accounts = this.#own().filter(({ id }) => !this.#isTroubled(id, 'transactions'));
    await tryEach(accounts, (account) => this.#exceptTrouble(account, () => list(account)));
  }

  async #exceptTrouble(account: Account, list: () => Promise<void>): Promise<void> {
    if (await this.#isShown(account, list)) this.#noteShown(account, 'transactions');
  }

  /** Whether the bank showed what was asked for of an account's transactions. */
  async #isShown(account: Account, read: () => Promise<void>): Promise<boolean> {
    try {
      await read();
      return true;
    } catch (thrown) {
      await this.#blame(account, 'transactions', thrown);
      return false;
    }
  }

  /**
   * What the bank does not show of one account is that account's trouble, and not the login's. Access is lost, and the bank
   * is down, only where the list of accounts meets the same. Throws what is no account's trouble.
   */
  async #blame(account: Account, part: AccountPart, thrown: unknown): Promise<void> {
    const { ingest, clock, log, onTroubles } = this.#options;
    const { id: accountId, type } = account;
    const fault = accountFaultOf(thrown);
    if (fault === null) throw thrown;
    // Later the household proves it, which is read as often as this is asked for at last.
    if (this.#troubles.faultOf(accountId, part) !== fault) await this.#proveLogin(fault, thrown);
    if (part !== 'transactions') ingest.observe([{ kind: 'unread', part, at: clock.now(), accountId }]);
    if (this.#troubles.note({ accountId, part, fault }))
      log.info('Monzo does not show a part of an account.', { account: accountId, type, part, fault });
    onTroubles();
  }

  /** Throws where the bank does not show the list of accounts either. */
  async #proveLogin(fault: string, thrown: unknown): Promise<void> {
    if (fault !== 'refused' && fault !== 'failed') return;
    try {
      await this.#options.client.accounts();
    } catch (proof) {
      throw fault === 'refused' ? proof : thrown;
    }
  }

  #noteShown(account: Account, part: AccountPart): void {
    this.#reads += 1;
    this.#clear(account, part);
  }

  /** A list with news reads the money beside it: what that has shown is no trouble any longer. */
  #clearRead(account: Account): void {
    const { balances, pots } = this.#options.ingest.knowledge();
    if (balances.get(account.id)?.value.unread !== true && balances.has(account.id))
      this.#clear(account, 'balance');
    const own = pots.get(account.id)?.value ?? [];
    if (own.length > 0 && own.every(({ lastRead }) => lastRead === undefined)) this.#clear(account, 'pots');
  }

  #clear({ id }: Account, part: AccountPart): void {
    if (!this.#troubles.clear(id, part)) return;
    this.#options.log.info('Monzo shows this part of an account again.', { account: id, part });
    this.#options.onTroubles();
  }
}
