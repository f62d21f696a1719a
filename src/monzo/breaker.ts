import type { Clock } from '../clock.ts';
import type { Instant } from '../domain/values.ts';

export type BreakerState = 'closed' | 'open' | 'half_open';

/** Stops calls to a bank that does not answer, and lets one through now and then to see. */
export interface Breaker {
  state(): BreakerState;
  /** For how many milliseconds no call makes sense; zero when one may be made. */
  closedFor(): number;
  /** To be called right before a call; while half open only one is let through. */
  begin(): Attempt;
}

/** A call under way; exactly one of these ends it. */
export interface Attempt {
  answered(): void;
  failed(): void;
  /** Given up by ourselves: says nothing about the bank. */
  abandoned(): void;
}

const failuresToOpen = 5;
const firstRest = 10_000;
const longestRest = 60_000;

/** How long somebody waits while another one's call is the one that looks. */
const lookAgain = 1_000;

export interface BreakerOptions {
  readonly clock: Clock;
  /** In [0, 1): spreads the rests by up to a tenth, so that several logins do not come back together. */
  readonly random: () => number;
}

/** A breaker that starts closed. */
export function createBreaker({ clock, random }: BreakerOptions): Breaker {
  let failures = 0;
  let rest = firstRest;
  let openUntil: Instant | null = null;
  let probe: Attempt | null = null;

  const open = () => {
    openUntil = clock.now() + rest * (1 + random() / 10);
    rest = Math.min(longestRest, rest * 2);
  };
  const close = () => {
    failures = 0;
    rest = firstRest;
    openUntil = null;
    probe = null;
  };
  const isOpen = () => openUntil !== null && clock.now() < openUntil;

  return {
    state: () => (openUntil === null ? 'closed' : isOpen() ? 'open' : 'half_open'),
    closedFor() {
      if (openUntil === null) return 0;
      if (isOpen()) return openUntil - clock.now();
      return probe ? lookAgain : 0;
    },
    begin() {
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
