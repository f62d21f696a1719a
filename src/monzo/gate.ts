import { createBackoff } from '../async.ts';
import type { Clock, Monotonic } from '../clock.ts';
import type { Instant } from '../domain/values.ts';
import { askedAgainAfter, callsCounted, longestRetryAfter } from '../limits.ts';
import { BankError, type BankFault } from './bank-error.ts';
import { createBudget, type BudgetSize, type Priority } from './budget.ts';

/** Decides when a call may be sent: in turn, within the budget, and not while the bank is down or asked for a pause. */
export interface Gate {
  /** Resolves when the call may be sent. Throws BankError at once where waiting would be in vain. */
  pass(call: GateCall, signal?: AbortSignal): Promise<Admission>;
  breaker(): BreakerState;
  budget(): BudgetLeft;
  /** Until when the bank asked for no calls; null while it does not. */
  pausedUntil(): Instant | null;
  /** Ends the pause that the bank asked for, because a person asks; not again right after. */
  lift(): void;
}

export interface GateCall {
  readonly priority: Priority;
  /** What it asks for, such as `/balance`: where the bank refuses that alone, everything else goes on. */
  readonly kind: string;
}

/** A call that was let through; exactly one of these ends it. */
export interface Admission {
  answered(): void;
  /** Returns what to throw: where the bank asked for fewer calls, with the time until the next one of this kind. */
  failed(thrown: unknown): unknown;
}

/** How many calls may be made at once, now and when the bucket is full, and how many more each second adds. */
export interface BudgetLeft {
  readonly available: number;
  readonly capacity: number;
  readonly perSecond: number;
}

/** How many calls the bank was seen to answer within `callsCounted.within` before it asked for fewer. */
export interface CallsAnswered {
  readonly calls: number;
  /** When that was seen. */
  readonly at: Instant;
}

export interface GateOptions {
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  /** What earlier runs have seen; null where nothing was. */
  readonly answered?: CallsAnswered | null;
  readonly onAnswered?: (answered: CallsAnswered) => void;
}

const bucket = { capacity: 300, perSecond: 10 } as const;
const breaking: ReadonlySet<BankFault> = new Set([
  'unreachable',
  'timeout',
  'bank_down',
  'not_json',
  'oversized',
]);

/** The gate of one login. */
export function createGate(options: GateOptions): Gate {
  const { clock, random } = options;
  const limit = createCallLimit(options);
  const budget = createBudget({ clock, size: limit.size });
  const breaker = createBreaker({ clock, random });
  const pauses = createPauses(clock);

  const isShut = (kind?: string) => pauses.until(kind) !== null || breaker.closedFor() > 0;
  const refusal = (kind?: string): BankError => {
    const until = pauses.until(kind);
    return until === null
      ? new BankError('breaker_open', { effect: 'none', retryAfter: breaker.closedFor() })
      : new BankError('rate_limited', { effect: 'none', retryAfter: until - clock.monotonic() });
  };
  const begin = (kind: string): Admission => {
    const attempt = pauses.until(kind) === null ? breaker.begin() : null;
    if (attempt === null) throw refusal(kind);
    const sentAt = clock.monotonic();
    limit.sent();
    const answered = () => {
      attempt.answered();
      pauses.over(kind, sentAt);
    };
    const settle = (thrown: unknown) => {
      if (!(thrown instanceof BankError)) return attempt.abandoned();
      if (breaking.has(thrown.fault)) return attempt.failed();
      if (thrown.fault !== 'rate_limited') return answered();
      attempt.answered();
      const isFirst = pauses.until() === null;
      pauses.asked(kind, sentAt, thrown.retryAfter);
      if (thrown.retryAfter === null && isFirst) limit.reached();
    };
    const failed = (thrown: unknown) => {
      settle(thrown);
      // Those in line need not wait for a call that will not be made.
      if (isShut()) budget.dismiss(refusal);
      return untilAllowed(thrown, (pauses.until(kind) ?? 0) - clock.monotonic());
    };
    return { answered, failed };
  };

  return {
    breaker: () => breaker.state(),
    budget: () => {
      const { capacity, perSecond } = limit.size();
      return { capacity, perSecond, available: budget.available() };
    },
    pausedUntil: () => instantOf(clock, pauses.until()),
    lift: () => pauses.lift(),
    async pass({ priority, kind }, signal) {
      if (isShut(kind)) throw refusal(kind);
      await budget.take(priority, signal);
      return begin(kind);
    },
  };
}

