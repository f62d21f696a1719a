import type { Unreadable } from '../domain/absence.ts';
import type { Account, Pot, Reading } from '../domain/account.ts';
import type { SeenBalance, Sighting } from '../domain/sighting.ts';
import { receiptKey, type Receipt } from '../domain/receipt.ts';
import type { Transaction } from '../domain/transaction.ts';
import { instantText, type Instant, type Minor } from '../domain/values.ts';
import type { PageFacts } from './page-facts.ts';
import { walkPages, type PageWalk } from './page-walk.ts';
import { isBankId, isJsonObject, type ShapeReport } from './shape.ts';
import { BankError, type BankAnswer, type BankRequest, type Priority } from './transport.ts';
import {
  createWire,
  unknownShape,
  unreadableIn,
  type TransactionPage,
  type Webhook,
  type Whoami,
  type Wire,
} from './wire.ts';
import type { MovedPot } from './wire-household.ts';
import { readReceipt, wireReceipt } from './wire-receipt.ts';

export interface ClientOptions {
  /** Sends with an access token of the login. */
  readonly send: (request: Omit<BankRequest, 'token'>, signal?: AbortSignal) => Promise<BankAnswer>;
  readonly report: ShapeReport;
  /** Shared by all clients of one login. */
  readonly pageFacts: PageFacts;
}

