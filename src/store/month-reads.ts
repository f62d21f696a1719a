import {
  monthReport,
  reportReach,
  type CategoryMonthSum,
  type CurrencyReport,
  type MonthSum,
} from '../domain/month-report.ts';
import { dayStart, firstDayOf, monthAfter } from '../domain/time.ts';
import type { Currency, Instant, Minor } from '../domain/values.ts';
import type { Database, Value } from './database.ts';
import { integer, text } from './rows.ts';
import { readSpending, type SpendingGroup } from './spending-sums.ts';
import { readLargest, type ListedRow } from './transaction-pages.ts';

export interface MonthRequest {
  /** Such as 2026-11. */
  readonly month: string;
  /** All of them where left out. */
  readonly accountId?: string | undefined;
  readonly timeZone: string;
  /** Whether the month is over. */
  readonly isOver: boolean;
}

/** A shop or a person that was paid for the first time in the month. */
export interface NewMerchant {
  readonly name: string;
  /** Spending less refunds in the month, in minor units. */
  readonly net: Minor;
  readonly count: number;
}

/** A shop or a person that used to be paid, and was not in the month. */
export interface VanishedMerchant {
  readonly name: string;
  /** In how many of the six months before it was paid, and what, in minor units, in all of them. */
  readonly months: number;
  readonly spent: Minor;
  readonly last: Instant;
}

/** The first of a longer list, and how many there are. */
export interface Counted<Item> {
  readonly count: number;
  readonly items: readonly Item[];
}

export interface MonthInCurrency extends CurrencyReport {
  /** The largest payments. */
  readonly largest: readonly ListedRow[];
  /** Null where no full month is known before: everything would be new. */
  readonly newMerchants: Counted<NewMerchant> | null;
  /** Null while the month runs, and where fewer than two full months are known before. */
  readonly vanishedMerchants: Counted<VanishedMerchant> | null;
}

const mostLargest = 10;
const mostMerchants = 20;
/** More than a household has in seven months. */
const everyGroup = 100_000;

/** A month beside the months before it, in each currency. */
export function readMonth(database: Database, request: MonthRequest): readonly MonthInCurrency[] {
  const { month, accountId } = request;
  const reports = monthReport({
    month,
    firstDays: firstDays(database, accountId),
    months: sumsOf(database, request, 'month').map(({ key, ...sum }): MonthSum => ({ ...sum, month: key })),
    categories: sumsOf(database, request, 'category').flatMap(({ key, month: of, ...sum }) =>
      of === null ? [] : [{ ...sum, month: of, category: key } satisfies CategoryMonthSum],
    ),
  });
  const period = periodOf(request);
  const added = Map.groupBy(newMerchants(database, period), ({ currency }) => currency);
  const gone = request.isOver ? goneMerchants(database, request) : [];
  return reports.map((report) => {
    const { currency, usualMonths } = report;
    const least = Math.min(leastMonths, usualMonths.length);
    const lost = gone.filter((one) => one.currency === currency && one.months >= least);
    const isComparable = request.isOver && usualMonths.length >= leastKnown;
    return {
      ...report,
      largest: readLargest(database, { ...period, currency, limit: mostLargest }),
      newMerchants: usualMonths.length === 0 ? null : firstOf(added.get(currency) ?? []),
      vanishedMerchants: isComparable ? firstOf(lost) : null,
    };
  });
}

function firstOf<Item>(all: readonly Item[]): Counted<Item> {
  return { count: all.length, items: all.slice(0, mostMerchants) };
}

function firstDays(database: Database, accountId: string | undefined): ReadonlyMap<Currency, string> {
  const where = accountId === undefined ? '' : 'WHERE account_id = ?';
  const sql = `SELECT currency, min(day) AS first FROM day_summary ${where} GROUP BY currency ORDER BY sum(count) DESC`;
  const values = accountId === undefined ? [] : [accountId];
  return new Map(database.all(sql, values, (row) => [text(row, 'currency'), text(row, 'first')] as const));
}

function sumsOf(database: Database, { month, accountId, timeZone }: MonthRequest, by: SpendingGroup) {
  const period = { since: reportReach(month), before: firstDayOf(monthAfter(month, 1)) };
  const each = by === 'category' ? 'month' : undefined;
  return readSpending(database, { by, each, accountId, timeZone, ...period, limit: everyGroup }).groups;
}

