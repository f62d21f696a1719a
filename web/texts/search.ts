import { counted } from './counted.ts';

/** Texts of what a search adds up to, of periods, and of a shop or person. */
export const texts = {
  sums: {
    label: 'Sums of all transactions found',
    in: 'In',
    out: 'Out',
    net: 'Net',
    count: 'Transactions',
    internal: {
      both: (came: string, went: string) =>
        `Of this, ${came} in and ${went} out only moved between your own accounts and pots.`,
      in: (came: string) => `Of this, ${came} in only moved between your own accounts and pots.`,
      out: (went: string) => `Of this, ${went} out only moved between your own accounts and pots.`,
    },
    unmoved: (amount: number) =>
      counted(amount, {
        one: (rows) => `${rows} transaction moved no money and is in no sum.`,
        other: (rows) => `${rows} transactions moved no money and are in no sum.`,
      }),
    pending: '…',
    none: '–',
  },
  period: {
    label: 'Period',
    always: 'Any time',
    own: 'Own days',
    names: {
      today: 'Today',
      week: 'Last 7 days',
      days: 'Last 30 days',
      month: 'This month',
      before: 'Last month',
      year: 'This year',
      lastYear: 'Last year',
    },
  },
  tags: {
    label: 'Tags',
    option: (tag: string, times: string) => `#${tag} (${times})`,
    show: (tag: string) => `All transactions with the tag #${tag}`,
  },
  rate: {
    label: 'Exchange rate',
    is: (one: string, other: string) => `${one} = ${other}`,
  },
  reversed: 'Before it was reversed',
  merchant: {
    all: 'All transactions',
    facts: 'In all',
    usual: 'Usually',
    paid: 'Paid',
    back: 'Came back',
    received: 'Received',
    payments: 'Transactions',
    count: 'Count',
    first: 'First',
    last: 'Last',
    months: 'By month',
    month: 'Month',
    unknown: 'There are no transactions under exactly this name.',
    usualHint: 'The middle one of the last payments.',
  },
} as const;
