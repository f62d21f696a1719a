import { inWords } from './in-words.ts';
import type { Flow, Kind, Status } from '../api/ledger.ts';

const kindWords: Readonly<Record<Kind, string>> = {
  card_payment: 'Card payment',
  declined: 'Declined',
  refund: 'Refund',
  incoming_payment: 'Money in',
  outgoing_payment: 'Payment',
  direct_debit: 'Direct Debit',
  cash_withdrawal: 'Cash',
  pot_deposit: 'Into a pot',
  pot_withdrawal: 'Out of a pot',
  interest: 'Interest',
  fee: 'Fee',
  card_check: 'Card check',
  other: 'Other',
};

const flowWords: Readonly<Record<Flow, string>> = {
  spending: 'Spending',
  refund: 'Refunds',
  income: 'Income',
  internal: 'Between your own accounts and pots',
  excluded: 'Left out of spending',
  none: 'No money moved',
};

const statusWords: Readonly<Record<Status, string>> = {
  pending: 'Pending',
  settled: 'Settled',
  declined: 'Declined',
  reversed: 'Reversed',
};

/** Monzo's own categories. People can add their own, whose names the API does not return. */
export const categoryWords: Readonly<Partial<Record<string, string>>> = {
  bills: 'Bills',
  cash: 'Cash',
  charity: 'Charity',
  eating_out: 'Eating out',
  entertainment: 'Entertainment',
  expenses: 'Expenses',
  family: 'Family',
  finances: 'Finances',
  general: 'General',
  gifts: 'Gifts',
  groceries: 'Groceries',
  holidays: 'Holidays',
  income: 'Income',
  personal_care: 'Personal care',
  savings: 'Savings',
  shopping: 'Shopping',
  transfers: 'Transfers',
  transport: 'Transport',
};

/** Words for accounts, pots and transactions. */
export const bank = {
  unknown: 'not known',
  locked: 'Locked',
  stale: 'Not up to date',
  missing: 'Missing from Monzo’s last list',
  figuresFrom: (moment: string) => `As of ${moment}`,
  total: 'With pots',
  spent: 'Spent today',
  goalOf: (pot: string) => `Progress of ${pot}`,
  goal: (share: string, goal: string) => `${share} of ${goal}`,
  pots: (account: string) => `Pots of ${account}`,
  kinds: kindWords,
  flows: flowWords,
  statuses: statusWords,
  ownCategory: 'Custom category',
  noCategory: 'No category',
} as const;

/** A category in words. The API returns no name for a custom category; an unknown one is shown as it is. */
export function categoryInWords(category: string): string {
  if (category === '') return bank.noCategory;
  const known = categoryWords[category];
  if (known !== undefined) return known;
  if (category.startsWith('category_')) return bank.ownCategory;
  return inWords(category);
}
