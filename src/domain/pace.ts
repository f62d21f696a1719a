import type { BalancePoint } from './balances.ts';
import { averageOf, usualMonths } from './month-report.ts';
import { firstDayOf, monthAfter } from './time.ts';
import type { Minor } from './values.ts';

/** How fast money is spent in a month, and how fast pots fill. Months are such as 2026-11; amounts are minor units. */

/** Spending less refunds of one month. */
export interface MonthSpent {
  readonly month: string;
  /** On the days up to today's day of the month. */
  readonly soFar: Minor;
  readonly whole: Minor;
}

export interface SpendingFacts {
  readonly month: string;
  /** The day of the first transaction. */
  readonly knownFrom: string;
  /** Months in which nothing was spent may be left out. */
  readonly months: readonly MonthSpent[];
}

export interface SpendingPace {
  readonly spent: Minor;
  /** What is usually spent by this day of the month; null where no full month is known before. */
  readonly usual: Minor | null;
  /** What is usually spent in a whole month. */
  readonly usualMonth: Minor | null;
  /** The months that the usual amounts are the average of, oldest first. */
  readonly usualMonths: readonly string[];
}

/** This month's spending, beside that of the months before by the same day. */
export function spendingPace({ month, knownFrom, months }: SpendingFacts): SpendingPace {
  const usual = usualMonths(month, knownFrom);
  const average = (of: (one: MonthSpent) => Minor) =>
    usual.length === 0
      ? null
      : averageOf(
          months.filter((one) => usual.includes(one.month)).reduce((sum, one) => sum + of(one), 0),
          usual.length,
        );
  return {
    spent: months.find((one) => one.month === month)?.soFar ?? 0,
    usual: average(({ soFar }) => soFar),
    usualMonth: average(({ whole }) => whole),
    usualMonths: usual,
  };
}

/** A pace is that of so many full months. */
const mostMonths = 3;
const leastMonths = 2;
/** What takes longer, in months, is nothing to plan with. */
const farthest = 120;

/** The first day whose balance counts in the pace of a pot. */
export function savingReach(month: string): string {
  return lastDayOf(monthAfter(month, -mostMonths - 1));
}

export interface SavingFacts {
  readonly month: string;
  readonly balance: Minor;
  readonly goal: Minor;
  /** The balance at the end of each day. */
  readonly points: readonly Pick<BalancePoint, 'day' | 'balance'>[];
}

export interface SavingPace {
  /** By how much it grew in a month, on average. */
  readonly perMonth: Minor;
  /** The number of months of that average. */
  readonly months: number;
  /** The month in which it reaches its goal. */
  readonly reachedIn: string;
}

/** When a pot reaches its goal at the pace of the last months; null where it has none, or has reached it. */
export function savingPace({ month, balance, goal, points }: SavingFacts): SavingPace | null {
  const byDay = new Map(points.map((point) => [point.day, point.balance]));
  const ends: Minor[] = [];
  for (let back = 1; back <= mostMonths + 1; back += 1) {
    const end = byDay.get(lastDayOf(monthAfter(month, -back)));
    if (end === undefined) break;
    ends.push(end);
  }
  const months = ends.length - 1;
  const [last, first] = [ends[0], ends.at(-1)];
  if (months < leastMonths || last === undefined || first === undefined) return null;
  const perMonth = averageOf(last - first, months);
  if (perMonth <= 0 || balance >= goal) return null;
  const left = Math.ceil((goal - balance) / perMonth);
  return left > farthest ? null : { perMonth, months, reachedIn: monthAfter(month, left) };
}

function lastDayOf(month: string): string {
  return Temporal.PlainDate.from(firstDayOf(monthAfter(month, 1)))
    .subtract({ days: 1 })
    .toString();
}
