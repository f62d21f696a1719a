import type { Clock } from '../clock.ts';
import type { Instant } from '../domain/values.ts';
import { createBreaker, type BreakerState } from './breaker.ts';
import { createBudget, type Priority } from './budget.ts';
import { BankError, type BankFault } from './faults.ts';
import { createRetryAfter } from './retry-after.ts';

/** Decides when a call may be sent: in turn, within the budget, not during a rest and not while the bank is down. */
export interface Gate {
  /** Resolves when the call may be sent. Throws BankError at once where waiting would be in vain. */
  pass(priority: Priority, signal?: AbortSignal): Promise<Admission>;
  breaker(): BreakerState;
  budget(): BudgetLeft;
  pausedUntil(): Instant | null;
}

/** A call that was let through; exactly one of these ends it. */
export interface Admission {
  answered(): void;
  failed(thrown: unknown): void;
}

/** How many calls may be made at once, now and after a rest, and how many more come with each second. */
export interface BudgetLeft {
  readonly available: number;
  readonly capacity: number;
  readonly perSecond: number;
}

export interface GateOptions {
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
}

const bucket = { capacity: 300, perSecond: 10 } as const;
const breaking: ReadonlySet<BankFault> = new Set(['unreachable', 'timeout', 'bank_down', 'not_json']);

/** The gate of one login. */
export function createGate({ clock, random }: GateOptions): Gate {
  const budget = createBudget({ clock, ...bucket });
  const breaker = createBreaker({ clock, random });
  const pause = createRetryAfter(clock);

  const refusal = (): BankError | null => {
    const pausedUntil = pause.until();
    if (pausedUntil !== null)
      return new BankError('rate_limited', { effect: 'none', retryAfter: pausedUntil - clock.now() });
    const retryAfter = breaker.closedFor();
    return retryAfter > 0 ? new BankError('breaker_open', { effect: 'none', retryAfter }) : null;
  };
  const refuse = () => {
    const refused = refusal();
    if (refused) throw refused;
  };
  /** Those in line need not wait for a call that will not be made. */
  const refuseThoseInLine = () => {
    const refused = refusal();
    if (refused) budget.dismiss(() => refusal() ?? refused);
  };
  const begin = (): Admission => {
    const attempt = breaker.begin();
    const sentAt = clock.now();
    const answered = () => {
      attempt.answered();
      pause.over(sentAt);
    };
    const outcomes = (thrown: unknown) => {
      if (!(thrown instanceof BankError)) return attempt.abandoned();
      if (breaking.has(thrown.fault)) return attempt.failed();
      if (thrown.fault !== 'rate_limited') return answered();
      attempt.answered();
      pause.asked(sentAt, thrown.retryAfter);
    };
    const failed = (thrown: unknown) => {
      outcomes(thrown);
      refuseThoseInLine();
    };
    return { answered, failed };
  };

  return {
    breaker: () => breaker.state(),
    budget: () => ({ ...bucket, available: budget.available() }),
    pausedUntil: () => pause.until(),
    async pass(priority, signal) {
      refuse();
      await budget.take(priority, signal);
      refuse();
      return begin();
    },
  };
}
