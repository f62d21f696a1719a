import { counted } from './counted.ts';

/** Texts of the overview. */
export const texts = {
  heading: 'Overview',
  attention: 'Needs attention',
  total: 'Total',
  totalOf: (currency: string) => `All accounts and pots in ${currency}`,
  accounts: 'Accounts and pots',
  noOwner: 'No owner connected',
  none: 'No accounts yet.',
  about: (name: string, sentence: string) => `${name}: ${sentence}`,
  reading: (name: string, amount: number) =>
    counted(amount, {
      one: (read) => `${name}: reading the history, ${read} transaction so far.`,
      other: (read) => `${name}: reading the history, ${read} transactions so far.`,
    }),
} as const;
