import { isCardUse, kindOf, type TransactionContent, type TransactionStatus } from './transaction.ts';

/**
 * What a transaction did to the household's money. `spending`, `refund` and `income` left or entered the household;
 * `internal` stayed in it; `excluded` left it but does not count as spending in Monzo; `none` moved nothing.
 */
export const flows = ['spending', 'refund', 'income', 'internal', 'excluded', 'none'] as const;

export type Flow = (typeof flows)[number];

/** Change it with the rules below: the flow of older rows is then computed again. */
export const flowRulesVersion = 4;

interface FlowInput {
  readonly transaction: TransactionContent;
  readonly status: TransactionStatus;
  /** Whether the bridge reads the account with this id, or with these bank details. */
  readonly isOwn: (account: string) => boolean;
  /** The bill whose share it pays back, where the ledger has it. */
  readonly bill?: Pick<TransactionContent, 'inSpending'> | undefined;
  /** Whether it is a hold that another transaction has charged. */
  readonly isCharged: boolean;
}

interface FlowRule {
  readonly flow: Flow;
  readonly when: (input: FlowInput) => boolean;
}

/** Borrowing is not income and repaying not spending: the purchase that was paid with it is counted already. */
const borrowing: ReadonlySet<string> = new Set(['monzo_flex', 'instalment_loan', 'spread_the_cost']);

const isOut = ({ transaction }: FlowInput) => transaction.amount < 0;
const isPotMove = (transaction: TransactionContent) => kindOf(transaction).startsWith('pot_');

/** The first matching rule decides. Pending payments count, because Monzo's balance includes them. */
const flowRules: readonly FlowRule[] = [
  { flow: 'none', when: ({ status }) => status === 'declined' || status === 'reversed' },
  // Declined payments, released holds and card checks.
  { flow: 'none', when: ({ transaction }) => transaction.amount === 0 },
  // Its charge counts instead.
  { flow: 'excluded', when: ({ isCharged }) => isCharged },
  { flow: 'internal', when: ({ transaction }) => isPotMove(transaction) },
  { flow: 'internal', when: ({ transaction }) => borrowing.has(transaction.scheme) },
  {
    flow: 'internal',
    when: ({ transaction: { counterpartyAccount, counterpartyBank }, isOwn }) =>
      [counterpartyAccount, counterpartyBank].some((account) => account !== null && isOwn(account)),
  },
  // What is paid back counts as its bill does, whatever its own mark says.
  { flow: 'excluded', when: (input) => isRepayment(input) && input.bill?.inSpending === false },
  { flow: 'refund', when: (input) => isRepayment(input) || isDebitReturned(input) },
  // Monzo also sets the mark on incoming payments, where it means nothing.
  { flow: 'excluded', when: (input) => !input.transaction.inSpending && (isOut(input) || isRefund(input)) },
  { flow: 'refund', when: (input) => isRefund(input) },
  { flow: 'spending', when: isOut },
];

/** Decides what counts as spending; see `flowRules`. */
export function flowOf(input: FlowInput): Flow {
  return flowRules.find((rule) => rule.when(input))?.flow ?? 'income';
}

/** A friend's share of a bill that was split in Monzo's app. */
function isRepayment({ transaction: { amount, originalId } }: FlowInput): boolean {
  return amount > 0 && originalId !== null;
}

/** Money back from a Direct Debit comes like any other payment, which Monzo marks. */
function isDebitReturned({ transaction }: FlowInput): boolean {
  return transaction.isDirectDebit && kindOf(transaction) === 'refund';
}

function isRefund({ transaction }: FlowInput): boolean {
  const kind = kindOf(transaction);
  return kind === 'refund' || (kind === 'fee' && transaction.amount > 0);
}

/**
 * A shop may hold an amount and charge it as another transaction, for instance at a fuel pump or in a hotel; the hold is
 * then dropped days later, or stays. No field of Monzo’s connects the two.
 */

/** What of a transaction decides whether it is such a hold or such a charge. */
export interface CardUse {
  readonly status: TransactionStatus;
  readonly transaction: TransactionContent;
  /** Null where Monzo does not say. */
  readonly cardId: string | null;
}

const hour = 3_600_000;
/** A charge comes at most so long after its hold. */
export const chargedWithin = 10 * 24 * hour;
/** An ordinary payment settles a day or more after it was made; a charge of its own is settled when it comes. */
const settlesWithin = 2 * hour;
/** A shop may hold a token amount, of at most so many minor units, and charge any. */
const token = 100;

/** Whether a transaction came as a charge: settled when it came, at a shop. */
export function isCharge({ status, transaction }: CardUse): boolean {
  const { created, settles } = transaction;
  return (
    status === 'settled' && isAtShop(transaction) && settles !== null && settles - created <= settlesWithin
  );
}

/** Whether a transaction may be a hold: pending, at a shop. */
export function isHold({ status, transaction }: CardUse): boolean {
  return status === 'pending' && isAtShop(transaction);
}

/** A transfer may carry a merchant as well, and nobody holds an amount by it. */
function isAtShop(transaction: TransactionContent): boolean {
  return transaction.amount < 0 && transaction.merchantId !== null && isCardUse(transaction);
}

/**
 * Whether a charge is that of a hold: of the same account, shop, card and currency, within ten days after it, and between
 * a twentieth of it and a quarter more, unless a token was held.
 */
export function isChargeOf(charge: CardUse, hold: CardUse): boolean {
  if (!isCharge(charge) || !isHold(hold) || charge.cardId !== hold.cardId) return false;
  const [later, earlier] = [charge.transaction, hold.transaction];
  const isSame = (['accountId', 'merchantId', 'currency'] as const).every(
    (name) => later[name] === earlier[name],
  );
  const after = later.created - earlier.created;
  return isSame && after >= 0 && after <= chargedWithin && isInRange(-later.amount, -earlier.amount);
}

function isInRange(charged: number, held: number): boolean {
  return held <= token || (charged * 20 >= held && charged * 4 <= held * 5);
}
