import { kindOf, type TransactionContent, type TransactionStatus } from './transaction.ts';

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