/** Of a call that was one too many, when the next one is allowed, in milliseconds from now. */
function untilAllowed(thrown: unknown, rest: number): unknown {
  if (!(thrown instanceof BankError) || thrown.fault !== 'rate_limited') return thrown;
  const { fault, status, bankCode, traceId, effect, purpose, cause } = thrown;
  const retryAfter = Math.max(0, rest);
  return new BankError(fault, { status, bankCode, traceId, effect, purpose, cause, retryAfter });
}

function instantOf(clock: Clock, time: Monotonic | null): Instant | null {
  return time === null ? null : Math.round(clock.now() + time - clock.monotonic());
}

/** How many calls the bank answers, where it was seen to refuse more without saying when to ask again. */
interface CallLimit {
  readonly size: () => BudgetSize;
  /** A call is sent. */
  readonly sent: () => void;
  /** The bank refused a call. */
  readonly reached: () => void;
}

/**
 * Half of the calls that were answered may be made at once, the other half over the time in which they were counted: never
 * more than all of them within that time. Each day without a refusal doubles that. A refusal after a few calls says
 * nothing about their number.
 */
function createCallLimit({ clock, answered = null, onAnswered }: GateOptions): CallLimit {
  let seen = answered;
  const sentAt: Monotonic[] = [];
  const forget = () => {
    const until = clock.monotonic() - callsCounted.within;
    while (sentAt[0] !== undefined && sentAt[0] <= until) sentAt.shift();
  };
  return {
    size: () => {
      if (seen === null) return bucket;
      const days = Math.max(0, Math.floor((clock.now() - seen.at) / callsCounted.doubledAfter));
      const half = (seen.calls * 2 ** days) / 2;
      return {
        capacity: Math.min(bucket.capacity, Math.floor(half)),
        perSecond: Math.min(bucket.perSecond, (half * 1_000) / callsCounted.within),
        keptForMoney: callsCounted.keptForMoney,
      };
    },
    sent: () => {
      forget();
      sentAt.push(clock.monotonic());
    },
    reached: () => {
      forget();
      const calls = sentAt.length - 1;
      if (calls < callsCounted.fewest) return;
      seen = { calls, at: clock.now() };
      onAnswered?.(seen);
    },
  };
}

export type BreakerState = 'closed' | 'open' | 'half_open';

/** Stops calls to a bank that does not answer. Half open, it lets one call through at a time to see. */
export interface Breaker {
  state(): BreakerState;
  /** For how many milliseconds no call may be made; zero when one may. */
  closedFor(): number;
  /** To be called right before a call. Null where none may be made: the breaker is open, or another call is looking. */
  begin(): Attempt | null;
}

/** A call under way; exactly one of these ends it. */
export interface Attempt {
  answered(): void;
  failed(): void;
  /** Given up by its caller, which says nothing about the bank. */
  abandoned(): void;
}

const failuresToOpen = 5;
const openFor = { shortest: 10_000, longest: 60_000 } as const;

/** How long a call waits while another one is the one that looks. */
const lookAgain = 1_000;

