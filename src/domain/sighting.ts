import type { ListedRows } from './absence.ts';
import type { Account, Balance, Pot, Reading } from './account.ts';
import { spendDayStart } from './time.ts';
import type { Currency, Instant } from './values.ts';

/** A row as a list of the bank showed it: its id, and as much of the rest as could be read. */
export type Sighting<Row extends { readonly id: string }> = Pick<Row, 'id'> & Partial<Omit<Row, 'lastRead'>>;

/** A balance of which perhaps only the amount could be read. */
export type SeenBalance = Omit<Balance, 'currency' | 'unread'> & Partial<Pick<Balance, 'currency'>>;

/** What was known before. */
interface Household {
  readonly accounts: ReadonlyMap<string, Reading<readonly Account[]>>;
  readonly balances: ReadonlyMap<string, Reading<Balance>>;
  readonly pots: ReadonlyMap<string, Reading<readonly Pot[]>>;
}

const newAccount: Account = { id: '', type: '', currency: 'GBP', closed: false, created: 0, owners: [] };

/** A login's list with complete rows: what could not be read stays as it was. */
export function completedAccounts(
  { accounts }: Household,
  loginId: string,
  list: ListedRows<Sighting<Account>>,
): ListedRows<Account> {
  const held = accounts.get(loginId)?.value ?? [];
  return completed(list, (seen) => {
    const { lastRead: _, ...known } = held.find(({ id }) => id === seen.id) ?? newAccount;
    return { ...newAccount, ...known, ...seen };
  });
}

const newPot: Omit<Pot, 'balance' | 'currency'> = {
  id: '',
  accountId: '',
  name: '',
  type: 'default',
  goal: null,
  locked: false,
  deleted: false,
  created: 0,
};

/** An account's list with complete rows, as for accounts. A pot whose balance was never read is none. */
export function completedPots(
  household: Household,
  accountId: string,
  list: ListedRows<Sighting<Pot>>,
): ListedRows<Pot> {
  const { value: held = [], at = 0 } = household.pots.get(accountId) ?? {};
  return completed(list, (seen) => {
    const before = held.find(({ id }) => id === seen.id);
    const balance = seen.balance ?? before?.balance;
    if (balance === undefined) return null;
    const { lastRead = at, ...known } = before ?? { ...newPot, currency: currencyOf(household, accountId) };
    const pot = { ...newPot, ...known, ...seen, balance };
    return seen.balance === undefined ? { ...pot, lastRead } : pot;
  });
}

/** The balance, in the currency that its account is known to have where the bank names none. */
export function completedBalance(
  household: Household,
  accountId: string,
  { at, value: seen }: Reading<SeenBalance>,
): Balance {
  const spendSince = spendSinceOf(household.balances.get(accountId), { at, value: seen });
  return { ...seen, spendSince, currency: seen.currency ?? currencyOf(household, accountId) };
}

/** Monzo resets its figure "around" 04:00: by this much earlier, or as far as anyone knows this much later. */
const resetEarlier = 5 * 60_000;
const resetLater = 3 * 60 * 60_000;

/**
 * From when on the figure of what was spent today counts. After 04:00 the same figure as before, or a higher one, may be
 * yesterday's until it was seen to fall, and not by a refund, which raises the balance as much: under today's reset, whoever
 * adds the days up would count it twice. What is first read hours later is today's, and so is a figure that falls to nothing
 * just before.
 */
function spendSinceOf(before: Reading<Balance> | undefined, { at, value }: Reading<SeenBalance>): Instant {
  const { spendToday: spent, spendSince: start } = value;
  if (before === undefined || spent === null || before.at > at) return start;
  const { spendToday: spentBefore, spendSince } = before.value;
  if (spentBefore === null) return start;
  const next = spendDayStart(at + resetEarlier);
  if (next > start) return spendSince === next || (spent === 0 && spentBefore !== 0) ? next : start;
  const isRefunded = spent - spentBefore === value.balance - before.value.balance;
  const isNotReset = spent !== 0 && (spent <= spentBefore || isRefunded);
  const isOld = isNotReset && spendSince === spendDayStart(start - 1);
  return isOld && (before.at >= start || at - start < resetLater) ? spendSince : start;
}

/** A row that is known although no list could be read that shows it: it says since when. */
export function unread<Row extends Account | Pot>(row: Row, reading: Reading<unknown> | undefined): Row {
  const { lastRead = reading?.at } = row;
  return lastRead === undefined ? row : { ...row, lastRead };
}

/** A balance or pots, marked as being older than the bank's last answer; the same reference where they are already. */
export function unreadSince(reading: Reading<Balance | readonly Pot[]>): Balance | readonly Pot[] {
  const { value } = reading;
  if ('balance' in value) return value.unread ? value : { ...value, unread: true };
  if (value.every(({ lastRead }) => lastRead !== undefined)) return value;
  return value.map((pot) => unread(pot, reading));
}

/** Rows that cannot be completed, and those of which nothing but the id could be read, count as unreadable. */
function completed<Row extends { readonly id: string }>(
  list: ListedRows<Sighting<Row>>,
  complete: (seen: Sighting<Row>) => Row | null,
): ListedRows<Row> {
  const rows: Row[] = [];
  const ids: string[] = [...list.unreadable.ids];
  for (const seen of list.rows) {
    const row = isBare(seen) ? null : complete(seen);
    if (row === null) ids.push(seen.id);
    else rows.push(row);
  }
  return { ...list, rows, unreadable: { ...list.unreadable, ids } };
}

function isBare(seen: { readonly id: string }): boolean {
  return Object.keys(seen).every((key) => key === 'id' || key === 'accountId');
}

function currencyOf({ accounts, balances }: Household, accountId: string): Currency {
  const known = [...accounts.values()].flatMap(({ value }) => value).find(({ id }) => id === accountId);
  return known?.currency ?? balances.get(accountId)?.value.currency ?? 'GBP';
}
