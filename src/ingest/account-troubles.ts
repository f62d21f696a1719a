import { createBackoff, type Backoff } from '../async.ts';
import type { Clock, Monotonic } from '../clock.ts';
import type { Account } from '../domain/account.ts';
import type { AbsentPart, AccountPart } from '../domain/learnt.ts';
import type { Names } from '../domain/names.ts';
import { listText, minuteText, type Instant } from '../domain/values.ts';
import type { PartHealth } from '../domain/view.ts';
import { BridgeError } from '../errors.ts';
import { accountTroubles as limits } from '../limits.ts';
import { BankError, isForbidden, isUnasked } from '../monzo/bank-error.ts';

/** How the bank fails to show a part of an account, although it answers and the login works. */
type AccountFault = 'refused' | 'unreadable' | 'not_found' | 'failed' | 'rows_unreadable';

export interface AccountTrouble {
  readonly account: Account;
  readonly part: AccountPart;
  readonly fault: AccountFault;
  /** When the bank first did not show it. */
  readonly since: Instant;
  /** Whether that is no accident. */
  readonly isLasting: boolean;
}

interface Held extends Omit<AccountTrouble, 'account' | 'isLasting'> {
  readonly accountId: string;
  readonly began: Monotonic;
  readonly tries: number;
  readonly backoff: Backoff;
  /** Whether it was never shown for so long that the account has no such part. */
  readonly isAbsent: boolean;
  askAgainAt: Monotonic;
}

const faultsOfTheBank: ReadonlySet<string> = new Set([
  'bank_down',
  'not_json',
  'oversized',
  'timeout',
  'unreachable',
]);

/**
 * What an error may say of the one account that was asked for; null where it says nothing of that. Whether it is about the
 * account alone, only another call of the login tells.
 */
export function accountFaultOf(thrown: unknown): AccountFault | null {
  if (isForbidden(thrown)) return 'refused';
  if (!(thrown instanceof BridgeError)) return null;
  if (thrown.code === 'unknown_shape') return 'unreadable';
  if (thrown.code === 'not_found' || thrown.code === 'bad_request') return 'not_found';
  const isOfTheBank = thrown instanceof BankError && thrown.purpose === 'data';
  return isOfTheBank && faultsOfTheBank.has(thrown.fault) ? 'failed' : null;
}

export interface AccountTroublesOptions {
  readonly clock: Clock;
  /** Whether the bank ever showed a part of an account. */
  readonly wasShown: (accountId: string, part: AccountPart) => boolean;
  /** What was found out about absent parts, and where to keep that. */
  readonly absent: readonly AbsentPart[];
  readonly onAbsent: (absent: readonly AbsentPart[]) => void;
}

/** What the bank does not show of single accounts to one login. Each part is asked for again by itself, less often as it lasts. */
export class AccountTroubles {
  readonly #options: AccountTroublesOptions;
  readonly #held: Map<string, Held>;

  constructor(options: AccountTroublesOptions) {
    this.#options = options;
    const known = options.absent.map((part) => heldAbsent(part, options.clock));
    this.#held = new Map(known.map((held) => [keyOf(held.accountId, held.part), held]));
  }

  /** Returns whether it is new. */
  note({ accountId, part, fault }: Pick<Held, 'accountId' | 'part' | 'fault'>): boolean {
    const { clock, wasShown } = this.#options;
    const key = keyOf(accountId, part);
    const now = clock.monotonic();
    const before = this.#held.get(key);
    const { since, began, tries } = before ?? { since: clock.now(), began: now, tries: 0 };
    const isKnown = before?.fault === fault;
    const backoff = isKnown ? before.backoff : backoffFor(fault, wasShown(accountId, part));
    const isLong = before?.isAbsent === true || now - began >= limits.absentAfter;
    const isAbsent = isLong && saysAbsent.has(fault) && !wasShown(accountId, part);
    const askAgainAt = now + (isAbsent ? limits.absentPause : backoff.next());
    const held = { accountId, part, fault, since, began, backoff, isAbsent, tries: tries + 1, askAgainAt };
    this.#held.set(key, held);
    if (isAbsent || before?.isAbsent === true) this.#saveAbsent();
    return !isKnown || before.isAbsent !== isAbsent;
  }

