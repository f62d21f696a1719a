import type { Account, Login } from '../../api/contract.ts';

/** Accounts that the same people own. */
export interface Household {
  readonly owners: readonly Login[];
  readonly accounts: readonly Account[];
}

/** Accounts by who owns them: every person for themselves in the request of the logins, then what they share. */
export function householdsOf(logins: readonly Login[], accounts: readonly Account[]): readonly Household[] {
  const byOwners = new Map<string, { owners: Login[]; accounts: Account[] }>();
  for (const login of logins) byOwners.set(login.id, { owners: [login], accounts: [] });
  for (const account of accounts) {
    const owners = logins.filter(({ id }) => account.logins.includes(id));
    const key = owners.map(({ id }) => id).join(' ');
    const household = byOwners.get(key) ?? { owners, accounts: [] };
    household.accounts.push(account);
    byOwners.set(key, household);
  }
  return [...byOwners.values()];
}

/** Total balance and spending in one currency, in whole minor units. */
export interface Sum {
  readonly currency: string;
  readonly total: number;
  readonly spent: number;
}

/** Adds up all accounts per currency, the currency of most accounts first. Unknown balances are left out. */
export function sumsOf(accounts: readonly Account[]): readonly Sum[] {
  const currencies = Map.groupBy(accounts, ({ currency }) => currency);
  return [...currencies]
    .toSorted(([, some], [, others]) => others.length - some.length)
    .map(([currency, own]) => ({
      currency,
      total: added(own.map((account) => account.total_balance_minor ?? account.balance_minor)),
      spent: added(own.map((account) => account.spent_today_minor)),
    }));
}

function added(amounts: readonly (number | null)[]): number {
  return amounts.reduce<number>((sum, amount) => sum + (amount ?? 0), 0);
}
