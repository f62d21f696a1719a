import { memoised } from '../memo.ts';
import { isShown, totalBalance, type Account, type Balance, type Pot, type Reading } from './account.ts';
import type { Knowledge } from './fold.ts';
import type { LoginView } from './login.ts';
import type { LowBalance } from './low-balance.ts';
import {
  accountNames,
  formerSlugs,
  potNames,
  slugsFor,
  type KeptName,
  type Names,
  type Slugs,
} from './names.ts';
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
  /** The bank's last list left it out, and another list decides whether it is gone. */
  readonly missing: boolean;
  /** When the balance was last read, where a later answer could not be read or was refused; null otherwise. */
  readonly figuresFrom: Instant | null;
  readonly loginIds: readonly string[];
}

/** What the bridge itself works out of an account. Amounts are minor units. */
export interface AccountFigures {
  /** Spending less refunds since the month began; null until all of it was read. */
  readonly spentThisMonth: Minor | null;
  readonly monthSince: Instant;
  /** What the limits still let move in and out of its pots today; null for an account without pots. */
  readonly leftToMoveToday: Minor | null;
  /** Null where no threshold is set. */
  readonly lowBalance: LowBalance | null;
}

export type ShownAccount = AccountView & AccountFigures;

/** The view with what the bridge itself works out. */
export interface ShownView extends View {
  readonly accounts: readonly ShownAccount[];
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
  /** The bank's last list left it or its account out, and another list decides whether it is gone. */
  readonly missing: boolean;
  /** When the balance was last read, where the bank's last list showed it in a format that could not be read; else null. */
  readonly figuresFrom: Instant | null;
}

export interface ViewInput {
  readonly knowledge: Knowledge;
  readonly logins: readonly LoginView[];
  readonly now: Instant;
  /** After how many milliseconds without an answer from the bank an account is unavailable. */
  readonly staleAfter: number;
}

/** An account or pot that is shown no more, under its last name. */
export interface Former {
  readonly kind: 'account' | 'pot';
  readonly id: string;
  readonly name: string;
  /** Whether Monzo has closed it; else no login sees it or its account. */
  readonly closed: boolean;
}

/** Those of the names that belong to nothing that is shown. */
export function formerIn(
  kept: readonly KeptName[],
  { accounts, pots }: View,
  knowledge: Knowledge,
): readonly Former[] {
  const shown = new Set([...accounts, ...pots].map(({ id }) => id));
  const seen = new Set(knownAccounts(knowledge).map(({ account }) => account.id));
  return kept
    .filter(({ id }) => !shown.has(id))
    .map(({ id, accountId, name }) => ({
      kind: id === accountId ? 'account' : 'pot',
      id,
      name,
      closed: seen.has(accountId),
    }));
}

/** Whether a pot holds what it is to hold; null where it has no goal. */
export function isGoalReached({ balance, goal }: Pick<PotView, 'balance' | 'goal'>): boolean | null {
  return goal === null ? null : balance >= goal;
}

/** Makes the view: open accounts, pots that are not deleted, logins that are not removed. */
export function viewOf({ knowledge, logins, now, staleAfter }: ViewInput): View {
  const shown = shownAccounts(knowledge);
  const pots = shownPots(knowledge, shown);
  const names = namesOf(shown);
  const namesOfPots = potNames(pots, names);
  const slugs = slugsShown(knowledge);
  const isFresh = (accountId: string, readAt = lastRead(knowledge, accountId)) =>
    Math.abs(now - readAt) < staleAfter;
  const accounts = shown.map(({ account, loginIds }) => ({
    id: account.id,
    type: account.type,
    name: names.get(account.id) ?? account.id,
    slug: slugs.get(account.id) ?? account.id.toLowerCase(),
    ...balancesOf(knowledge.balances.get(account.id)?.value, knowledge.pots.get(account.id)?.value ?? []),
    currency: knowledge.balances.get(account.id)?.value.currency ?? account.currency,
    available: isFresh(account.id),
    missing: isAccountMissing(knowledge, account.id),
    figuresFrom: unreadSince(knowledge.balances.get(account.id)),
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
      available: isFresh(pot.accountId, pot.lastRead ?? knowledge.pots.get(pot.accountId)?.at),
      missing: isPotMissing(knowledge, pot),
      figuresFrom: pot.lastRead ?? null,
    })),
  };
}

/** What the entity ids are made of: as stored, or as earlier versions made it where they stored nothing. */
function slugsShown(knowledge: Knowledge): Slugs {
  const shown = shownAccounts(knowledge);
  const accounts = shown.map(({ account }) => account);
  const pots = shownPots(knowledge, shown);
  if ([...accounts, ...pots].every(({ id }) => knowledge.slugs.has(id))) return knowledge.slugs;
  return new Map([...formerSlugs(accounts, pots), ...knowledge.slugs]);
}

