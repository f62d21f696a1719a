import { counted } from './counted.ts';

/** Texts of the month report. */
export const texts = {
  heading: 'Month report',
  month: 'Month',
  account: 'Account',
  allAccounts: 'All accounts',
  print: 'Print',
  toCharts: 'Show the charts',
  inCurrency: (month: string, currency: string) => `${month}, ${currency}`,
  nothing: (month: string) =>
    `In ${month} and the six months before it, nothing was spent and nothing came in.`,
  usual: {
    months: (amount: number, { first, last }: { readonly first: string; readonly last: string }) =>
      counted(amount, {
        one: () => `Usual: as in ${last}, the only full month before.`,
        other: (months) => `Usual: the average of ${first} to ${last}, the last ${months} full months.`,
      }),
    fewer: (day: string) => `Months that began before the first transaction, on ${day}, do not count.`,
    none: (day: string) =>
      `The first transaction was on ${day}: there is no full month before this one to compare it with.`,
    running: (month: string) => `${month} is not over yet; the usual amounts are those of whole months.`,
  },
  sums: {
    heading: 'In and out',
    what: 'Sum',
    in: 'Money in',
    out: 'Spending',
    left: 'Left over',
    note: 'Spending is less refunds. Moves between your own accounts and pots do not count.',
  },
  columns: {
    amount: 'This month',
    usual: 'Usual',
    difference: 'Difference',
  },
  categories: {
    heading: 'By category',
    name: 'Category',
    none: 'Nothing was spent in this month.',
  },
  largest: {
    heading: 'Largest payments',
    name: 'Payment',
    day: 'Day',
    amount: 'Amount',
    none: 'There was no payment in this month.',
  },
  added: {
    heading: 'New shops and people',
    name: 'Name',
    amount: 'Spending',
    none: 'None was paid for the first time.',
    unknown: 'With no full month before this one, all would be new.',
    more: (amount: number) =>
      counted(amount, { other: (all) => `${all} in all; those with most spending are shown.` }),
  },
  vanished: {
    heading: 'No longer paid',
    hint: 'Paid in the month before and in at least three of the last six (in both, where only two are known), and not in this one.',
    name: 'Name',
    last: 'Last paid',
    amount: 'Usual in a month',
    none: 'None is missing.',
    running: 'This is known once the month is over.',
    unknown: 'For this, two full months before this one are needed.',
    more: (amount: number) =>
      counted(amount, { other: (all) => `${all} in all; those with most spending are shown.` }),
  },
} as const;