interface Period {
  readonly accountId: string | undefined;
  /** `since` inclusive, `before` exclusive. */
  readonly since: Instant;
  readonly before: Instant;
}

function periodOf({ month, accountId, timeZone }: MonthRequest): Period {
  const [since, before] = [month, monthAfter(month, 1)].map((one) => dayStart(firstDayOf(one), timeZone));
  return { accountId, since: since ?? 0, before: before ?? 0 };
}

/** What the two indexes hold: rows in the order in which they were made, and in that of those who were paid. */
const byCreation = 'bank_transaction INDEXED BY transaction_filter';
const byMerchant = 'bank_transaction INDEXED BY transaction_by_merchant';
/** The index of merchants is of these flows. */
const paidTo = (name: string) => `spent_at = ${name}.spent_at AND currency = ${name}.currency
  AND flow IN ('spending', 'refund', 'income') AND flow = 'spending'`;
const ofAccount = (accountId: string | undefined) => (accountId === undefined ? '' : 'AND account_id = ?');
const valuesOf = (accountId: string | undefined): readonly Value[] =>
  accountId === undefined ? [] : [accountId];

/** Looks each one paid in the month up in the past, instead of reading the past. */
function newMerchants(database: Database, { accountId, since, before }: Period) {
  const account = ofAccount(accountId);
  const sql = `WITH paid AS (
      SELECT spent_at, currency, -sum(amount) AS net, count(*) AS count FROM ${byCreation}
      WHERE created >= ? AND created < ? AND flow IN ('spending', 'refund') ${account}
      GROUP BY spent_at, currency HAVING sum(flow = 'spending') > 0
    )
    SELECT * FROM paid WHERE NOT EXISTS (
      SELECT 1 FROM ${byMerchant} WHERE ${paidTo('paid')} AND created < ? ${account}
    ) ORDER BY net DESC, spent_at`;
  const values = [since, before, ...valuesOf(accountId), since, ...valuesOf(accountId)];
  return database.all(sql, values, (row) => ({
    name: text(row, 'spent_at'),
    currency: text(row, 'currency'),
    net: integer(row, 'net'),
    count: integer(row, 'count'),
  }));
}

/** One who was paid in at least so many of the six months before, or in all that are known, is missed. */
const leastMonths = 3;
const leastKnown = 2;

/** Those paid in the month before and not in this one: each vanishes once. */
function goneMerchants(database: Database, request: MonthRequest) {
  const { month, accountId, timeZone } = request;
  const account = ofAccount(accountId);
  const own = valuesOf(accountId);
  const starts = Array.from({ length: 8 }, (_, index) =>
    dayStart(firstDayOf(monthAfter(month, index - 6)), timeZone),
  );
  const [first = 0] = starts;
  const [last = 0, since = 0, before = 0] = starts.slice(-3);
  const past = starts.slice(0, 6).flatMap((start, index) => [start, starts[index + 1] ?? since]);
  const sql = `WITH month (since, before) AS (VALUES ${Array(6).fill('(?, ?)').join(', ')}),
    paid AS (
      SELECT DISTINCT spent_at, currency FROM ${byCreation}
      WHERE created >= ? AND created < ? AND flow = 'spending' ${account}
    ),
    gone AS (
      SELECT * FROM paid WHERE NOT EXISTS (
        SELECT 1 FROM ${byMerchant} WHERE ${paidTo('paid')} AND created >= ? AND created < ? ${account}
      )
    )
    SELECT spent_at, currency,
      (SELECT count(*) FROM month WHERE EXISTS (
        SELECT 1 FROM ${byMerchant} WHERE ${paidTo('gone')}
          AND created >= month.since AND created < month.before ${account}
      )) AS months,
      (SELECT -sum(amount) FROM ${byMerchant} WHERE ${paidTo('gone')} AND created >= ? AND created < ? ${account}) AS spent,
      (SELECT max(created) FROM ${byMerchant} WHERE ${paidTo('gone')} AND created < ? ${account}) AS last
    FROM gone ORDER BY spent DESC, spent_at`;
  const inPast = [first, since, ...own];
  const values = [...past, last, since, ...own, since, before, ...own, ...own, ...inPast, since, ...own];
  return database.all(sql, values, (row) => ({
    name: text(row, 'spent_at'),
    currency: text(row, 'currency'),
    months: integer(row, 'months'),
    spent: integer(row, 'spent'),
    last: integer(row, 'last'),
  }));
}
