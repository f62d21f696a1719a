import { createBackoff, type Backoff } from '../async.ts';
import type { Clock, Monotonic } from '../clock.ts';
import type { Account } from '../domain/account.ts';
import { accountNames } from '../domain/names.ts';
import type { PartHealth } from '../domain/view.ts';
import { BridgeError } from '../errors.ts';
import { accountTroublePause, householdEvery } from '../limits.ts';
import { isForbidden } from '../monzo/bank-error.ts';

/** What is read of an account, each with a call of its own. */
export type AccountPart = 'balance' | 'pots' | 'transactions';

/** How the bank fails to show a part of an account, although it answers and the login works. */
type AccountFault = 'refused' | 'unreadable' | 'not_found' | 'rows_unreadable';

export interface AccountTrouble {
  readonly account: Account;
  readonly part: AccountPart;
  readonly fault: AccountFault;
}

interface Held extends AccountTrouble {
  readonly askAgainAt: Monotonic;
  readonly pause: number;
  readonly backoff: Backoff;
}

/** What an error says of the one account that was asked for; null where it says nothing of that. */
export function accountFaultOf(thrown: unknown): AccountFault | null {
  if (isForbidden(thrown)) return 'refused';
  if (!(thrown instanceof BridgeError)) return null;
  if (thrown.code === 'unknown_shape') return 'unreadable';
  return thrown.code === 'not_found' || thrown.code === 'bad_request' ? 'not_found' : null;
}

/** What the bank does not show of single accounts to one login. Each part is tried again, less often as it lasts. */
export type AccountTroubles = ReturnType<typeof createAccountTroubles>;

export function createAccountTroubles(clock: Clock) {
  const troubles = new Map<string, Held>();
  const keyOf = (accountId: string, part: AccountPart) => `${part} ${accountId}`;
  return {
    /** Returns whether it is new. */
    note({ account, part, fault }: AccountTrouble): boolean {
      const key = keyOf(account.id, part);
      const before = troubles.get(key);
      const backoff = before?.backoff ?? createBackoff(accountTroublePause);
      const pause = backoff.next();
      troubles.set(key, { account, part, fault, backoff, pause, askAgainAt: clock.monotonic() + pause });
      return before?.fault !== fault;
    },
    /** Returns whether there was something to clear. */
    clear: (accountId: string, part: AccountPart): boolean => troubles.delete(keyOf(accountId, part)),
    /** Whether the bank refuses a part of an account, and it is not yet time to ask again. */
    rests: (accountId: string, part: AccountPart): boolean => {
      const held = troubles.get(keyOf(accountId, part));
      return held?.fault === 'refused' && held.askAgainAt > clock.monotonic();
    },
    /** When to read these parts again sooner than the schedule would; null where that is not needed. */
    nextAsk: (accountIds: ReadonlySet<string>, parts: readonly AccountPart[]): Monotonic | null => {
      const soon = [...troubles.values()].filter(
        ({ account, part, pause }) =>
          parts.includes(part) && pause < householdEvery && accountIds.has(account.id),
      );
      return soon.length === 0 ? null : Math.min(...soon.map(({ askAgainAt }) => askAgainAt));
    },
    all: (): readonly AccountTrouble[] => [...troubles.values()],
  };
}

const remedies: Readonly<Record<AccountFault, (what: string) => string>> = {
  refused: (what) =>
    `Monzo refuses to show ${what}. If you approved only some accounts, approve the others too in the Monzo app (Settings, Privacy & Security, Manage Apps), or sign in again. The bridge keeps trying, and reads everything else.`,
  unreadable: (what) =>
    `Monzo shows ${what} in a format that the bridge cannot read. What was read last stays, and the bridge keeps trying. If it lasts, report it with the line from the log.`,
  rows_unreadable: (what) =>
    `Monzo shows ${what} in a format that the bridge cannot read. Their events follow as soon as they can be read: the bridge keeps trying. If it lasts, report it with the line from the log.`,
  not_found: (what) =>
    `Monzo has no answer for ${what}. What was read last stays, and the bridge keeps trying.`,
};

/** The health of what is read of each account. `shown` are all accounts, for their names. */
export function accountsHealth(troubles: readonly AccountTrouble[], shown: readonly Account[]): PartHealth {
  const names = accountNames(shown);
  const whats = Map.groupBy(troubles, ({ fault }) => fault)
    .entries()
    .map(([fault, those]) => remedies[fault](whatOf(those, names)));
  const sentence = [...whats].join(' ') || null;
  return { part: 'accounts', state: sentence === null ? 'ok' : 'degraded', sentence };
}

const listed = new Intl.ListFormat('en-GB');

/** Such as `the balance and pots of Joint account and the balance of Flex`. */
function whatOf(troubles: readonly AccountTrouble[], names: ReadonlyMap<string, string>): string {
  const whats = [...Map.groupBy(troubles, ({ account }) => account.id)].map(([id, those]) => {
    const isSome = those.some(({ fault }) => fault === 'rows_unreadable');
    const parts = listed.format(those.map(({ part }) => part));
    return `${isSome ? 'some' : 'the'} ${parts} of ${names.get(id) ?? id}`;
  });
  return listed.format(whats);
}
