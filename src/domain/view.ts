import { isShown, totalBalance, type Account, type Balance, type Pot } from './account.ts';
import type { Knowledge } from './fold.ts';
import type { LoginView } from './login.ts';
import { accountNames, potNames, slugsOf } from './names.ts';
import { compareText, type Currency, type Instant, type Minor } from './values.ts';

/** Everything that outputs show of logins, accounts and pots. Amounts are minor units. */
export interface View {
  readonly logins: readonly LoginView[];
  readonly accounts: readonly AccountView[];
  readonly pots: readonly PotView[];
}

export interface AccountView {
  readonly id: string;
  readonly type: string;
  readonly name: string;
  /** Unique among all devices; the middle of the entity ids. */
  readonly slug: string;
  readonly currency: Currency;
  readonly balance: Minor | null;
  readonly totalBalance: Minor | null;
  /** Positive when money was spent. */
  readonly spentToday: Minor | null;
  readonly spentSince: Instant | null;
  readonly available: boolean;
  readonly loginIds: readonly string[];
}

export interface PotView {
  readonly id: string;
  readonly accountId: string;
  readonly name: string;
  readonly slug: string;
  readonly currency: Currency;
  readonly balance: Minor;
  readonly goal: Minor | null;
  readonly locked: boolean;
  readonly available: boolean;
}

export interface ViewInput {
  readonly knowledge: Knowledge;
  readonly logins: readonly LoginView[];
  readonly now: Instant;
  /** After how many milliseconds without an answer from the bank an account is unavailable. */
  readonly staleAfter: number;
}

/** Makes the view: open accounts, pots that are not deleted, logins that are not removed. */
export function viewOf({ knowledge, logins, now, staleAfter }: ViewInput): View {
  const shown = shownAccounts(knowledge);
  const pots = shown.flatMap(({ account }) => openPots(knowledge, account.id));
  const names = accountNames(shown.map(({ account }) => account));
  const namesOfPots = potNames(pots, names);
  const slugs = slugsOf([...names, ...namesOfPots]);
  const isFresh = (accountId: string) => Math.abs(now - lastRead(knowledge, accountId)) < staleAfter;
  const accounts = shown.map(({ account, loginIds }) => ({
    id: account.id,
    type: account.type,
    name: names.get(account.id) ?? account.id,
    slug: slugs.get(account.id) ?? account.id.toLowerCase(),
    ...balancesOf(knowledge.balances.get(account.id)?.value, knowledge.pots.get(account.id)?.value ?? []),
    currency: knowledge.balances.get(account.id)?.value.currency ?? account.currency,
    available: isFresh(account.id),
    loginIds,
  }));
  return {
    logins: logins.filter((login) => login.state !== 'removed'),
    accounts,
    pots: pots.map((pot) => ({
      id: pot.id,
      accountId: pot.accountId,
      name: namesOfPots.get(pot.id) ?? pot.name,
      slug: slugs.get(pot.id) ?? pot.id.toLowerCase(),
      currency: pot.currency,
      balance: pot.balance,
      goal: pot.goal,
      locked: pot.locked,
      available: isFresh(pot.accountId),
    })),
  };
}

export interface SharedAccount {
  readonly account: Account;
  /** The logins that see it: two for a joint account, else one. */
  readonly loginIds: readonly string[];
}

/** Every account that any login sees, once, from the newest reading; oldest account first. */
export function knownAccounts(knowledge: Knowledge): readonly SharedAccount[] {
  const found = new Map<string, SharedAccount>();
  const readings = [...knowledge.accounts].toSorted(
    ([a, left], [b, right]) => left.at - right.at || compareText(a, b),
  );
  for (const [loginId, { value }] of readings)
    for (const account of value)
      found.set(account.id, {
        account,
        loginIds: [...(found.get(account.id)?.loginIds ?? []), loginId].toSorted(),
      });
  return [...found.values()].toSorted(
    (a, b) => a.account.created - b.account.created || compareText(a.account.id, b.account.id),
  );
}

/** The accounts that are shown as devices. */
export function shownAccounts(knowledge: Knowledge): readonly SharedAccount[] {
  return knownAccounts(knowledge).filter(({ account }) => isShown(account));
}

function openPots(knowledge: Knowledge, accountId: string): readonly Pot[] {
  return (knowledge.pots.get(accountId)?.value ?? []).filter((pot) => !pot.deleted);
}

function lastRead(knowledge: Knowledge, accountId: string): Instant {
  return knowledge.balances.get(accountId)?.at ?? Number.NEGATIVE_INFINITY;
}

function balancesOf(balance: Balance | undefined, pots: readonly Pot[]) {
  if (!balance) return { balance: null, totalBalance: null, spentToday: null, spentSince: null };
  return {
    balance: balance.balance,
    totalBalance: totalBalance(balance, pots),
    spentToday: balance.spendToday === 0 ? 0 : -balance.spendToday,
    spentSince: balance.spendSince,
  };
}

/** The status of one part of the program; the sentence tells a person what to do, and is null if there is nothing. */
export interface PartHealth {
  readonly part: string;
  readonly state: HealthState;
  readonly sentence: string | null;
}

export const healthStates = ['ok', 'degraded', 'needs_user', 'down'] as const;

export type HealthState = (typeof healthStates)[number];

const severity: Readonly<Record<HealthState, number>> = { ok: 0, degraded: 1, needs_user: 2, down: 3 };

/** The worst state of all parts. */
export function worstOf(parts: readonly PartHealth[]): HealthState {
  return parts.reduce<HealthState>(
    (worst, { state }) => (severity[state] > severity[worst] ? state : worst),
    'ok',
  );
}
