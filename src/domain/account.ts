import type { Currency, Instant, Minor } from './values.ts';

/** An account as `/accounts` lists it, reduced to what we use. Monzo adds new types without notice. */
export interface Account {
  readonly id: string;
  readonly type: string;
  readonly currency: Currency;
  readonly closed: boolean;
  readonly created: Instant;
  readonly owners: readonly Owner[];
  /** As `bankDetails` writes them; left out for accounts that have none. */
  readonly bankDetails?: string;
  /** When its row was last read, where the last list showed it in a format that could not be read; else left out. */
  readonly lastRead?: Instant;
}

export interface Owner {
  readonly userId: string;
  readonly firstName: string;
}

/** Sort code and account number as one text, "040004 12345678", however they were written; null if they are not both there. */
export function bankDetails(sortCode: string | null, accountNumber: string | null): string | null {
  const [code, number] = [sortCode, accountNumber].map((written) => (written ?? '').replaceAll(/[\s-]/g, ''));
  if (code === undefined || number === undefined) return null;
  return /^\d{6}$/.test(code) && /^\d{6,10}$/.test(number) ? `${code} ${number.padStart(8, '0')}` : null;
}

/** A pot as `/pots` lists it. `accountId` is the account of the request, which the pot belongs to. */
export interface Pot {
  readonly id: string;
  readonly accountId: string;
  readonly name: string;
  readonly type: string;
  readonly currency: Currency;
  readonly balance: Minor;
  /** Null if the pot has no goal: Monzo then leaves the key out. */
  readonly goal: Minor | null;
  readonly locked: boolean;
  readonly deleted: boolean;
  readonly created: Instant;
  /** When its balance was last read, where the last list showed it in a format that could not be read; else left out. */
  readonly lastRead?: Instant;
}

export interface Balance {
  readonly balance: Minor;
  /** Null for old accounts, for which Monzo gives no total. */
  readonly totalBalance: Minor | null;
  /** As Monzo gives it: negative if money was spent since about 04:00; null where it does not say. */
  readonly spendToday: Minor | null;
  /** The start of the day that `spendToday` counts from. */
  readonly spendSince: Instant;
  readonly currency: Currency;
  /** Whether a later answer could not be read, or was refused; else left out. */
  readonly unread?: true;
}

/** A value and when it was read. Of two readings of the same thing the later one counts. */
export interface Reading<T> {
  readonly at: Instant;
  readonly value: T;
}

interface AccountTypeFacts {
  readonly name: string;
  /** Neither shown nor read: dead cards, and a loan whose balance Monzo always refuses. */
  readonly hidden?: boolean;
  /** Only accounts that hold money have pots; for others the call is wasted. */
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

/** What names an account where it is its owner's only one of that kind. */
export type AccountKind = Pick<Account, 'type' | 'currency'>;

/**
 * The name of an account's type. An unknown type is made readable, never refused; in another currency than pounds the
 * account is named after that ("Euro account").
 */
export function accountTypeName({ type, currency }: AccountKind): string {
  const known = accountTypes.get(type);
  if (known) return known.name;
  const words = type.replace(/^uk_/, '').replaceAll('_', ' ').trim() || 'other';
  return `${currency === 'GBP' ? upperFirst(words) : currencyName(currency)} account`;
}

/** As `Intl` names them, which is first asked for another one: it takes 7 MB. */
const currencyNames = new Map<Currency, string>([
  ['EUR', 'Euro'],
  ['USD', 'US dollar'],
]);

/** Such as "Euro" or "US dollar"; the code where it has no name. */
function currencyName(currency: Currency): string {
  if (!/^[A-Z]{3}$/.test(currency)) return inSentence(currency);
  return currencyNames.getOrInsertComputed(currency, () => {
    const names = new Intl.DisplayNames('en-GB', { type: 'currency', fallback: 'code' });
    return inSentence(names.of(currency) ?? currency);
  });
}

function inSentence(name: string): string {
  return name.replace(/ [A-Z](?=[a-z]+$)/, (start) => start.toLowerCase());
}

function upperFirst(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Whether the account is shown and read: it is open, and its type is not hidden. */
export function isShown(account: Account): boolean {
  return !account.closed && accountTypes.get(account.type)?.hidden !== true;
}

/** Whether the account may have pots. Unknown types may: a child's account, for example. */
export function mayHavePots(account: Pick<Account, 'type'>): boolean {
  const known = accountTypes.get(account.type);
  return known === undefined || known.pots === true;
}

/**
 * The balance of an account and all its pots, in minor units; added up if Monzo gives no total, and null if the balance
 * of one of the pots is an older one.
 */
export function totalBalance(balance: Balance, pots: readonly Pot[]): Minor | null {
  if (balance.totalBalance !== null) return balance.totalBalance;
  const counted = pots.filter((pot) => !pot.deleted && pot.currency === balance.currency);
  if (counted.some(({ lastRead }) => lastRead !== undefined)) return null;
  return counted.reduce((sum, pot) => sum + pot.balance, balance.balance);
}