/** Gives each account and pot that is newly shown its slug; those that were shown before keep theirs. */
export function withSlugs(before: Knowledge, after: Knowledge): Knowledge {
  if (before.accounts === after.accounts && before.pots === after.pots) return after;
  const shown = shownAccounts(after);
  const accounts = shown.map(({ account }) => account);
  const pots = shownPots(after, shown);
  if ([...accounts, ...pots].every(({ id }) => after.slugs.has(id))) return after;
  return { ...after, slugs: slugsFor(accounts, pots, slugsShown(before)) };
}

function shownPots(knowledge: Knowledge, shown: readonly SharedAccount[]): readonly Pot[] {
  return shown.flatMap(({ account }) => openPots(knowledge, account.id));
}

export interface SharedAccount {
  readonly account: Account;
  /** The logins that see it: two for a joint account, else one. */
  readonly loginIds: readonly string[];
}

/**
 * Every account that any login sees, once, from the newest reading; oldest account first. A list that leaves an account out
 * says nothing about it: the copy of a login whose list shows it counts before that.
 */
export function knownAccounts({ accounts, missing }: Knowledge): readonly SharedAccount[] {
  return knownIn(accounts)(missing.accounts);
}

/** The accounts that are shown as devices. */
export function shownAccounts(knowledge: Knowledge): readonly SharedAccount[] {
  return shownOf(knownAccounts(knowledge));
}

/** The names of the accounts that are shown. */
export function shownNames(knowledge: Knowledge): Names {
  return namesOf(shownAccounts(knowledge));
}

// Asked for with every ring and every commit, and changed by almost none of them.
const knownIn = memoised((accounts: Knowledge['accounts']) =>
  memoised((missing: Knowledge['missing']['accounts']) => sharedAccounts(accounts, missing)),
);
const shownOf = memoised((known: readonly SharedAccount[]) =>
  known.filter(({ account }) => isShown(account)),
);
const namesOf = memoised((shown: readonly SharedAccount[]) =>
  accountNames(shown.map(({ account }) => account)),
);

function sharedAccounts(
  accounts: Knowledge['accounts'],
  missing: Knowledge['missing']['accounts'],
): readonly SharedAccount[] {
  const found = new Map<string, SharedAccount>();
  const seen = [...accounts].flatMap(([loginId, { at, value }]) =>
    value.map((account) => ({
      loginId,
      at,
      account,
      isMissing: isMissingFor(missing, loginId, account.id),
    })),
  );
  const lastCounts = seen.toSorted(
    (a, b) => Number(b.isMissing) - Number(a.isMissing) || a.at - b.at || compareText(a.loginId, b.loginId),
  );
  for (const { account, loginId } of lastCounts)
    found.set(account.id, {
      account,
      loginIds: [...(found.get(account.id)?.loginIds ?? []), loginId].toSorted(),
    });
  return [...found.values()].toSorted(
    (a, b) => a.account.created - b.account.created || compareText(a.account.id, b.account.id),
  );
}

function isMissingFor(
  missing: Knowledge['missing']['accounts'],
  loginId: string,
  accountId: string,
): boolean {
  return missing.get(loginId)?.has(accountId) === true;
}

/** Whether the last list of every login that sees an account left it out. */
function isAccountMissing(knowledge: Knowledge, accountId: string): boolean {
  const seeing = [...knowledge.accounts].filter(([, { value }]) => value.some(({ id }) => id === accountId));
  return (
    seeing.length > 0 &&
    seeing.every(([loginId]) => isMissingFor(knowledge.missing.accounts, loginId, accountId))
  );
}

/** Whether the bank's last list left out a pot, or its account. */
export function isPotMissing(
  knowledge: Knowledge,
  { id, accountId }: Pick<Pot, 'id' | 'accountId'>,
): boolean {
  const isLeftOut = knowledge.missing.pots.get(accountId)?.has(id) === true;
  return isLeftOut || isAccountMissing(knowledge, accountId);
}

/** How many of the shown accounts, and of their pots, the bank's last lists left out. */
export function countMissing(knowledge: Knowledge): { readonly accounts: number; readonly pots: number } {
  const shown = shownAccounts(knowledge).map(({ account }) => account.id);
  const isLeftOut = (accountId: string, { id }: Pot) =>
    knowledge.missing.pots.get(accountId)?.has(id) === true;
  const pots = shown.flatMap((id) => openPots(knowledge, id).filter((pot) => isLeftOut(id, pot)));
  return { accounts: shown.filter((id) => isAccountMissing(knowledge, id)).length, pots: pots.length };
}

/** The shown accounts and pots that the bank's last lists showed in a format that could not be read. */
export function unreadRows(knowledge: Knowledge): {
  readonly accounts: readonly Account[];
  readonly pots: readonly Pot[];
} {
  const isUnread = ({ lastRead: readAt }: Account | Pot) => readAt !== undefined;
  const shown = shownAccounts(knowledge).map(({ account }) => account);
  const pots = shown.flatMap(({ id }) => openPots(knowledge, id));
  return { accounts: shown.filter(isUnread), pots: pots.filter(isUnread) };
}

function unreadSince(reading: Reading<Balance> | undefined): Instant | null {
  return reading?.value.unread === true ? reading.at : null;
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
    spentToday: balance.spendToday === null ? null : 0 - balance.spendToday,
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
