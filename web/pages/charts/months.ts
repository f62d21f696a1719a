import type { Spending, SpendingSum } from '../../api/figures.ts';

/** Months and days as the calendar has them: texts such as 2026-11 and 2026-11-25, without a zone. */

/** The month so many months before or after another. */
export function monthAfter(month: string, months: number): string {
  const [year = 0, number = 1] = month.split('-').map(Number);
  const index = year * 12 + (number - 1) + months;
  return `${Math.floor(index / 12)}-${String((index % 12) + 1).padStart(2, '0')}`;
}

/** So many months up to and with this one, the oldest first. */
export function monthsUpTo(month: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => monthAfter(month, index - count + 1));
}

export function firstDayOf(month: string): string {
  return `${month}-01`;
}

export function daysIn(month: string): number {
  const next = Date.parse(`${firstDayOf(monthAfter(month, 1))}T00:00:00Z`);
  return (next - Date.parse(`${firstDayOf(month)}T00:00:00Z`)) / 86_400_000;
}

/** The day so many days before another. */
export function dayBefore(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) - days * 86_400_000).toISOString().slice(0, 10);
}

/** The fewest months that are worth comparing. */
const fewestShown = 6;

/** The months without those before the first that has any of the rows, but six at least. */
export function sinceFirst(months: readonly string[], known: ReadonlySet<string>): readonly string[] {
  const first = months.findIndex((month) => known.has(month));
  const most = Math.max(0, months.length - fewestShown);
  return months.slice(first === -1 ? most : Math.min(first, most));
}

export interface Filling {
  readonly keys: readonly string[];
  readonly currency: string;
  /** Net spending where left out. */
  readonly read?: (sum: SpendingSum) => number;
}

/** An amount for each of the keys in one currency; nothing where there is no row. */
export function filled(
  items: readonly Spending[],
  { keys, currency, read = ({ net_minor: net }) => net }: Filling,
): readonly number[] {
  const known = new Map(items.filter((item) => item.currency === currency).map((item) => [item.key, item]));
  return keys.map((key) => {
    const item = known.get(key);
    return item === undefined ? 0 : read(item);
  });
}

/** What had been spent by the end of each day of a month; days after `today` are not there yet. */
export function runningTotal(
  items: readonly Spending[],
  { month, currency, today }: { readonly month: string; readonly currency: string; readonly today: string },
): readonly (number | null)[] {
  const days = Array.from(
    { length: daysIn(month) },
    (_, index) => `${month}-${String(index + 1).padStart(2, '0')}`,
  );
  const amounts = filled(items, { keys: days, currency });
  let sum = 0;
  return days.map((date, index) => {
    sum += amounts[index] ?? 0;
    return date > today ? null : sum;
  });
}
