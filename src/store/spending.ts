import { dayStart } from '../domain/day.ts';
import type { Currency, Minor } from '../domain/values.ts';
import type { Database } from './database.ts';
import { integer, text, type Row, type Value } from './row.ts';

export type SpendingGroup = 'day' | 'month' | 'category' | 'merchant';

export interface SpendingRequest {
  readonly by: SpendingGroup;
  readonly accountId?: string | undefined;
  /** Local days of `timeZone`; `since` inclusive, `before` exclusive. */
  readonly since?: string | undefined;
  readonly before?: string | undefined;
  readonly timeZone: string;
  readonly limit: number;
}

/** Sums in minor units, none of them negative. */
export interface SpendingSum {
  readonly currency: Currency;
  readonly spent: Minor;
  readonly refunded: Minor;
  readonly income: Minor;
  /** The transactions behind all three. */
  readonly count: number;
}

export interface SpendingGroupSum extends SpendingSum {
  readonly key: string;
}

export interface Spending {
  /** By time the oldest first, else what most was spent on first; the first `limit` of them. */
  readonly groups: readonly SpendingGroupSum[];
  /** Over everything that was asked for, by currency. */
  readonly totals: readonly SpendingSum[];
}

interface Source {
  readonly from: string;
  readonly key: string;
  readonly count: string;
  readonly order: string;
  /** What `since` and `before` are compared with, and the value of a day there. */
  readonly time: string;
  readonly timeOf: (day: string, timeZone: string) => Value;
}

const summaries = {
  from: 'day_summary',
  count: 'sum(count)',
  time: 'day',
  timeOf: (day: string) => day,
} as const;

const mostSpentFirst = 'spent - refunded DESC, key, currency';

/** Where each grouping is read from: the day summaries know no merchants, but an index has their rows in order. */
const sources: Readonly<Record<SpendingGroup, Source>> = {
  day: { ...summaries, key: 'day', order: 'key, currency' },
  month: { ...summaries, key: 'substr(day, 1, 7)', order: 'key, currency' },
  category: { ...summaries, key: 'category', order: mostSpentFirst },
  merchant: {
    from: 'bank_transaction INDEXED BY transaction_by_merchant',
    key: 'name',
    count: 'count(*)',
    order: mostSpentFirst,
    time: 'created',
    timeOf: dayStart,
  },
};

/** What was spent, given back and received, in groups. Which row counts as what: `domain/spending.ts`. */
export function readSpending(database: Database, request: SpendingRequest): Spending {
  const source = sources[request.by];
  const asked = conditionsOf(source, request);
  const groups = database.all(
    `SELECT ${source.key} AS key, ${sumsOf(source)} FROM ${source.from} WHERE ${asked.sql}
      GROUP BY key, currency ORDER BY ${source.order} LIMIT ?`,
    [...asked.values, request.limit],
    (row) => ({ key: text(row, 'key'), ...readSum(row) }),
  );
  const all = conditionsOf(sources.day, request);
  const totals = database.all(
    `SELECT ${sumsOf(sources.day)} FROM day_summary WHERE ${all.sql} GROUP BY currency ORDER BY currency`,
    all.values,
    readSum,
  );
  return { groups, totals };
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
