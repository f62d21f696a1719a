import { counted } from './counted.ts';

/** Texts of the overview. */
export const texts = {
  heading: 'Overview',
  attention: 'Needs attention',
  passing: 'Limited for now',
  paused: 'Money moves are paused.',
  remedies: {
    check: 'Check everything',
    events: 'Look at the events',
    logins: 'Look at the logins',
    moves: 'Look at the money moves',
    webhooks: 'Look at the webhooks',
    approve: 'Approve in the Monzo app',
    continue: 'Continue the set-up',
    signIn: 'Sign in again',
    renewed: 'I renewed it',
    reload: 'Ask Monzo again',
  },
  total: 'Total',
  totalOf: (currency: string) => `All accounts and pots in ${currency}`,
  noOwner: 'No owner connected',
  none: 'No accounts yet.',
  about: (name: string, sentence: string) => `${name}: ${sentence}`,
  reading: (amount: number) =>
    counted(amount, {
      one: (read) => `Reading the history: ${read} transaction so far.`,
      other: (read) => `Reading the history: ${read} transactions so far.`,
    }),
  recent: 'Last transactions',
  showAll: 'Show all',
  allTransactions: 'Show all transactions',
  noTransactions: 'No transactions yet.',
  favourite: (pot: string) => `${pot} is a favourite: it comes first here`,
  moveWith: (pot: string) => `Move money into or out of ${pot}`,
} as const;
