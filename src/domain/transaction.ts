import type { Currency, Instant, Minor } from './values.ts';

/** A transaction, reduced to what we compare, show or search. `raw` is the bank's own JSON, kept to the letter. */
export interface Transaction {
  readonly id: string;
  readonly accountId: string;
  readonly created: Instant;
  /** When the bank last changed the row; rows of an age without that key carry `created` here. */
  readonly updated: Instant;
  /** May lie in the future: an inbound payment settles the next working morning. Null while pending. */
  readonly settles: Instant | null;
  readonly amountIsPending: boolean;
  readonly amount: Minor;
  readonly currency: Currency;
  /** What was asked for in the shop's currency; for a declined payment the only amount there is. */
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
  /** The other side's account, where that is one at Monzo too and Monzo says so. */
  readonly counterpartyAccount: string | null;
  /** `include_in_spending`: false where Monzo, or the person in its app, leaves the row out of spending. */
  readonly inSpending: boolean;
  readonly potId: string | null;
  /** `metadata.external_id`: how a pot transfer made through the API is recognised again. */
  readonly externalId: string | null;
  readonly raw: string;
}

/** All of it but the bank's own JSON, which is most of its size. */
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
/** Transfers, pot moves and interest never carry a merchant, so one is as good a sign as the scheme. */
const isCard = (transaction: TransactionContent) =>
  cardSchemes.has(transaction.scheme) || transaction.merchantId !== null;
const isPotMove = (transaction: TransactionContent) =>
  transaction.scheme.endsWith('_pot') || (transaction.potId !== null && !isCard(transaction));
const isTransfer = (transaction: TransactionContent) =>
  transferSchemes.has(transaction.scheme) || transaction.counterparty !== null || transaction.isLoad;

/** The first rule that holds names the kind. Schemes are an open set, so the last ones go by what the money did. */
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

/** What sort of thing happened, by decline reason, scheme, merchant and direction (Monzo has no such field). */
export function kindOf(transaction: TransactionContent): TransactionKind {
  return kindRules.find((rule) => rule.when(transaction))?.kind ?? 'other';
}

/** "Active card check": a shop asks whether the card lives. No amount in either currency, and nobody declined it. */
function isCardCheck(transaction: TransactionContent): boolean {
  if (transaction.amount !== 0 || transaction.declineReason !== null) return false;
  return (
    transaction.notes === 'Active card check' ||
    transaction.description === 'Active card check' ||
    (isCard(transaction) && transaction.localAmount === 0)
  );
}

/**
 * Where a row stands at an instant, by its own content alone. A filled `settled` does not mean settled: it may lie
 * in the future. A payment of nothing that nobody declined was released again, unless it was a card check.
 */
export function statusOf(transaction: TransactionContent, at: Instant): TransactionStatus {
  if (transaction.declineReason !== null) return 'declined';
  if (transaction.amount === 0 && transaction.localAmount !== 0) return 'reversed';
  if (transaction.amount === 0 && isCardCheck(transaction)) return 'settled';
  const settled = transaction.settles !== null && transaction.settles <= at && !transaction.amountIsPending;
  return settled ? 'settled' : 'pending';
}

/** The fields whose change makes an `amended` event, as one text; what else changes is the bank's own book-keeping. */
export function comparedFields(transaction: TransactionContent): string {
  const { amount, category, notes, merchantId } = transaction;
  return JSON.stringify([amount, category, notes, merchantId]);
}

/** What a person would call the other side: shop, then person, then the bank's own text. */
export function displayName(transaction: TransactionContent): string {
  return transaction.merchantName ?? transaction.counterparty ?? transaction.description;
}
