import type { Account } from '../api/contract.ts';
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

const partWords: Readonly<Record<Account['lacks'][number], string>> = {
  balance: 'balance',
  pots: 'pots',
  transactions: 'transactions',
};

/** Words for accounts, pots and transactions. */
export const bank = {
  unknown: 'not known',
  locked: 'Locked',
  stale: 'Not up to date',
  missing: 'Missing from Monzo’s last list',
  figuresFrom: (moment: string) => `As of ${moment}`,
  lacks: (parts: string) => `Monzo shows no ${parts} here`,
  parts: partWords,
  total: 'With pots',
  spent: 'Spent today',
  goalOf: (pot: string) => `Progress of ${pot}`,
  goal: (share: string, goal: string) => `${share} of ${goal}`,
  pots: (account: string) => `Pots of ${account}`,
  kinds: kindWords,
  flows: flowWords,
  statuses: statusWords,
} as const;
