import type { Monotonic } from '../clock.ts';
import type { Instant } from './values.ts';

/** One moment, as each clock tells it. Each alone may be wrong: set by hand, asleep, or not heard of for a while. */
export interface Moment {
  /** Our wall clock, which anyone may set at any time. */
  readonly wall: Instant;
  /** The bank's clock, never ahead of its true time; null before it has told the time to this process. */
  readonly bank: Instant | null;
  /** Stands still while the machine sleeps, and means nothing in another process. */
  readonly monotonic: Monotonic;
}

/** Something that was done: the stored instant, and the monotonic time if this process did it. */
export interface Mark {
  readonly at: Instant;
  readonly monotonic: Monotonic | null;
}

/** How long ago something was, in milliseconds. */
export interface Elapsed {
  /** By the slowest clock: what permits something after a while goes by this. */
  readonly least: number;
  /** By the fastest clock: what stops something after a while goes by this. */
  readonly most: number;
}

/** If the bank's clock and ours differ by more than this, in milliseconds, no money is moved. */
export const mostClockDifference = 60_000;

/**
 * What is further ahead of a clock than this, in milliseconds, was dated by a wrong one: a clock that passes as right may
 * have been fast by the most difference then and be slow by it now.
 */
export const mostAhead = 2 * mostClockDifference;

/**
 * How long ago a mark was. A clock that a mark is ahead of says nothing: one of the two was wrong. Then only the time
 * since then in this process counts, at least since `began`, when this process began. Where the bank has not told the
 * time, nothing more than monotonic time says is certain to be over.
 */
export function elapsed(mark: Mark, now: Moment, began: Monotonic): Elapsed {
  const own = mark.monotonic === null ? null : now.monotonic - mark.monotonic;
  const told = [now.wall, now.bank].filter((clock) => clock !== null).map((clock) => clock - mark.at);
  const credible = told.filter((span) => span >= -mostAhead);
  const spans = own === null ? credible : [own, ...credible];
  const lived = now.monotonic - began;
  const certain = spans.length === 0 ? lived : Math.min(...spans);
  const isAhead = now.bank !== null && now.bank - mark.at < -mostAhead;
  return {
    least: Math.max(0, now.bank === null ? Math.min(certain, own ?? lived) : certain),
    most: isAhead ? Number.POSITIVE_INFINITY : Math.max(0, ...spans),
  };
}

/** When something was asked for: by our clock, in whole milliseconds, and in monotonic time. */
export interface Asked {
  readonly at: Instant;
  readonly askedAt: Monotonic;
}

/** Longer than the calls take that follow one another within one millisecond. */
const sameMoment = 10;

/**
 * Returns what dates answers to one question so that the one that was asked for later has the later date: a bank nearby
 * answers several times within one millisecond. Of two that were asked for together the second one counts.
 */
export function createAskingOrder(): (question: string, asked: Asked) => Instant {
  const latest = new Map<string, Asked>();
  return (question, { at, askedAt }) => {
    const last = latest.get(question) ?? { at: at - sameMoment, askedAt };
    const isSameMoment = Math.abs(at - last.at) < sameMoment;
    if (askedAt < last.askedAt) return isSameMoment ? Math.min(at, last.at - 1) : at;
    const dated = isSameMoment ? Math.max(at, last.at + 1) : at;
    latest.set(question, { at: dated, askedAt });
    return dated;
  };
}
