import { dayAfter, daysBetween } from './time.ts';
import type { Minor } from './values.ts';

/** The last reading of a balance on a day. */
export interface DayReading {
  /** `YYYY-MM-DD` */
  readonly day: string;
  readonly balance: Minor;
  /** What was moved later on that day, which the reading does not include. */
  readonly late: Minor;
}

/** The balance at the end of a day. */
export interface BalancePoint {
  readonly day: string;
  readonly balance: Minor;
  /** Not read, but calculated back from the next reading by the known transactions, so it may not be exact. */
  readonly reconstructed: boolean;
}

export interface BalanceHistory {
  /** One for each day from the first transaction or reading to the last reading, oldest first. */
  readonly points: readonly BalancePoint[];
  /** The balance before the first point: what was left when the known transactions were taken off; 0 without points. */
  readonly earlier: Minor;
  /** Whether that is known: nothing ever changed, or it began empty. */
  readonly isWhole: boolean;
}

export interface BalanceFacts {
  /** Oldest first. */
  readonly readings: readonly DayReading[];
  /** The sum of each day's transactions; days without transactions may be left out. */
  readonly changes: ReadonlyMap<string, Minor>;
}

/** One balance, day by day. Without any reading there are no points. */
export function balanceHistory({ readings, changes }: BalanceFacts): BalanceHistory {
  const last = readings.at(-1);
  if (last === undefined) return { points: [], earlier: 0, isWhole: false };
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
  return { points: points.reverse(), earlier: end, isWhole: changes.size === 0 || end === 0 };
}

interface Part {
  readonly start: string;
  readonly end: string;
  readonly earlier: Minor;
  /** The balance of the last point. */
  readonly later: Minor;
  readonly byDay: ReadonlyMap<string, BalancePoint>;
}

/**
 * The sum of several balances of one currency, from the first day on which any of them is known. Before its first point,
 * each counts as what it was before its first known transaction; `knownFrom` says of which that is a guess.
 */
export function sumOfBalances(histories: readonly BalanceHistory[]): readonly BalancePoint[] {
  const parts = histories.flatMap(partOf);
  const starts = parts.map(({ start }) => start).toSorted();
  const first = starts[0];
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

/** From which day on a balance is known, where that is not since it began; null if it never was. Else undefined. */
export function knownFrom({ points, isWhole }: BalanceHistory): string | null | undefined {
  return isWhole ? undefined : (points[0]?.day ?? null);
}

function partOf({ points, earlier }: BalanceHistory): readonly Part[] {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) return [];
  const byDay = new Map(points.map((point) => [point.day, point]));
  return [{ start: first.day, end: last.day, earlier, later: last.balance, byDay }];
}

function pointOn({ byDay, start, earlier, later }: Part, day: string): BalancePoint {
  const balance = day < start ? earlier : later;
  return byDay.get(day) ?? { day, balance, reconstructed: true };
}
