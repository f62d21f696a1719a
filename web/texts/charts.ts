import { counted } from './counted.ts';

/** Texts of the charts page. */
export const texts = {
  heading: 'Charts',
  account: 'Account',
  allAccounts: 'All accounts',
  currency: 'Currency',
  table: 'As a table',
  none: 'Nothing to show yet.',
  noAccounts:
    'There are no accounts yet. Once a login is connected, its balances and its spending are drawn here.',
  toLogins: 'Connect a login in the settings',
  report: 'Month report',
  balance: {
    heading: 'Balance over time',
    of: 'Balance of',
    total: 'Everything',
    accounts: 'Accounts',
    pots: 'Pots',
    reach: 'Over',
    reaches: { '30': '30 days', '90': '90 days', '365': 'One year', '1825': 'Five years' },
    label: (name: string, from: string, to: string) => `Balance of ${name}, from ${from} to ${to}`,
    guess: 'Dashed: calculated from the known transactions, not read on that day. It may not be exact.',
    incomplete: (name: string, day: string | null) =>
      day === null
        ? `${name} was never read and is not included.`
        : `Before ${day} the balance of ${name} is not known: it counts as what it was then.`,
    from: (day: string) => `Nothing is known before ${day}.`,
    day: 'Day',
    amount: 'Balance at the end of the day',
    workedOut: 'calculated',
  },
  months: {
    heading: 'Spending and income by month',
    label: (amount: number) =>
      counted(amount, {
        one: () => 'Spending and income of this month',
        other: (months) => `Spending and income of the last ${months} months`,
      }),
    month: 'Month',
    spent: 'Spent',
    refunded: 'Refunded',
    net: 'Spending',
    income: 'Income',
    note: 'Refunds are subtracted. Moves between your own accounts and pots do not count. A bar or an amount leads to its transactions.',
  },
  compare: {
    heading: 'This month compared with earlier months',
    label: (month: string) => `Spending by day of the month: ${month} and the months before`,
    day: 'Day of the month',
    soFar: (amount: string, day: string) => `${amount} so far, by day ${day}.`,
    less: (amount: string, month: string) => `${amount} less than by the same day in ${month}.`,
    more: (amount: string, month: string) => `${amount} more than by the same day in ${month}.`,
    legend: 'Thick line: this month. Thin lines: earlier months.',
    same: (month: string) => `The same as by that day in ${month}.`,
  },
  categoryMonths: {
    heading: 'Categories by month',
    label: (amount: number) =>
      counted(amount, {
        one: () => 'Spending by category in this month',
        other: (months) => `Spending by category in each of the last ${months} months`,
      }),
    category: 'Category',
  },
  by: {
    category: 'By category',
    merchant: 'By shop or person',
    labels: {
      category: (month: string) => `Spending by category, ${month}`,
      merchant: (month: string) => `Spending by shop or person, ${month}`,
    },
    month: 'Month',
    name: 'Name',
    amount: 'Spending',
    share: 'Share',
    count: 'Payments',
    rest: 'Everything else',
    none: 'No spending in this month.',
  },
} as const;
