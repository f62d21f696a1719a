import { kindOf, type TransactionContent, type TransactionStatus } from './transaction.ts';

/**
 * What a transaction did to the household's money. `spending`, `refund` and `income` crossed its border; `internal`
 * stayed inside it; `excluded` went out but is left out of spending in Monzo; `none` moved nothing.
 */
export const flows = ['spending', 'refund', 'income', 'internal', 'excluded', 'none'] as const;

export type Flow = (typeof flows)[number];

/** Changes whenever the rules below do: rows that were judged by other rules are judged again. */
export const flowRulesVersion = 1;

interface FlowInput {
  readonly transaction: TransactionContent;
  readonly status: TransactionStatus;
  /** Whether an account is one of those that the bridge reads. */
  readonly isOwn: (accountId: string) => boolean;
}

interface FlowRule {
  readonly flow: Flow;
  readonly when: (input: FlowInput) => boolean;
}

/** What is borrowed is no income, and paying it back no spending: the purchase it paid for has been counted already. */
const borrowing: ReadonlySet<string> = new Set(['monzo_flex', 'instalment_loan', 'spread_the_cost']);

const isOut = ({ transaction }: FlowInput) => transaction.amount < 0;
const isPotMove = (transaction: TransactionContent) => kindOf(transaction).startsWith('pot_');

/** The first rule that holds names the flow. Pending payments count: Monzo's balance has them already. */
const flowRules: readonly FlowRule[] = [
  { flow: 'none', when: ({ status }) => status === 'declined' || status === 'reversed' },
  // Declined payments, released holds and card checks.
  { flow: 'none', when: ({ transaction }) => transaction.amount === 0 },
  { flow: 'internal', when: ({ transaction }) => isPotMove(transaction) },
  { flow: 'internal', when: ({ transaction }) => borrowing.has(transaction.scheme) },
  {
    flow: 'internal',
    when: ({ transaction: { counterpartyAccount }, isOwn }) =>
      counterpartyAccount !== null && isOwn(counterpartyAccount),
  },
  // Monzo sets the same mark on money that comes in from elsewhere, where it says nothing.
  { flow: 'excluded', when: (input) => !input.transaction.inSpending && (isOut(input) || isRefund(input)) },
  { flow: 'refund', when: (input) => isRefund(input) },
  { flow: 'spending', when: isOut },
];

/** The one rule for what is spending; see `flowRules`. */
export function flowOf(input: FlowInput): Flow {
  return flowRules.find((rule) => rule.when(input))?.flow ?? 'income';
}

function isRefund({ transaction }: FlowInput): boolean {
  const kind = kindOf(transaction);
  return kind === 'refund' || (kind === 'fee' && transaction.amount > 0);
}
