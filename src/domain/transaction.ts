import type { Currency, Instant, Minor } from './values.ts';

/** A transaction, reduced to what we compare, show or search. `raw` is the bank's own JSON, unchanged. */
export interface Transaction {
  readonly id: string;
  readonly accountId: string;
  readonly created: Instant;
  /** When the bank last changed the transaction; `created` for old ones without that key. */
  readonly updated: Instant;
  /** May lie in the future: an incoming payment settles on the next working day. Null while pending. */
  readonly settles: Instant | null;
  readonly amountIsPending: boolean;
  readonly amount: Minor;
  readonly currency: Currency;
  /** The amount in the shop's currency; the only amount of a declined payment. */
  readonly localAmount: Minor;
  readonly localCurrency: Currency;
  readonly declineReason: string | null;
  readonly description: string;
  readonly notes: string;
  readonly category: string;
  readonly scheme: string;
  readonly isLoad: boolean;
  readonly merchantId: string | null;
  readonly merchantName: string | null;
  readonly atm: boolean;
  readonly counterparty: string | null;
  /** The counterparty's account, if Monzo says that it is at Monzo too. */
  readonly counterpartyAccount: string | null;
  /** `include_in_spending`: false if Monzo, or the person in its app, excludes it from spending. */
  readonly inSpending: boolean;
  readonly potId: string | null;
  /** `metadata.external_id`: identifies a pot transfer that was made through the API. */
  readonly externalId: string | null;
  readonly raw: string;
}

/** A transaction without the bank's own JSON, which is most of its size. */
export type TransactionContent = Omit<Transaction, 'raw'>;

export const transactionStatuses = ['pending', 'settled', 'declined', 'reversed'] as const;

export type TransactionStatus = (typeof transactionStatuses)[number];

/** In the order in which Home Assistant's automation editor lists them. */
export const transactionKinds = [
  'card_payment',
  'declined',
  'refund',
  'incoming_payment',
  'outgoing_payment',
  'direct_debit',
  'cash_withdrawal',
  'pot_deposit',
  'pot_withdrawal',
  'interest',
  'fee',
  'card_check',
  'other',
] as const;

export type TransactionKind = (typeof transactionKinds)[number];

const cardSchemes = new Set(['mastercard', 'gps_mastercard', '3dsecure']);
const transferSchemes = new Set([
  'payport_faster_payments',
  'faster_payments',
  'p2p_payment',
  'sepa',
  'topup',
  'rbs_cheque',
  'uk_cash_deposits_paypoint',
  'monzo_paid',
  'signup_referral',
]);

interface KindRule {
  readonly kind: TransactionKind;
  readonly when: (transaction: TransactionContent) => boolean;
}

const isOut = (transaction: TransactionContent) => transaction.amount < 0;
/** Transfers, pot transfers and interest never have a merchant, so a merchant means a card. */
const isCard = (transaction: TransactionContent) =>
  cardSchemes.has(transaction.scheme) || transaction.merchantId !== null;
const isPotMove = (transaction: TransactionContent) =>
  transaction.scheme.endsWith('_pot') || (transaction.potId !== null && !isCard(transaction));
const isTransfer = (transaction: TransactionContent) =>
  transferSchemes.has(transaction.scheme) || transaction.counterparty !== null || transaction.isLoad;

/** The first matching rule decides. Monzo adds new schemes, so the last rules look at the direction of the money. */
const kindRules: readonly KindRule[] = [
  { kind: 'declined', when: (transaction) => transaction.declineReason !== null },
  { kind: 'pot_deposit', when: (transaction) => isPotMove(transaction) && isOut(transaction) },
  { kind: 'pot_withdrawal', when: isPotMove },
  { kind: 'interest', when: ({ scheme }) => scheme === 'account_interest' || scheme === 'interest' },
  { kind: 'fee', when: ({ scheme }) => scheme === 'overdraft' || scheme === 'fee' },
  { kind: 'direct_debit', when: (transaction) => transaction.scheme === 'bacs' && isOut(transaction) },
  { kind: 'incoming_payment', when: ({ scheme }) => scheme === 'bacs' },
  { kind: 'card_check', when: (transaction) => isCardCheck(transaction) },
  {
    kind: 'cash_withdrawal',
    when: (transaction) => isCard(transaction) && transaction.atm && isOut(transaction),
  },
  { kind: 'refund', when: (transaction) => isCard(transaction) && transaction.amount > 0 },
  { kind: 'card_payment', when: isCard },
  { kind: 'outgoing_payment', when: (transaction) => isTransfer(transaction) && isOut(transaction) },
  { kind: 'incoming_payment', when: (transaction) => isTransfer(transaction) && transaction.amount > 0 },
];

/** The kind of a transaction, by decline reason, scheme, merchant and direction (Monzo has no such field). */
export function kindOf(transaction: TransactionContent): TransactionKind {
  return kindRules.find((rule) => rule.when(transaction))?.kind ?? 'other';
}

/** "Active card check": a shop checks that the card works. No amount in either currency, and not declined. */
function isCardCheck(transaction: TransactionContent): boolean {
  if (transaction.amount !== 0 || transaction.declineReason !== null) return false;
  return (
    transaction.notes === 'Active card check' ||
    transaction.description === 'Active card check' ||
    (isCard(transaction) && transaction.localAmount === 0)
  );
}

/**
 * The status of a transaction at an instant, from its content alone. `settles` may lie in the future. A payment of zero
 * that was not declined was released again, unless it was a card check.
 */
export function statusOf(transaction: TransactionContent, at: Instant): TransactionStatus {
  if (transaction.declineReason !== null) return 'declined';
  if (transaction.amount === 0 && transaction.localAmount !== 0) return 'reversed';
  if (transaction.amount === 0 && isCardCheck(transaction)) return 'settled';
  const settled = transaction.settles !== null && transaction.settles <= at && !transaction.amountIsPending;
  return settled ? 'settled' : 'pending';
}

/** The fields whose change makes an `amended` event, as one text. Changes of other fields are internal to the bank. */
export function comparedFields(transaction: TransactionContent): string {
  const { amount, category, notes, merchantId } = transaction;
  return JSON.stringify([amount, category, notes, merchantId]);
}

/** The name of the other side: the merchant, else the counterparty, else the bank's description. */
export function displayName(transaction: TransactionContent): string {
  return transaction.merchantName ?? transaction.counterparty ?? transaction.description;
}
