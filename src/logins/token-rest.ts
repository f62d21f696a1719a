import type { Clock, Monotonic } from '../clock.ts';
import type { Instant } from '../domain/values.ts';
import { refusedTokens } from '../limits.ts';
import { BankError, type BankFault } from '../monzo/transport.ts';

/** How often the bank has refused a stored pair of tokens without accepting it in between. */
export interface Refusals {
  readonly fault: BankFault;
  readonly times: number;
  /** When it did so last. */
  readonly at: Instant;
  /** Whether it refused the access token as well, and not only its renewal. */
  readonly isWhole: boolean;
}

const refusing: ReadonlySet<BankFault> = new Set([
  'token_dead',
  'token_evicted',
  'refresh_dead',
  'refresh_evicted',
  'client_refused',
]);

/** Whether the bank said with this that a pair no longer works, which may be a passing mistake of its own. */
export function isTokenRefusal(thrown: unknown): thrown is BankError {
  return thrown instanceof BankError && refusing.has(thrown.fault);
}

/**
 * Whether another program holds the login now. Our refresh token could do no more than end that one: it is not used again
 * unless a person asks.
 */
export function isEviction(fault: BankFault): boolean {
  return fault === 'token_evicted' || fault === 'refresh_evicted';
}

/** For how long a refused pair is left alone, so that whatever goes on does not become a flood of attempts. */
export interface TokenRest {
  /** In milliseconds; 0 where the pair may be tried. Infinite once it was refused too often. */
  left(refusals: Refusals | null): number;
  /** Another pair is in use now. */
  forget(): void;
}

/** It goes by monotonic time; after a restart by the instant of the last refusal, and never lasts longer than it would have. */
export function createTokenRest(clock: Clock): TokenRest {
  let rest: { readonly at: Instant; readonly until: Monotonic } | null = null;
  return {
    left(refusals) {
      if (refusals === null) return 0;
      const { at, times } = refusals;
      if (times > refusedTokens.most) return Number.POSITIVE_INFINITY;
      if (rest?.at !== at) {
        const length = Math.min(refusedTokens.shortest * 2 ** (times - 1), refusedTokens.longest);
        const left = Math.min(Math.max(0, at + length - clock.now()), length);
        rest = { at, until: clock.monotonic() + left };
      }
      return Math.max(0, rest.until - clock.monotonic());
    },
    forget: () => {
      rest = null;
    },
  };
}