export interface CallOptions {
  /** `poll` unless said otherwise; money moves are `money`. */
  readonly priority?: Priority | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface TransactionQuery extends CallOptions {
  readonly accountId: string;
  /** An instant, or the id of a transaction. Without one Monzo shows thirty days only, and does not say so. */
  readonly since: Instant | string;
  readonly before?: Instant | undefined;
  /** At most 100, which is also the default: Monzo's own is 30. */
  readonly limit?: number | undefined;
}

export interface AllTransactionsQuery extends Omit<TransactionQuery, 'limit'>, Pick<PageWalk, 'isGlance'> {
  /** Receives each row once, oldest first. Awaited before the next page is read. */
  readonly onPage: PageWalk['onPage'];
  /** Told how many rows of a page could not be read, where there were any. */
  readonly onUnreadable?: (rows: number, ids: readonly string[]) => void;
}

export interface PotMove extends CallOptions {
  readonly potId: string;
  /** The account the pot belongs to. */
  readonly accountId: string;
  /** Minor units, above zero. */
  readonly amount: Minor;
  /** The same for every repetition: Monzo then moves the money once. */
  readonly dedupeId: string;
  /** As in BankRequest. */
  readonly isStillWanted?: BankRequest['isStillWanted'];
  readonly departure?: BankRequest['departure'];
}

export interface FeedItem extends CallOptions {
  readonly accountId: string;
  readonly title: string;
  /** Monzo requires one. */
  readonly imageUrl: string;
  readonly body?: string | undefined;
  readonly url?: string | undefined;
}

/** The bank as one login may use it. Everything throws BankError, `unknown_shape`, or the signal's reason. */
export type MonzoClient = ReturnType<typeof createMonzoClient>;

/** A complete list, and which of its rows could not be read. */
export interface ListReading<Row> extends Reading<readonly Row[]> {
  readonly unreadable: Unreadable;
}

/** The most that the bank documents; it may send fewer. */
const longestPage = 100;
const expanded = { 'expand[]': ['merchant'] };

type Query = NonNullable<BankRequest['query']>;
type Write = Pick<BankRequest, 'method' | 'path' | 'isStillWanted' | 'departure'> & {
  readonly form?: Readonly<Record<string, string>>;
  readonly query?: Query;
  readonly json?: object;
};

interface Calls {
  get(path: string, query: Query, options: CallOptions | undefined): Promise<BankAnswer>;
  write(request: Write, options: CallOptions): Promise<BankAnswer>;
}

/** The bank as functions, for one login. Each read says when its answer arrived. */
export function createMonzoClient({ send, report, pageFacts }: ClientOptions) {
  const wire = createWire(report);
  const calls: Calls = {
    get: (path, query, { priority = 'poll', signal } = {}) =>
      send({ method: 'GET', path, query, priority }, signal),
    write: (request, { priority = 'poll', signal }) => send({ ...request, priority }, signal),
  };
  return {
    async whoami(options?: CallOptions): Promise<Reading<Whoami>> {
      const { at, body } = await calls.get('/ping/whoami', {}, options);
      return { at, value: wire.readWhoami(body) };
    },

    /** Closed ones included. */
    async accounts(options?: CallOptions): Promise<ListReading<Sighting<Account>>> {
      const { at, body } = await calls.get('/accounts', {}, options);
      const value = wire.readAccounts(body);
      return { at, value, unreadable: unreadableIn(body, 'accounts', value) };
    },

    async balance(accountId: string, options?: CallOptions): Promise<Reading<SeenBalance>> {
      const { at, body } = await calls.get('/balance', { account_id: accountId }, options);
      return { at, value: wire.readBalance(body, at) };
    },

    /** Deleted ones included. */
    async pots(accountId: string, options?: CallOptions): Promise<ListReading<Sighting<Pot>>> {
      const { at, body } = await calls.get('/pots', { current_account_id: accountId }, options);
      const value = wire.readPots(body, accountId);
      return { at, value, unreadable: unreadableIn(body, 'pots', value) };
    },

    ...transactionCalls(calls, wire, pageFacts),
    ...webhookCalls(calls, wire),
    ...moneyCalls(calls, wire),
    ...receiptCalls(calls),
  };
}

function transactionCalls(calls: Calls, wire: Wire, facts: PageFacts) {
  const page = async (query: TransactionQuery): Promise<Reading<TransactionPage>> => {
    const { accountId, since, before, limit = longestPage } = query;
    const params = {
      ...expanded,
      account_id: accountId,
      since: typeof since === 'number' ? instantText(since) : since,
      ...(before === undefined ? {} : { before: instantText(before) }),
      limit: String(limit),
    };
    const { at, body } = await calls.get('/transactions', params, query);
    return { at, value: wire.readTransactionPage(body, accountId) };
  };
  return {
    /** One page of as many rows as the bank likes, usually the earliest after `since`. */
    async transactions(query: TransactionQuery): Promise<Reading<readonly Transaction[]>> {
      const { at, value } = await page(query);
      return { at, value: value.transactions };
    },

    /** Reads every row from `since` on, page by page; returns how many there were. Rejects with what `onPage` throws. */
    allTransactions: ({ onPage, onUnreadable, isGlance, ...query }: AllTransactionsQuery): Promise<number> =>
      walkPages({
        isGlance,
        accountId: query.accountId,
        range: { since: query.since, before: query.before },
        readPage: (range) => page({ ...query, ...range }),
        onPage,
        onUnreadable,
        facts,
      }),

    async transaction(id: string, options?: CallOptions): Promise<Reading<Transaction>> {
      const { at, body } = await calls.get(`/transactions/${pathId(id)}`, expanded, options);
      return { at, value: wire.readTransaction(body) };
    },

    /** Sets the notes the person sees in the app; Monzo ignores every other key. */
    async annotate(id: string, notes: string, options: CallOptions = {}): Promise<Reading<Transaction>> {
      const form = { 'metadata[notes]': notes };
      const path = `/transactions/${pathId(id)}`;
      const { at, body } = await calls.write({ method: 'PATCH', path, form }, options);
      return { at, value: wire.readTransaction(body) };
    },
  };
}

function webhookCalls(calls: Calls, wire: Wire) {
  return {
    /** Registers a webhook, also where the same address is registered already: Monzo does not check. */
    async createWebhook(
      { accountId, url }: Omit<Webhook, 'id'>,
      options: CallOptions = {},
    ): Promise<Reading<Webhook>> {
      const form = { account_id: accountId, url };
      const { at, body } = await calls.write({ method: 'POST', path: '/webhooks', form }, options);
      return { at, value: wire.readWebhook(body, accountId) };
    },

    /**
     * The webhooks that this OAuth client registered. Throws `unknown_shape` where one of them cannot be read: it may be
     * the one that is looked for.
     */
    async webhooks(accountId: string, options?: CallOptions): Promise<Reading<readonly Webhook[]>> {
      const { at, body } = await calls.get('/webhooks', { account_id: accountId }, options);
      const value = wire.readWebhooks(body, accountId);
      const { ids, unnamed } = unreadableIn(body, 'webhooks', value);
      if (ids.length + unnamed > 0) throw unknownShape('webhook');
      return { at, value };
    },

    /** Removes a webhook; one that is gone already is no failure. */
    async deleteWebhook(id: string, options: CallOptions = {}): Promise<void> {
      try {
        await calls.write({ method: 'DELETE', path: `/webhooks/${pathId(id)}` }, options);
      } catch (thrown) {
        const isGone =
          thrown instanceof BankError && thrown.fault === 'not_found' && thrown.bankCode !== null;
        if (!isGone) throw thrown;
      }
    },
  };
}

function moneyCalls(calls: Calls, wire: Wire) {
  const move = async (path: string, account: string, potMove: PotMove): Promise<Reading<MovedPot | null>> => {
    const { potId, accountId, amount, dedupeId, signal, priority = 'money' } = potMove;
    const { isStillWanted, departure } = potMove;
    if (!Number.isSafeInteger(amount) || amount <= 0) throw neverSent();
    const form = { [account]: accountId, amount: String(amount), dedupe_id: dedupeId };
    const request = {
      method: 'PUT',
      path: `/pots/${pathId(potId)}/${path}`,
      form,
      ...(isStillWanted && { isStillWanted }),
      ...(departure && { departure }),
    } as const;
    const { at, body, status } = await calls.write(request, { priority, signal });
    if (!isJsonObject(body) || body['id'] !== potId)
      throw new BankError('not_json', { status, effect: 'unknown' });
    return { at, value: readOrNull(() => wire.readPot(body, accountId)) };
  };
  return {
    /**
     * Moves money from the account into its pot. When this returns the money has moved; the value is the pot after it,
     * null where its description could not be read. What a thrown BankError leaves open is in its `effect`.
     */
    depositIntoPot: (potMove: PotMove): Promise<Reading<MovedPot | null>> =>
      move('deposit', 'source_account_id', potMove),

    /** Moves money from the pot into its account; otherwise as `depositIntoPot`. */
    withdrawFromPot: (potMove: PotMove): Promise<Reading<MovedPot | null>> =>
      move('withdraw', 'destination_account_id', potMove),

    /** Shows an item in the app's feed. It can neither be changed nor removed, and a repetition shows it again. */
    async feedItem({ accountId, title, imageUrl, body, url, ...options }: FeedItem): Promise<void> {
      const form = {
        account_id: accountId,
        type: 'basic',
        'params[title]': title,
        'params[image_url]': imageUrl,
        ...(body === undefined ? {} : { 'params[body]': body }),
        ...(url === undefined ? {} : { url }),
      };
      await calls.write({ method: 'POST', path: '/feed', form }, options);
    },
  };
}

const receiptPath = '/transaction-receipts';

/** The bridge's own receipt of a transaction: Monzo shows a program no others. */
function receiptCalls(calls: Calls) {
  const keyed = (transactionId: string) => ({ external_id: receiptKey(pathId(transactionId)) });
  const unlessMissing = async <T>(call: Promise<T>): Promise<T | null> => {
    try {
      return await call;
    } catch (thrown) {
      if (thrown instanceof BankError && thrown.fault === 'not_found') return null;
      throw thrown;
    }
  };
  return {
    /** Null where there is none. */
    async receipt(transactionId: string, options?: CallOptions): Promise<Receipt | null> {
      const answer = await unlessMissing(calls.get(receiptPath, keyed(transactionId), options));
      return answer && readReceipt(answer.body);
    },

    /** Stores a receipt, or replaces the one that is there: a repetition changes nothing. */
    async putReceipt(transactionId: string, receipt: Receipt, options: CallOptions = {}): Promise<void> {
      const json = wireReceipt(receiptKey(pathId(transactionId)), transactionId, receipt);
      await calls.write({ method: 'PUT', path: receiptPath, json }, options);
    },

    /** Also where there is none. */
    async removeReceipt(transactionId: string, options: CallOptions = {}): Promise<void> {
      const query = keyed(transactionId);
      await unlessMissing(calls.write({ method: 'DELETE', path: receiptPath, query }, options));
    },
  };
}

/** An id that may stand in a path. Throws BankError for any other text, which could change the path. */
function pathId(id: string): string {
  if (!isBankId(id)) throw neverSent();
  return id;
}

function neverSent(): BankError {
  return new BankError('bad_request', { effect: 'none' });
}

function readOrNull<Value>(read: () => Value): Value | null {
  try {
    return read();
  } catch {
    return null;
  }
}
