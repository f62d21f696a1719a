import { dayStart } from '../domain/time.ts';
import type { Currency, Minor } from '../domain/values.ts';
import type { Database, Row, Value } from './database.ts';
import { integer, text, textOrNull } from './rows.ts';

export type SpendingGroup = 'day' | 'month' | 'category' | 'merchant';

export interface SpendingRequest {
  readonly by: SpendingGroup;
  /** Each month by itself, for what is not grouped by time anyway; not for merchants. */
  readonly each?: 'month' | undefined;
  readonly accountId?: string | undefined;
  /** Local days of `timeZone`; `since` inclusive, `before` exclusive. */
  readonly since?: string | undefined;
  readonly before?: string | undefined;
  readonly timeZone: string;
  readonly limit: number;
}

/** Sums in minor units, never negative. */
export interface SpendingSum {
  readonly currency: Currency;
  readonly spent: Minor;
  readonly refunded: Minor;
  readonly income: Minor;
  /** The number of transactions in all three sums. */
  readonly count: number;
}

export interface SpendingGroupSum extends SpendingSum {
  readonly key: string;
  /** The month, where each was asked for by itself. */
  readonly month: string | null;
}

export interface Spending {
  /**
   * The first `limit` groups: days and months oldest first, others by the amount spent, largest first. Each month by
   * itself, the newest month comes first.
   */
  readonly groups: readonly SpendingGroupSum[];
  /** The sums of all requested transactions, by currency. */
  readonly totals: readonly SpendingSum[];
}

interface Source {
  readonly from: string;
  readonly key: string;
  readonly count: string;
  readonly order: string;
  /** The column that `since` and `before` are compared with, and the value of a day in it. */
  readonly time: string;
  readonly timeOf: (day: string, timeZone: string) => Value;
}

const summaries = {
  from: 'day_summary',
  time: 'day',
  count: 'sum(count)',
  timeOf: (day: string) => day,
} as const;

const monthOfDay = 'substr(day, 1, 7)';
const mostSpentFirst = 'spent - refunded DESC, key, currency';

/** The source of each grouping. Day summaries have no merchants; an index has the rows in their order. */
const sources: Readonly<Record<SpendingGroup, Source>> = {
  day: { ...summaries, key: 'day', order: 'key, currency' },
  month: { ...summaries, key: monthOfDay, order: 'key, currency' },
  // A transaction that is split counts in each of its categories.
  category: { ...summaries, key: 'category', count: 'sum(uses)', order: mostSpentFirst },
  merchant: {
    from: 'bank_transaction INDEXED BY transaction_by_merchant',
    key: 'spent_at',
    count: 'count(*)',
    order: mostSpentFirst,
    time: 'created',
    timeOf: dayStart,
  },
};

/** What was spent, refunded and received, in groups. `domain/spending.ts` decides what a row counts as. */
export function readSpending(database: Database, request: SpendingRequest): Spending {
  const source = sources[request.by];
  const requested = conditionsOf(source, request);
  const month = request.each === 'month' ? monthOfDay : 'NULL';
  const groups = database.all(
    `SELECT ${source.key} AS key, ${month} AS month, ${sumsOf(source)} FROM ${source.from} WHERE ${requested.sql}
      GROUP BY month, key, currency ORDER BY month DESC, ${source.order} LIMIT ?`,
    [...requested.values, request.limit],
    (row) => ({ key: text(row, 'key'), month: textOrNull(row, 'month'), ...readSum(row) }),
  );
  const all = conditionsOf(sources.day, request);
  const totals = database.all(
    `SELECT ${sumsOf(sources.day)} FROM day_summary WHERE ${all.sql} GROUP BY currency ORDER BY currency`,
    all.values,
    readSum,
  );
  return { groups, totals };
}

export interface AccountSpending {
  readonly accountId: string;
  readonly currency: Currency;
  /** Spending less refunds, in minor units. */
  readonly amount: Minor;
}

/** What was spent from each account since a local day (`YYYY-MM-DD`); accounts without such rows are left out. */
export function readSpentSince(database: Database, day: string): readonly AccountSpending[] {
  return database.all(
    `SELECT account_id, currency, -sum(amount) AS amount FROM day_summary
      WHERE day >= ? AND flow IN ('spending', 'refund') GROUP BY account_id, currency`,
    [day],
    (row) => ({
      accountId: text(row, 'account_id'),
      currency: text(row, 'currency'),
      amount: integer(row, 'amount'),
    }),
  );
}

function sumsOf({ count }: Source): string {
  return `currency,
    coalesce(-sum(amount) FILTER (WHERE flow = 'spending'), 0) AS spent,
    coalesce(sum(amount) FILTER (WHERE flow = 'refund'), 0) AS refunded,
    coalesce(sum(amount) FILTER (WHERE flow = 'income'), 0) AS income,
    ${count} AS count`;
}

function conditionsOf({ time, timeOf }: Source, request: SpendingRequest) {
  const { accountId, since, before, timeZone } = request;
  const conditions: readonly (readonly [string, Value | undefined])[] = [
    ['account_id = ?', accountId],
    [`${time} >= ?`, since === undefined ? undefined : timeOf(since, timeZone)],
    [`${time} < ?`, before === undefined ? undefined : timeOf(before, timeZone)],
  ];
  const wanted = conditions.filter((one): one is readonly [string, Value] => one[1] !== undefined);
  return {
    sql: ["flow IN ('spending', 'refund', 'income')", ...wanted.map(([sql]) => sql)].join(' AND '),
    values: wanted.map(([, value]) => value),
  };
}

function readSum(row: Row): SpendingSum {
  return {
    currency: text(row, 'currency'),
    spent: integer(row, 'spent'),
    refunded: integer(row, 'refunded'),
    income: integer(row, 'income'),
    count: integer(row, 'count'),
  };
}
