import { z } from 'zod';
import { withDeadline } from '../async.ts';
import type { Clock } from '../clock.ts';
import { mayHavePots, type Account } from '../domain/account.ts';
import type { BalanceRead, Observation, TransactionsSeen } from '../domain/fold.ts';
import type { AccountPart } from '../domain/learnt.ts';
import type { Instant } from '../domain/values.ts';
import {
  balanceFirst,
  doorbell,
  listOverlap,
  readableReach,
  rowOverlap,
  sweep,
  timeOverlap,
} from '../limits.ts';
import type { AllTransactionsQuery, MonzoClient } from '../monzo/monzo-client.ts';
import type { Store } from '../store/store.ts';
import type { Ingest } from './ingest.ts';
import { listFromCursor, listWithinReach, reachOf, type Cursor } from './reach.ts';

/** What reading one account through one login takes. */
export interface ReadingTools {
  readonly loginId: string;
  readonly client: MonzoClient;
  readonly ingest: Ingest;
  readonly store: Store;
  readonly clock: Clock;
}

/** A list that was read to its end. */
export interface Listed {
  /** False where a row of it could not be read, or the bank did not list as far back as was asked for. */
  readonly isWhole: boolean;
  /** Whether it showed something new. */
  readonly isNews: boolean;
  /** Of the rows that it showed. */
  readonly ids: ReadonlySet<string>;
  /** The ids of rows that it showed and that could not be read. */
  readonly unreadable: readonly string[];
  /** The `external_id`s of the rows that it showed. */
  readonly externalIds: ReadonlySet<string>;
}

