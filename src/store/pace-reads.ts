import { savingReach, spendingPace, type MonthSpent, type SpendingPace } from '../domain/pace.ts';
import { firstDayOf, monthAfter } from '../domain/time.ts';
import type { Currency } from '../domain/values.ts';
import { reportReach } from '../domain/month-report.ts';
import type { BalanceSeries, BalanceSubject } from './readings.ts';
import { readBalances } from './readings.ts';
import type { Database } from './database.ts';
import { integer, text } from './rows.ts';

export interface PaceRequest {
  /** The current local day. */
  readonly today: string;
  /** The pots whose balances are wanted. */
  readonly pots: readonly BalanceSubject[];
}

export interface Paces {
  /** The currency of most transactions first. */
  readonly spending: readonly (SpendingPace & { readonly currency: Currency })[];
  readonly balances: readonly BalanceSeries[];
}

/** What was spent in this month and in those before, and the balances of pots at the end of the last months. */
export function readPace(database: Database, { today, pots }: PaceRequest): Paces {
  const month = today.slice(0, 7);
  const spent = Map.groupBy(spentByMonth(database, today), ({ currency }) => currency);
  return {
    spending: firstDays(database).map(({ currency, knownFrom }) => ({
      currency,
      ...spendingPace({ month, knownFrom, months: spent.get(currency) ?? [] }),
    })),
    balances:
      pots.length === 0
        ? []
        : readBalances(database, { all: pots, since: savingReach(month), before: firstDayOf(month) }).series,
  };
}

function firstDays(database: Database) {
  const sql =
    'SELECT currency, min(day) AS first FROM day_summary GROUP BY currency ORDER BY sum(count) DESC';
  return database.all(sql, [], (row) => ({ currency: text(row, 'currency'), knownFrom: text(row, 'first') }));
}

/** All days up to today's day of the month count as “so far” in every month; a shorter month ends before. */
function spentByMonth(
  database: Database,
  today: string,
): readonly (MonthSpent & { readonly currency: Currency })[] {
  const sql = `SELECT currency, substr(day, 1, 7) AS month, -sum(amount) AS whole,
      coalesce(-sum(amount) FILTER (WHERE substr(day, 9) <= ?), 0) AS so_far
    FROM day_summary WHERE day >= ? AND day < ? AND flow IN ('spending', 'refund') GROUP BY currency, month`;
  const month = today.slice(0, 7);
  const values = [today.slice(8), reportReach(month), firstDayOf(monthAfter(month, 1))];
  return database.all(sql, values, (row) => ({
    currency: text(row, 'currency'),
    month: text(row, 'month'),
    whole: integer(row, 'whole'),
    soFar: integer(row, 'so_far'),
  }));
}
