import type { Clock } from '../clock.ts';
import type { Instant } from '../domain/values.ts';

/** The rest that the bank asked for. */
export interface RetryAfter {
  /** Null while none is asked for. */
  until(): Instant | null;
  /** The bank refused a call that was sent at `sentAt`; `retryAfter` in milliseconds, null where it named no time. */
  asked(sentAt: Instant, retryAfter: number | null): void;
  /** The bank answered a call that was sent at `sentAt`. */
  over(sentAt: Instant): void;
}

const firstRest = 60_000;
const longestRest = 15 * 60_000;
const longestAsked = 24 * 3_600_000;
/** A bank that says "at once" still said "too many". */
const shortestAsked = 1_000;

/** Keeps to the bank's `Retry-After`; without one a minute, doubling each time that was not enough. */
export function createRetryAfter(clock: Clock): RetryAfter {
  let rest = firstRest;
  let until: Instant | null = null;
  let askedAt: Instant | null = null;
  return {
    until: () => (until !== null && clock.now() < until ? until : null),
    asked(sentAt, retryAfter) {
      const isRepeat = askedAt !== null && sentAt > askedAt;
      if (isRepeat) rest = Math.min(longestRest, rest * 2);
      const length = retryAfter === null ? rest : Math.min(longestAsked, Math.max(shortestAsked, retryAfter));
      until = Math.max(until ?? 0, clock.now() + length);
      askedAt = clock.now();
    },
    over(sentAt) {
      if (askedAt === null || sentAt <= askedAt) return;
      rest = firstRest;
      askedAt = null;
    },
  };
}
