import { firstDayOf, monthAfter } from './time.ts';
import type { Currency, Minor } from './values.ts';

/** One month of a household beside what is usual there: the average of the full months before it. */

/** Sums in minor units; `spent`, `refunded` and `income` each as what it is, so without a sign unless rows were corrected. */
export interface MonthSums {
  readonly spent: Minor;
  readonly refunded: Minor;
  readonly income: Minor;
  /** The number of transactions in all three. */
  readonly count: number;
}

export interface MonthSum extends MonthSums {
  /** Such as 2026-11. */
  readonly month: string;
  readonly currency: Currency;
}

export interface CategoryMonthSum extends MonthSum {
  readonly category: string;
}

export type UsualSums = Omit<MonthSums, 'count'>;

export interface CategoryReport extends MonthSums {
  readonly category: string;
  /** Null where no month is known that it could be compared with. */
  readonly usual: UsualSums | null;
}

export interface CurrencyReport {
  readonly currency: Currency;
  /** The day of the first transaction. */
  readonly knownFrom: string;
  /** The months that the usual amounts are the average of, oldest first. */
  readonly usualMonths: readonly string[];
  readonly sums: MonthSums;
  readonly usual: UsualSums | null;
  /** Those with spending or refunds now or usually, the largest first. */
  readonly categories: readonly CategoryReport[];
}

export interface MonthFacts {
  readonly month: string;
  /** The day of the first transaction in each currency. */
  readonly firstDays: ReadonlyMap<Currency, string>;
  /** Of the month and of those before it. */
  readonly months: readonly MonthSum[];
  readonly categories: readonly CategoryMonthSum[];
}

/** What is usual is the average of so many months at most. */
const mostUsual = 6;

/** The first day whose transactions may count in a report of the month. */
export function reportReach(month: string): string {
  return firstDayOf(monthAfter(month, -mostUsual));
}

/** The last six months before one, without those that began before the first transaction; oldest first. */
export function usualMonths(month: string, knownFrom: string): readonly string[] {
  const before = Array.from({ length: mostUsual }, (_, index) => monthAfter(month, index - mostUsual));
  return before.filter((one) => firstDayOf(one) >= knownFrom);
}

/** A sum divided over so many months, in whole minor units; a half is rounded away from zero. */
export function averageOf(sum: Minor, months: number): Minor {
  const size = Math.abs(sum);
  const rest = size % months;
  const rounded = (size - rest) / months + (rest * 2 >= months ? 1 : 0);
  return sum < 0 ? -rounded : rounded;
}

/** The report of a month in each currency that has spending, refunds or income in it or usually. */
export function monthReport({ month, firstDays, months, categories }: MonthFacts): readonly CurrencyReport[] {
  return [...firstDays].flatMap(([currency, knownFrom]) => {
    const usual = usualMonths(month, knownFrom);
    const compared = { month, usual };
    const own = months.filter((one) => one.currency === currency);
    if (!own.some((one) => one.month === month || usual.includes(one.month))) return [];
    const byCategory = Map.groupBy(
      categories.filter((one) => one.currency === currency),
      ({ category }) => category,
    );
    const rows = [...byCategory].map(([category, sums]) => ({ category, ...besideUsual(sums, compared) }));
    const { usual: average, ...sums } = besideUsual(own, compared);
    const shown = rows.filter(isShown).toSorted(largestFirst);
    return [{ currency, knownFrom, usualMonths: usual, sums, usual: average, categories: shown }];
  });
}

interface Compared {
  readonly month: string;
  readonly usual: readonly string[];
}

function besideUsual(sums: readonly MonthSum[], { month, usual }: Compared) {
  const now = addedUp(sums.filter((one) => one.month === month));
  const before = addedUp(sums.filter((one) => usual.includes(one.month)));
  const average = (sum: Minor) => averageOf(sum, usual.length);
  return {
    ...now,
    usual:
      usual.length === 0
        ? null
        : {
            spent: average(before.spent),
            refunded: average(before.refunded),
            income: average(before.income),
          },
  };
}

function addedUp(sums: readonly MonthSum[]): MonthSums {
  const of = (read: (one: MonthSum) => number) => sums.reduce((sum, one) => sum + read(one), 0);
  return {
    spent: of(({ spent }) => spent),
    refunded: of(({ refunded }) => refunded),
    income: of(({ income }) => income),
    count: of(({ count }) => count),
  };
}

function isShown({ spent, refunded, usual }: CategoryReport): boolean {
  return [spent, refunded, usual?.spent ?? 0, usual?.refunded ?? 0].some((amount) => amount !== 0);
}

const netOf = (sums: UsualSums | null) => (sums === null ? 0 : sums.spent - sums.refunded);

function largestFirst(one: CategoryReport, other: CategoryReport): number {
  const [now, usual] = [netOf(other) - netOf(one), netOf(other.usual) - netOf(one.usual)];
  return now || usual || (one.category < other.category ? -1 : 1);
}
