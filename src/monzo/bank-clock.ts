import type { Clock, Monotonic } from '../clock.ts';
import type { Instant } from '../domain/values.ts';

/** What one answer said of the time. */
export interface BankTime {
  /** The answer's `Date`, which is cut to the second; null where it says none, or comes from somebody's cache. */
  readonly date: Instant | null;
  /** When the request left and when the answer came. */
  readonly asked: Monotonic;
  readonly answered: Monotonic;
}

/**
 * The bank's own clock, by the `Date` of its latest answer to any login and carried on by monotonic time. It is behind
 * after a sleep of the machine, until the next answer. A `Date` that stands still or goes back is not believed: something
 * on the way repeats an old one.
 */
export interface BankClock {
  heard(time: BankTime): void;
  /** Never ahead of the bank's true time; null while none of its answers in this process is believed. */
  now(): Instant | null;
  /** Whether it rests on an answer that was asked for at this moment or later. */
  isSince(asked: Monotonic): boolean;
  /** By how much our wall clock is certainly wrong, in milliseconds, never negative; null where `now` is. */
  difference(): number | null;
  /**
   * By how much our wall clock is ahead of the bank's, in milliseconds, negative where it is behind; 0 where they agree,
   * and where the bank has not answered for long since it was set or the machine slept: then it is all there is.
   */
  ahead(): number;
  /** Whether the wall clock was set or the machine slept since the latest answer: which of the two, only the next one tells. */
  isInDoubt(): boolean;
  /** Whether the bank answers, and has told no time for so long that ours cannot be checked. */
  isSilent(): boolean;
}

/** A time server corrects by less than this, in milliseconds, without a step. */
export const leastStep = 5_000;
/** How long the bank's time is carried on although it may have missed a sleep. A bank that answers is asked more often. */
const mostDoubt = 20 * 60_000;

export function createBankClock(clock: Clock): BankClock {
  const evidence = createEvidence();
  let latest: (Told & { readonly offset: number }) | null = null;
  let heardAt: Monotonic | null = null;
  let doubtedSince: Monotonic | null = null;
  const offset = () => clock.now() - clock.monotonic();
  const isInDoubt = () => latest !== null && Math.abs(offset() - latest.offset) >= leastStep;
  const doubt = () => {
    doubtedSince = isInDoubt() ? (doubtedSince ?? clock.monotonic()) : null;
    return doubtedSince === null ? 0 : clock.monotonic() - doubtedSince;
  };
  const now = (): Instant | null =>
    latest === null ? null : Math.floor(latest.date + clock.monotonic() - latest.answered);
  const difference = () => {
    const earliest = now();
    if (latest === null || earliest === null) return 0;
    const until = earliest + 1_000 + Math.ceil(latest.answered - latest.asked);
    return Math.min(0, clock.now() - earliest) + Math.max(0, clock.now() - until);
  };
  return {
    now,
    heard: ({ date, ...call }) => {
      heardAt = Math.max(heardAt ?? call.asked, call.asked);
      if (date === null || (latest !== null && call.asked < latest.asked)) return;
      const told = { date, ...call };
      const verdict = evidence.judge(told);
      if (verdict === 'believed') latest = { ...told, offset: offset() };
      else if (verdict === 'nothing_is') latest = null;
    },
    isSince: (asked) => latest !== null && latest.asked >= asked,
    difference: () => (latest === null ? null : Math.abs(difference())),
    ahead: () => (doubt() > mostDoubt ? 0 : difference()),
    isInDoubt,
    isSilent: () => heardAt !== null && (latest === null || heardAt - latest.asked > mostDoubt),
  };
}

interface Told {
  readonly date: Instant;
  readonly asked: Monotonic;
  readonly answered: Monotonic;
}

/** What has gone on with monotonic time for so long, in milliseconds, comes from a clock that runs. */
const provenAfter = 30_000;
/** `nothing_is`: what was believed so far came from the same place as this. */
type Verdict = 'believed' | 'doubted' | 'nothing_is';

/**
 * Whether the times that are told come from a clock that runs. A first one is believed until one that contradicts it; what
 * lies behind the times that were proven is doubted until it has itself gone on with monotonic time.
 */
function createEvidence(): { judge(told: Told): Verdict } {
  let base: (Told & { readonly isProven: boolean }) | null = null;
  let doubted: Told | null = null;
  let mustProve = false;
  const behind = (from: Told, { date, answered }: Told) => from.date + (answered - from.answered) - date;
  const tolerance = ({ asked, answered }: Told) => answered - asked + leastStep;
  const believe = (told: Told, isProven: boolean): Verdict => {
    base = { ...told, isProven };
    doubted = null;
    mustProve = false;
    return 'believed';
  };
  const judgeDoubted = (told: Told): Verdict => {
    if (doubted !== null) {
      const goesOn = Math.abs(behind(doubted, told)) <= tolerance(told) + tolerance(doubted);
      if (goesOn && told.answered - doubted.answered < provenAfter) return 'doubted';
      if (goesOn) return believe(told, true);
    }
    doubted = told;
    return 'doubted';
  };
  return {
    judge(told) {
      if (base === null) return mustProve ? judgeDoubted(told) : believe(told, false);
      const lag = behind(base, told);
      if (lag <= tolerance(told)) {
        const isProof = told.answered - base.answered >= provenAfter && lag >= -tolerance(told);
        if (isProof || lag < 0)
          base = { ...told, isProven: isProof || (base.isProven && lag >= -tolerance(told)) };
        doubted = null;
        return 'believed';
      }
      const verdict = judgeDoubted(told);
      if (verdict === 'believed' || base.isProven) return verdict;
      base = null;
      mustProve = true;
      return 'nothing_is';
    },
  };
}

/** A clock that goes back by less than this, in milliseconds, is slowed down instead; by more, it is put right at once. */
const mostSlowed = 60_000;

/**
 * Our clock, put right by the bank's: whatever the wall clock says, everything that is recorded, compared with the bank's
 * own instants or shown has the bank's time. Never stands still. It goes back only where the bank tells the time for the
 * first time, before which nothing was read of it, or by more than a minute.
 */
export function createCorrectedClock(clock: Clock, bank: BankClock): Clock {
  let last: { readonly now: Instant; readonly monotonic: Monotonic; readonly isTold: boolean } | null = null;
  /** The earliest that keeps the order of what was dated. */
  const slowed = (monotonic: Monotonic, isTold: boolean) =>
    last === null || (isTold && !last.isTold)
      ? Number.NEGATIVE_INFINITY
      : Math.floor(last.now + (monotonic - last.monotonic) / 2);
  return {
    ...clock,
    now: () => {
      const monotonic = clock.monotonic();
      const isTold = bank.now() !== null;
      const right = clock.now() - bank.ahead();
      const earliest = slowed(monotonic, isTold);
      const now = right >= earliest || earliest - right > mostSlowed ? right : earliest;
      last = { now, monotonic, isTold };
      return now;
    },
  };
}
