import type { Clock, Monotonic } from '../clock.ts';
import type { Instant } from '../domain/values.ts';

/** What one answer said of the time. */
export interface BankTime {
  /** The answer's `Date`, which is cut to the second. */
  readonly date: Instant;
  /** When the request left and when the answer came. */
  readonly asked: Monotonic;
  readonly answered: Monotonic;
}

/**
 * The bank's own clock, by the `Date` of its latest answer to any login and carried on by monotonic time. It is behind
 * after a sleep of the machine, until the next answer.
 */
export interface BankClock {
  heard(time: BankTime): void;
  /** Never ahead of the bank's true time; null before its first answer in this process. */
  now(): Instant | null;
  /** Whether it rests on an answer that was asked for at this moment or later. */
  isSince(asked: Monotonic): boolean;
  /** By how much our wall clock is certainly wrong, in milliseconds, never negative; null where `now` is. */
  difference(): number | null;
}

export function createBankClock(clock: Clock): BankClock {
  let latest: BankTime | null = null;
  const now = (): Instant | null =>
    latest === null ? null : Math.floor(latest.date + clock.monotonic() - latest.answered);
  return {
    now,
    heard: (time) => {
      if (latest === null || time.asked >= latest.asked) latest = time;
    },
    isSince: (asked) => latest !== null && latest.asked >= asked,
    difference: () => {
      const earliest = now();
      if (latest === null || earliest === null) return null;
      const until = earliest + 1_000 + Math.ceil(latest.answered - latest.asked);
      return Math.max(0, earliest - clock.now(), clock.now() - until);
    },
  };
}