/** A breaker that starts closed. `random` lengthens each opening by up to a tenth: logins do not come back together. */
export function createBreaker({ clock, random }: Pick<GateOptions, 'clock' | 'random'>): Breaker {
  const backoff = createBackoff(openFor);
  let failures = 0;
  let openUntil: Monotonic | null = null;
  let probe: Attempt | null = null;

  const open = () => {
    openUntil = clock.monotonic() + backoff.next() * (1 + random() / 10);
  };
  const close = () => {
    failures = 0;
    backoff.reset();
    openUntil = null;
    probe = null;
  };
  const isOpen = () => openUntil !== null && clock.monotonic() < openUntil;

  return {
    state: () => (openUntil === null ? 'closed' : isOpen() ? 'open' : 'half_open'),
    closedFor() {
      if (openUntil === null) return 0;
      if (isOpen()) return openUntil - clock.monotonic();
      return probe ? lookAgain : 0;
    },
    begin() {
      if (isOpen() || probe) return null;
      const attempt: Attempt = {
        answered: close,
        failed() {
          failures += 1;
          const isProbe = probe === attempt;
          if (isProbe) probe = null;
          if (isProbe || (openUntil === null && failures >= failuresToOpen)) open();
        },
        abandoned() {
          if (probe === attempt) probe = null;
        },
      };
      if (openUntil !== null) probe = attempt;
      return attempt;
    },
  };
}

/**
 * The pauses that the bank asked for: one for every call, and one for each kind of call. A kind that is refused time after
 * time, while others are answered, waits ever longer by itself.
 */
function createPauses(clock: Clock) {
  const all = createRetryAfter(clock);
  const kinds = new Map<string, RetryAfter>();
  let liftedAt: Monotonic | null = null;
  const both = (kind: string): readonly RetryAfter[] => {
    const own = kinds.get(kind) ?? createRetryAfter(clock);
    kinds.set(kind, own);
    return [all, own];
  };
  return {
    /** Of every call, and of this kind where one is named; null while no pause is asked for. */
    until: (kind?: string): Monotonic | null => {
      const [every, own] = [all.until(), kind === undefined ? null : (kinds.get(kind)?.until() ?? null)];
      return every === null || own === null ? (every ?? own) : Math.max(every, own);
    },
    /** The bank refused a call that was sent at `sentAt`; `retryAfter` in milliseconds, null where it named no time. */
    asked: (kind: string, sentAt: Monotonic, retryAfter: number | null) => {
      for (const pause of both(kind)) pause.asked(sentAt, retryAfter);
    },
    /** The bank answered a call that was sent at `sentAt`. */
    over: (kind: string, sentAt: Monotonic) => {
      all.over(sentAt);
      kinds.get(kind)?.over(sentAt);
    },
    /** Ends all of them, unless that was done a moment ago. */
    lift: () => {
      const now = clock.monotonic();
      if (liftedAt !== null && now - liftedAt < askedAgainAfter) return;
      liftedAt = now;
      for (const pause of [all, ...kinds.values()]) pause.lift();
    },
  };
}

/** A pause that the bank asked for. */
interface RetryAfter {
  /** Null while none is asked for. */
  until(): Monotonic | null;
  asked(sentAt: Monotonic, retryAfter: number | null): void;
  lift(): void;
  over(sentAt: Monotonic): void;
}

const unnamed = { shortest: 10_000, longest: longestRetryAfter } as const;
/** A bank that says "at once" still said "too many". */
const named = { shortest: 1_000, longest: longestRetryAfter } as const;

/**
 * Keeps to the bank's `Retry-After`; without one ten seconds, doubling each time that was not enough. Where what the bank
 * named was not enough, it is no longer believed to be.
 */
function createRetryAfter(clock: Clock): RetryAfter {
  const backoff = createBackoff(unnamed);
  let [own, enough] = [0, 0];
  let until: Monotonic | null = null;
  let askedAt: Monotonic | null = null;
  return {
    until: () => (until !== null && clock.monotonic() < until ? until : null),
    asked(sentAt, retryAfter) {
      // Calls that were under way when the bank first asked do not make it ask again.
      if (askedAt === null || sentAt > askedAt) {
        enough = askedAt === null ? named.shortest : own;
        own = backoff.next();
      }
      const length = retryAfter === null ? own : Math.min(named.longest, Math.max(enough, retryAfter));
      until = Math.max(until ?? 0, clock.monotonic() + length);
      askedAt = clock.monotonic();
    },
    lift() {
      until = null;
    },
    over(sentAt) {
      if (askedAt === null || sentAt <= askedAt) return;
      backoff.reset();
      askedAt = null;
    },
  };
}