  /** Returns whether there was something to clear. */
  clear(accountId: string, part: AccountPart): boolean {
    const key = keyOf(accountId, part);
    const held = this.#held.get(key);
    this.#held.delete(key);
    if (held?.isAbsent === true) this.#saveAbsent();
    return held !== undefined;
  }

  faultOf(accountId: string, part: AccountPart): AccountFault | null {
    return this.#held.get(keyOf(accountId, part))?.fault ?? null;
  }

  /** Whether the bank does not show a part of an account, and it is not yet time to ask again. */
  rests(accountId: string, part: AccountPart): boolean {
    const { askAgainAt = Number.NEGATIVE_INFINITY } = this.#held.get(keyOf(accountId, part)) ?? {};
    return askAgainAt > this.#options.clock.monotonic();
  }

  /** What it is time to ask for again of an account. */
  due(accountId: string): readonly AccountPart[] {
    return this.#of(accountId).flatMap(({ part }) => (this.rests(accountId, part) ? [] : [part]));
  }

  /** When to ask for something of these accounts again; null where there is nothing to ask for. */
  nextAsk(accounts: readonly Account[]): Monotonic | null {
    const held = accounts.flatMap(({ id }) => this.#of(id));
    return held.length === 0 ? null : Math.min(...held.map(({ askAgainAt }) => askAgainAt));
  }

  /** A person asks: everything is due now, and asked for as soon again as at first. */
  askNow(): void {
    for (const held of this.#held.values()) {
      held.askAgainAt = this.#options.clock.monotonic();
      held.backoff.reset();
    }
  }

  /** What the bank does not show of these accounts, without what they do not have. */
  of(accounts: readonly Account[]): readonly AccountTrouble[] {
    return accounts.flatMap((account) =>
      this.#of(account.id)
        .filter(({ isAbsent }) => !isAbsent)
        .map(({ part, fault, since, tries }) => {
          return { account, part, fault, since, isLasting: tries >= limits.lastingAfter };
        }),
    );
  }

  #of(accountId: string): readonly Held[] {
    return [...this.#held.values()].filter((held) => held.accountId === accountId);
  }

  #saveAbsent(): void {
    const { clock, onAbsent } = this.#options;
    const absent = [...this.#held.values()].filter(({ isAbsent }) => isAbsent);
    onAbsent(
      absent.map(({ accountId, part, since, askAgainAt }) => {
        const asked = clock.now() + askAgainAt - clock.monotonic() - limits.absentPause;
        return { accountId, part, since, askedAt: Math.round(asked) };
      }),
    );
  }
}

/** What says that an account has no such part, where it lasts; a refusal may be one of the person's. */
const saysAbsent: ReadonlySet<AccountFault> = new Set<AccountFault>(['not_found', 'failed']);

function keyOf(accountId: string, part: AccountPart): string {
  return `${part} ${accountId}`;
}

function backoffFor(fault: AccountFault, wasShown: boolean): Backoff {
  return createBackoff(fault === 'failed' && wasShown ? limits.pauseAfterFailure : limits.pause);
}

/** What an earlier run has found out: asked for again a day after it was asked for last, whatever the clock says since. */
function heldAbsent({ accountId, part, since, askedAt }: AbsentPart, clock: Clock): Held {
  const now = clock.monotonic();
  const left = askedAt + limits.absentPause - clock.now();
  const askAgainAt = now + Math.min(Math.max(left, 0), limits.absentPause);
  const backoff = backoffFor('not_found', false);
  return {
    accountId,
    part,
    since,
    askAgainAt,
    backoff,
    fault: 'not_found',
    began: now,
    tries: limits.lastingAfter,
    isAbsent: true,
  };
}

interface Told {
  /** Such as `the balance of Flex`. */
  readonly what: string;
  /** Since when. */
  readonly from: string;
  readonly isLasting: boolean;
}

const reportIt = 'If it lasts, report it with the line from the log.';

const remedies: Readonly<Record<AccountFault, (told: Told) => string>> = {
  refused: ({ what, from, isLasting }) =>
    isLasting
      ? `Monzo refuses to show ${what} (since ${from}). If you approved only some accounts, approve the others too in the Monzo app (Settings, Privacy & Security, Manage Apps), or sign in again. The bridge asks again at least every 15 minutes, and reads everything else.`
      : `Monzo refuses to show ${what} (since ${from}). What was read last stays, and the bridge asks again within a minute.`,
  unreadable: ({ what, from }) =>
    `Monzo shows ${what} in a format that the bridge cannot read (since ${from}). What was read last stays, and the bridge keeps trying. ${reportIt}`,
  rows_unreadable: ({ what, from }) =>
    `Monzo shows ${what} in a format that the bridge cannot read (since ${from}). Their events follow as soon as they can be read: the bridge keeps trying. ${reportIt}`,
  not_found: ({ what, from }) =>
    `Monzo has no answer for ${what} (since ${from}). What was read last stays, and the bridge keeps trying.`,
  failed: ({ what, from }) =>
    `Monzo fails to show ${what} (since ${from}), although it answers otherwise. What was read last stays, and the bridge keeps trying.`,
};

/** What the bank does not show, since when, and what helps; null where it shows everything. */
export function troublesSentence(troubles: readonly AccountTrouble[], names: Names): string | null {
  const kinds = Map.groupBy(troubles, ({ fault, isLasting }) => `${fault} ${isLasting}`).values();
  const sentences = kinds.flatMap((those) => {
    const [first] = those;
    if (!first) return [];
    const from = minuteText(Math.min(...those.map(({ since }) => since)));
    return [remedies[first.fault]({ what: whatOf(those, names), from, isLasting: first.isLasting })];
  });
  return [...sentences].join(' ') || null;
}

/** The health of what is read of each account. */
export function accountsHealth(troubles: readonly AccountTrouble[], names: Names): PartHealth {
  const sentence = troublesSentence(troubles, names);
  return { part: 'accounts', state: sentence === null ? 'ok' : 'degraded', sentence };
}

/** Such as `the balance and pots of Joint account and the balance of Flex`. */
function whatOf(troubles: readonly AccountTrouble[], names: Names): string {
  const whats = [...Map.groupBy(troubles, ({ account }) => account.id)].map(([id, those]) => {
    const isSome = those.some(({ fault }) => fault === 'rows_unreadable');
    const parts = listText(those.map(({ part }) => part));
    return `${isSome ? 'some' : 'the'} ${parts} of ${names.get(id) ?? id}`;
  });
  return listText(whats);
}

/** Answers that may concern one item only. */
const faultsOfOneItem = new Set(['unknown_shape', 'not_found', 'bad_request']);
/** Trouble of the bank with one call. Where every call meets it, the breaker opens, which ends the work. */
const faultsOfOneCall = new Set(['bank_down', 'not_json', 'oversized']);

/**
 * Does the work for one item after the other. A fault that may concern one item only does not stop the others, and is
 * thrown at the end; any other one, a failed renewal of the tokens included, ends the work at once.
 */
export async function tryEach<Item>(
  items: Iterable<Item>,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const failures: BridgeError[] = [];
  for (const item of items) {
    try {
      await work(item);
    } catch (thrown) {
      if (!mayConcernOneItem(thrown)) throw isUnasked(thrown) ? (failures[0] ?? thrown) : thrown;
      failures.push(thrown);
    }
  }
  if (failures[0]) throw failures[0];
}

function mayConcernOneItem(thrown: unknown): thrown is BridgeError {
  if (thrown instanceof BankError && faultsOfOneCall.has(thrown.fault)) return thrown.purpose === 'data';
  return thrown instanceof BridgeError && faultsOfOneItem.has(thrown.code);
}
