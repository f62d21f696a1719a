import type { Currency, Instant, Minor } from './values.ts';

/** An account as `/accounts` lists it, reduced to what we use. Types are an open set: new ones appear without notice. */
export interface Account {
  readonly id: string;
  readonly type: string;
  readonly currency: Currency;
  readonly closed: boolean;
  readonly created: Instant;
  readonly owners: readonly Owner[];
}

export interface Owner {
  readonly userId: string;
  readonly firstName: string;
}

/** A pot as `/pots` lists it. `accountId` is the account it was asked for with, which is the one it belongs to. */
export interface Pot {
  readonly id: string;
  readonly accountId: string;
  readonly name: string;
  readonly type: string;
  readonly currency: Currency;
  readonly balance: Minor;
  /** Null where the pot has no goal: Monzo then leaves the key out. */
  readonly goal: Minor | null;
  readonly locked: boolean;
  readonly deleted: boolean;
  readonly created: Instant;
}

export interface Balance {
  readonly balance: Minor;
  /** Null for old accounts, where Monzo gives none. */
  readonly totalBalance: Minor | null;
  /** As Monzo gives it: negative when money was spent since about 04:00. */
  readonly spendToday: Minor;
  /** The start of the day that `spendToday` counts from. */
  readonly spendSince: Instant;
  readonly currency: Currency;
}

/** Something that was read, and when. Of two readings of the same thing the later one is true. */
export interface Reading<T> {
  readonly at: Instant;
  readonly value: T;
}

interface AccountTypeFacts {
  readonly name: string;
  /** Neither shown nor read: dead cards, and a loan whose balance Monzo refuses to everybody. */
  readonly hidden?: boolean;
  /** Pots exist only where money is held; asking elsewhere is a wasted call. */
  readonly pots?: boolean;
}

const accountTypes: ReadonlyMap<string, AccountTypeFacts> = new Map([
  ['uk_retail', { name: 'Current account', pots: true }],
  ['uk_retail_joint', { name: 'Joint account', pots: true }],
  ['uk_business', { name: 'Business account', pots: true }],
  ['uk_retail_plus', { name: 'Plus account', pots: true }],
  ['uk_monzo_flex', { name: 'Flex' }],
  ['uk_loan', { name: 'Loan' }],
  ['uk_rewards', { name: 'Cashback' }],
  ['uk_prepaid', { name: 'Prepaid card', hidden: true }],
  ['uk_monzo_flex_backing_loan', { name: 'Flex loan', hidden: true }],
]);

/** What a person calls an account of this type; an unknown type is made readable, never refused. */
export function accountTypeName(type: string): string {
  const known = accountTypes.get(type);
  if (known) return known.name;
  const words = type.replace(/^uk_/, '').replaceAll('_', ' ').trim() || 'other';
  return `${words.charAt(0).toUpperCase()}${words.slice(1)} account`;
}

/** Accounts that are shown and read: not closed, and not of a type that holds nothing for anybody. */
export function isShown(account: Account): boolean {
  return !account.closed && accountTypes.get(account.type)?.hidden !== true;
}

/** Whether asking for pots makes sense. Unknown types are asked: a child's account may have some. */
export function mayHavePots(account: Pick<Account, 'type'>): boolean {
  const known = accountTypes.get(account.type);
  return known === undefined || known.pots === true;
}

/** Balance of an account and all its pots, in minor units; added up where Monzo gives no total. */
export function totalBalance(balance: Balance, pots: readonly Pot[]): Minor {
  if (balance.totalBalance !== null) return balance.totalBalance;
  return pots
    .filter((pot) => !pot.deleted && pot.currency === balance.currency)
    .reduce((sum, pot) => sum + pot.balance, balance.balance);
}
