import { dayAfter, daysBetween } from './time.ts';
import type { Minor } from './values.ts';

/** The last reading of a day. */
export interface DayReading {
  /** `YYYY-MM-DD` */
  readonly day: string;
  readonly balance: Minor;
  /** What was moved later on that day, and so is not in it. */
  readonly late: Minor;
}

/** A balance at the end of a day. */
export interface BalancePoint {
  readonly day: string;
  readonly balance: Minor;
  /** Not read, but walked back from the next reading by the transactions known, which Monzo says need not be exact. */
  readonly reconstructed: boolean;
}

export interface BalanceHistory {
  /** One for every day from the first that anything is known of to the last reading; oldest first. */
  readonly points: readonly BalancePoint[];
  /** What it was before the first point; null where nobody knows. */
  readonly earlier: Minor | null;
}

export interface BalanceFacts {
  /** Oldest first. */
  readonly readings: readonly DayReading[];
  /** What all transactions of a day moved; days without any may be left out. */
  readonly changes: ReadonlyMap<string, Minor>;
}

/** What is truthfully known of one balance, day by day. Nothing is known where it was never read. */
export function balanceHistory({ readings, changes }: BalanceFacts): BalanceHistory {
  const last = readings.at(-1);
  if (last === undefined) return { points: [], earlier: null };
  const byDay = new Map(readings.map((reading) => [reading.day, reading]));
  const first = [...changes.keys(), ...byDay.keys()].reduce((a, b) => (a < b ? a : b));
  const points: BalancePoint[] = [];
  let end = last.balance;
  for (const day of daysBetween(first, dayAfter(last.day)).toReversed()) {
    const reading = byDay.get(day);
    const balance = reading?.balance ?? end;
    points.push({ day, balance, reconstructed: reading === undefined });
    end = balance + (reading?.late ?? 0) - (changes.get(day) ?? 0);
  }
  return { points: points.reverse(), earlier: changes.size === 0 || end === 0 ? end : null };
}

interface Part {
  readonly start: string;
  readonly end: string;
  readonly earlier: Minor | null;
  /** The last point's. */
  readonly later: Minor;
  readonly byDay: ReadonlyMap<string, BalancePoint>;
}

/**
 * Several balances of one currency together, from the first day on which all of them are known. What nothing is known
 * to have moved counts as what it was first read as; what was empty before its first transaction, as nothing.
 */
export function sumOfBalances(histories: readonly BalanceHistory[]): readonly BalancePoint[] {
  const parts = histories.flatMap(partOf);
  const starts = parts.map(({ start }) => start).toSorted();
  const unknownBefore = parts.filter(({ earlier }) => earlier === null).map(({ start }) => start);
  const first = unknownBefore.toSorted().at(-1) ?? starts[0];
  const last = parts
    .map(({ end }) => end)
    .toSorted()
    .at(-1);
  if (first === undefined || last === undefined) return [];
  return daysBetween(first, dayAfter(last)).map((day) => {
    const known = parts.map((part) => pointOn(part, day));
    const balance = known.reduce((sum, point) => sum + point.balance, 0);
    return { day, balance, reconstructed: known.some(({ reconstructed }) => reconstructed) };
  });
}

function partOf({ points, earlier }: BalanceHistory): readonly Part[] {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) return [];
  const byDay = new Map(points.map((point) => [point.day, point]));
  return [{ start: first.day, end: last.day, earlier, later: last.balance, byDay }];
}

function pointOn({ byDay, start, earlier, later }: Part, day: string): BalancePoint {
  const balance = day < start ? (earlier ?? 0) : later;
  return byDay.get(day) ?? { day, balance, reconstructed: true };
}
