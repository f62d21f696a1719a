import { compareText, type Currency, type Instant, type Minor } from './values.ts';

/** The shares of two categories or more, sorted by category; they add up to the amount. */
export type Split = readonly (readonly [category: string, share: Minor])[];

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
  /** Null where all of it belongs to `category`. */
  readonly split: Split | null;
  readonly scheme: string;
  readonly isLoad: boolean;
  readonly merchantId: string | null;
  readonly merchantName: string | null;
  readonly atm: boolean;
  readonly counterparty: string | null;
  /** The counterparty's account, if Monzo says that it is at Monzo too. */
  readonly counterpartyAccount: string | null;
  /** The counterparty's sort code and account number, as `bankDetails` writes them. */
  readonly counterpartyBank: string | null;
  /** `metadata.bacs_direct_debit_instruction_id`: a payment by Direct Debit, or one that was given back. */
  readonly isDirectDebit: boolean;
  /** `metadata.original_transaction_id`: the bill whose share this pays back. */
  readonly originalId: string | null;
  /** Who spent it, on a joint account. */
  readonly spender: string | null;
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

/** What a row is about, apart from its direction. */
type Nature = 'card' | 'cash' | 'pot' | 'transfer' | 'bacs' | 'interest' | 'fee' | 'other';

/** The schemes of Monzo's documents and of recorded rows; `transaction.test.ts` names the source of each. */
const natures: ReadonlyMap<string, Nature> = new Map(
  Object.entries({
    card: 'mastercard gps_mastercard visa 3dsecure',
    cash: 'emergency_cash',
    pot: 'uk_retail_pot uk_business_pot locked_money',
    transfer:
      'payport_faster_payments faster_payments p2p_payment monzo_to_monzo monzo_paid chaps sepa international topup rbs_cheque uk_cash_deposits_paypoint signup_referral collections_settlement',
    bacs: 'bacs',
    interest: 'account_interest interest',
    fee: 'overdraft fee premium_subscription monzo_business_account_billing card_delivery',
    // Lent and paid back, or put right by the bank.
    other: 'monzo_flex instalment_loan spread_the_cost ledger_adjustment',
  } satisfies Partial<Record<Nature, string>>).flatMap(([nature, schemes]) =>
    schemes.split(' ').map((scheme) => [scheme, nature as Nature] as const),
  ),
);

/** Whether it was paid with a card, at a shop or a cash machine. */
export function isCardUse(transaction: TransactionContent): boolean {
  return natureOf(transaction) === 'card';
}

/** The scheme says it, even where a transfer carries a merchant; under an unknown one, what the row names. */
function natureOf(transaction: TransactionContent): Nature {
  const { scheme, isLoad, potId, merchantId } = transaction;
  if (isLoad) return 'transfer';
  const known = natures.get(scheme);
  if (known !== undefined) return known;
  if (scheme.endsWith('_pot') || (potId !== null && merchantId === null)) return 'pot';
  if (hasCounterparty(transaction)) return 'transfer';
  return merchantId === null ? 'other' : 'card';
}

function hasCounterparty({ counterparty, counterpartyAccount, counterpartyBank }: TransactionContent) {
  return [counterparty, counterpartyAccount, counterpartyBank].some((named) => named !== null);
}

interface KindRule {
  readonly kind: TransactionKind;
  readonly of: readonly Nature[];
  readonly when?: (transaction: TransactionContent) => boolean;
}

/** What was released or charged back has no amount any longer, and still had a direction. */
const directionOf = ({ amount, localAmount }: TransactionContent) => Math.sign(amount || localAmount);
const isOut = (transaction: TransactionContent) => directionOf(transaction) < 0;
const isIn = (transaction: TransactionContent) => directionOf(transaction) > 0;

/** The first matching rule decides. */
const kindRules: readonly KindRule[] = [
  { kind: 'pot_deposit', of: ['pot'], when: isOut },
  { kind: 'pot_withdrawal', of: ['pot'] },
  { kind: 'interest', of: ['interest'] },
  { kind: 'fee', of: ['fee'] },
  { kind: 'direct_debit', of: ['bacs'], when: isOut },
  { kind: 'refund', of: ['bacs'], when: (transaction) => transaction.isDirectDebit && isIn(transaction) },
  { kind: 'direct_debit', of: ['bacs'], when: ({ isDirectDebit }) => isDirectDebit },
  { kind: 'incoming_payment', of: ['bacs'] },
  { kind: 'cash_withdrawal', of: ['cash'], when: isOut },
  { kind: 'cash_withdrawal', of: ['card'], when: (transaction) => transaction.atm && isOut(transaction) },
  { kind: 'refund', of: ['card', 'cash'], when: isIn },
  { kind: 'card_payment', of: ['card'] },
  { kind: 'outgoing_payment', of: ['transfer'], when: isOut },
  { kind: 'incoming_payment', of: ['transfer'], when: isIn },
];

/** The kind of a transaction, by decline reason, scheme and direction (Monzo has no such field). */
export function kindOf(transaction: TransactionContent): TransactionKind {
  if (transaction.declineReason !== null) return 'declined';
  const nature = natureOf(transaction);
  if (isCardCheck(transaction, nature)) return 'card_check';
  const rule = kindRules.find(({ of, when }) => of.includes(nature) && when?.(transaction) !== false);
  return rule?.kind ?? 'other';
}

/** "Active card check": a shop checks that the card works. No amount in either currency, and not declined. */
function isCardCheck(transaction: TransactionContent, nature = natureOf(transaction)): boolean {
  const { amount, declineReason, notes, description, localAmount } = transaction;
  if (amount !== 0 || declineReason !== null) return false;
  const isNamed = [notes, description].includes('Active card check');
  return isNamed || (nature === 'card' && localAmount === 0);
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

/**
 * The fields whose change makes an `amended` event, as one text. Changes of other fields are internal to the bank. How a
 * purchase is split belongs to its category, and stands only where it is.
 */
export function comparedFields(transaction: TransactionContent): string {
  const { amount, category, notes, merchantId, split } = transaction;
  return JSON.stringify([amount, category, notes, merchantId, ...(split === null ? [] : [split])]);
}

/** The name of the other side: the pot of a pot move, the merchant, else the counterparty, else the bank's description. */
export function displayName(transaction: TransactionContent, potName: string | null = null): string {
  const { merchantName, counterparty, description } = transaction;
  if (potName !== null && isPotMove(transaction)) return potName;
  return merchantName ?? counterparty ?? description;
}

/** The bank's description; of a pot move it is the pot's id, for which its name stands in. */
export function displayDescription(
  { description, potId }: TransactionContent,
  potName: string | null,
): string {
  return potName !== null && description === potId ? potName : description;
}

function isPotMove(transaction: TransactionContent): boolean {
  return kindOf(transaction).startsWith('pot_');
}

/**
 * How a purchase is split over categories: as Monzo's `categories` tells, with what is left over, or too much, in the
 * category of the whole. Null where it is not split. In minor units; the sum is the amount.
 */
export function splitOf(amount: Minor, category: string, told: ReadonlyMap<string, Minor>): Split | null {
  if (told.size < 2) return null;
  const sum = [...told.values()].reduce((whole, part) => whole + part, 0);
  // Without an amount, as once a payment was released, or with one in the other direction, the parts are out of date.
  if (Math.sign(sum) !== Math.sign(amount)) return null;
  const shares = new Map(told).set(category, (told.get(category) ?? 0) + amount - sum);
  const split = [...shares].filter(([, share]) => share !== 0).sort(([a], [b]) => compareText(a, b));
  return split.length < 2 ? null : split;
}