export interface ListRequest {
  readonly account: Account;
  /** An instant, or a known row. */
  readonly since: Instant | Cursor;
  /** Rows that rings have named by now: the balance and the pots are asked for beside the list, for these rows. */
  readonly rung?: ReadonlySet<string> | undefined;
  readonly isGlance?: AllTransactionsQuery['isGlance'];
  /** The balance and the pots that follow from new rows; null where only the bank can tell them, which is the rule. */
  readonly moneyAfter?: ((rows: TransactionsSeen) => readonly Observation[] | null) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Lists an account's transactions from an instant or a row on, and records them together with the balance that they led to. */
export async function listSince(tools: ReadingTools, request: ListRequest): Promise<Listed> {
  const { client, ingest, loginId } = tools;
  const { account, since, signal, isGlance } = request;
  const recorder = createRecorder(tools, request);
  let isWhole = true;
  let isNews = false;
  const ids = new Set<string>();
  const unreadable: string[] = [];
  const externalIds = new Set<string>();
  const list = async (begin: Instant | string) => {
    try {
      const listed = client.allTransactions({
        accountId: account.id,
        since: begin,
        isGlance,
        onPage: async ({ at, value: transactions, isFull }) => {
          for (const { id, externalId } of transactions) {
            ids.add(id);
            if (externalId !== null) externalIds.add(externalId);
          }
          const page = { kind: 'transactions', at, loginId, accountId: account.id, transactions } as const;
          const news = ingest.newsIn(page);
          if (news.length === 0) return;
          isNews = true;
          await recorder.take({ ...page, transactions: news }, isFull);
        },
        onUnreadable: (_, found) => {
          isWhole = false;
          unreadable.push(...found);
        },
        signal,
      });
      recorder.askBeside();
      await listed;
    } finally {
      await recorder.record();
    }
  };
  const scope = { accountId: account.id, signal };
  const isTime = typeof since === 'number';
  const begin = isTime
    ? await listWithinReach(tools, { ...scope, since }, list)
    : await listFromCursor(tools, { ...scope, since }, list);
  isWhole &&= begin <= (isTime ? since : since.created);
  return { isWhole, isNews, ids, unreadable, externalIds };
}

/** So many pages that are followed by more share one reading of the balance and the pots. */
const pagesTogether = 5;

/**
 * Records what pages have shown, with a balance and pots that include it: asked for after a ring had named every row, or
 * after the list had shown them. Where more pages follow, they are waited for.
 */
function createRecorder(tools: ReadingTools, { account, rung = new Set(), moneyAfter }: ListRequest) {
  let money: ReturnType<typeof readMoneyInTime> | null = null;
  let isIncluded = (id: string) => rung.has(id);
  let pages: TransactionsSeen[] = [];
  const record = async () => {
    const taken = pages;
    pages = [];
    const rows = taken.flatMap(({ transactions }) => transactions);
    const ids = new Set(rows.map(({ id }) => id));
    const last = taken.at(-1);
    if (last === undefined) return;
    const known = moneyAfter?.({ ...last, transactions: rows }) ?? null;
    if (known !== null) {
      tools.ingest.observe([...known, ...taken]);
      return;
    }
    if (money === null || ![...ids].every(isIncluded)) {
      money = readMoneyInTime(tools, account);
      isIncluded = (id) => ids.has(id);
    }
    tools.ingest.observe([...(await money), ...taken]);
  };
  return {
    askBeside: () => {
      if (rung.size > 0) money ??= readMoneyInTime(tools, account);
    },
    record,
    take: async (page: TransactionsSeen, isFull: boolean) => {
      pages.push(page);
      if (!isFull || pages.length === pagesTogether) await record();
    },
  };
}

/** From the list that costs least to the one that shows most. */
const begins = ['newest', 'page', 'overlap'] as const;
type ListBegin = (typeof begins)[number];

/** What a list of new rows is wanted for. */
export interface ListWish extends Pick<ListRequest, 'rung'> {
  /**
   * `newest`: from a few rows before the newest known one, which costs the same however many rows are recent. `overlap`: from
   * so long before it that rows which the bank has shown late are found; `page`: the same, but no further than one page goes
   * back, so that its cost is bounded.
   */
  readonly from: ListBegin;
  /** The list shall show what was created then, too. */
  readonly since?: Instant | undefined;
  /** Whether a ring wants it: its calls come before those of the schedule. */
  readonly isRung?: boolean;
}

/** One list that serves both. */
export function mergedWish(one: ListWish, other: ListWish | undefined): ListWish {
  if (other === undefined) return one;
  const times = [one.since, other.since].filter((since) => since !== undefined);
  return {
    from: begins.findLast((from) => from === one.from || from === other.from) ?? 'overlap',
    since: times.length === 0 ? undefined : Math.min(...times),
    rung: new Set([...(one.rung ?? []), ...(other.rung ?? [])]),
    isRung: one.isRung === true || other.isRung === true,
  };
}

/** Lists what is new. */
export function listNew(
  tools: ReadingTools,
  { from, since = Number.MAX_SAFE_INTEGER, ...request }: ListWish & Omit<ListRequest, 'since'>,
): Promise<Listed> {
  const { account } = request;
  const cursor = from === 'newest' ? cursorBefore(tools, account, since) : null;
  const oldest = Math.max(
    tools.clock.now() - reachOf(tools, account.id),
    from === 'page' ? pageSince(tools, account) : Number.NEGATIVE_INFINITY,
  );
  const begin = cursor ?? Math.max(oldest, Math.min(since - timeOverlap, overlapSince(tools, account)));
  return listSince(tools, { ...request, since: begin });
}

/** When all that the bank shows of an account was last listed for changes. */
const sweptFarKey = 'swept_far';
const sweptFarSchema = z.array(z.tuple([z.string(), z.number()])).catch([]);

/**
 * Lists the last weeks in full, and once a week as far back as the bank shows them, for changes that no list of new rows
 * shows.
 */
export async function sweepAccount(tools: ReadingTools, account: Account): Promise<Listed> {
  const { settings } = tools.store;
  const now = tools.clock.now();
  const sweptFar = () => new Map(sweptFarSchema.parse(settings.get(sweptFarKey)));
  const last = sweptFar().get(account.id);
  const isFar = last === undefined || Math.abs(now - last) >= sweep.farEvery;
  const reach = Math.min(isFar ? readableReach : sweep.reach, reachOf(tools, account.id));
  const listed = await listSince(tools, { account, since: now - reach });
  if (isFar) settings.set(sweptFarKey, [...sweptFar().set(account.id, now)]);
  return listed;
}

/** One call that shows a part of an account. */
export interface PartReading {
  readonly part: Extract<AccountPart, 'balance' | 'pots'>;
  readonly read: () => Promise<Observation>;
}

/** How to read the balance and, where there may be some, the pots. */
export function moneyParts(
  { client, clock, ingest }: Pick<ReadingTools, 'client' | 'clock' | 'ingest'>,
  account: Account,
  signal?: AbortSignal,
): readonly PartReading[] {
  const accountId = account.id;
  const balance = async (): Promise<BalanceRead> => {
    const askedAt = clock.monotonic();
    const { at, value } = await client.balance(accountId, { signal });
    return { kind: 'balance', at, askedAt, accountId, balance: value };
  };
  const pots = async (): Promise<Observation> => {
    const askedAt = clock.monotonic();
    const { at, value: rows, unreadable } = await client.pots(accountId, { signal });
    return { kind: 'pots', at, accountId, list: { rows, askedAt, unreadable } };
  };
  const hasPots =
    ingest
      .knowledge()
      .pots.get(accountId)
      ?.value.some(({ deleted }) => !deleted) === true;
  return [
    { part: 'balance', read: balance },
    ...(hasPots || mayHavePots(account) ? [{ part: 'pots', read: pots } as const] : []),
  ];
}

/** Reads the balance and, where there may be some, the pots. Throws where either cannot be read. */
export function readMoney(
  tools: Pick<ReadingTools, 'client' | 'clock' | 'ingest'>,
  account: Account,
  signal?: AbortSignal,
): Promise<readonly Observation[]> {
  return Promise.all(moneyParts(tools, account, signal).map(({ read }) => read()));
}

/** The event carries the balance, but never waits long for it; where one part cannot be read, it is without that. Never throws. */
export async function readMoneyInTime(
  tools: ReadingTools,
  account: Account,
): Promise<readonly Observation[]> {
  const { clock } = tools;
  const late = () => new Error('The balance did not come in time.');
  try {
    const read = await withDeadline({ clock, ms: balanceFirst, late }, (signal) =>
      Promise.allSettled(moneyParts(tools, account, signal).map((part) => part.read())),
    );
    return read.flatMap((part) => (part.status === 'fulfilled' ? [part.value] : []));
  } catch {
    return [];
  }
}

/**
 * The row from which a list shows everything newer; null where none is known, or the newest is too old for a list. One that is
 * dated ahead of our time, by a clock that has gone back, is none.
 */
function cursorBefore(tools: ReadingTools, account: Account, before: Instant): Cursor | null {
  const { store, clock } = tools;
  const now = clock.now();
  const row = store.ledger.rowBefore(account.id, Math.min(before, now), rowOverlap);
  return row !== null && now - row.created < reachOf(tools, account.id) ? row : null;
}

/** As far back as one page goes, with room for what is new. */
function pageSince({ loginId, store }: ReadingTools, account: Account): Instant {
  const rows = Math.floor(doorbell.reach * (store.learnt.of(loginId).longestPage ?? doorbell.page));
  const created = store.ledger.createdBefore(account.id, rows) ?? Number.NEGATIVE_INFINITY;
  return created - timeOverlap;
}

/** Before the newest known row by as long as a row may be shown late; where none is known, before the first that is an event. */
export function overlapSince({ ingest, store, clock }: ReadingTools, account: Account): Instant {
  const { eventsSince } = ingest.knowledge();
  const newest = store.ledger.newestCreated(account.id) ?? eventsSince.get(account.id) ?? clock.now();
  return Math.min(newest, clock.now()) - listOverlap;
}
