import type {
  BalanceItem,
  SpendingItem,
  SpendingList as Spent,
  SpendingQuery,
} from '../../src/contract/bank-data.ts';
import type { ListOf } from '../../src/contract/elements.ts';
import { queryOf, type Call } from './client.ts';
import { every, flag, listOf, oneOf, orNull, partOf, text, whole, type Guarded } from './guards.ts';

/** Sums over the ledger and balances over time; amounts are whole minor units. */

const sums = {
  currency: text,
  net_minor: whole,
  spent_minor: whole,
  refunded_minor: whole,
  income_minor: whole,
  count: whole,
} as const;
const isSpending = partOf<SpendingItem>()({ key: text, name: text, month: orNull(text), ...sums });
const isSum = partOf<Spent['totals'][number]>()(sums);
const isSpendingList = partOf<Spent>()({ items: listOf(isSpending), totals: listOf(isSum) });

const isPoint = partOf<BalanceItem['points'][number]>()({
  day: text,
  balance_minor: whole,
  reconstructed: flag,
});
const isIncomplete = partOf<BalanceItem['incomplete'][number]>()({
  id: text,
  name: orNull(text),
  known_from: orNull(text),
});
const isSeries = partOf<BalanceItem>()({
  kind: oneOf(every<BalanceItem['kind']>({ account: true, pot: true, total: true })),
  id: orNull(text),
  currency: text,
  points: listOf(isPoint),
  incomplete: listOf(isIncomplete),
});
const isBalances = partOf<ListOf<BalanceItem>>()({ items: listOf(isSeries) });

/** The sums of one day, month, category or merchant. */
export type Spending = Guarded<typeof isSpending>;
export type SpendingSum = Guarded<typeof isSum>;
export type SpendingList = Guarded<typeof isSpendingList>;
export type BalancePoint = Guarded<typeof isPoint>;
export type BalanceSeries = Guarded<typeof isSeries>;

export interface SpendingQuestion {
  readonly by: SpendingQuery['by'];
  readonly each?: SpendingQuery['each'];
  readonly account: string | null;
  /** The first day, such as 2026-11-01. */
  readonly since: string;
  /** The day after the last one. */
  readonly before?: string;
  readonly limit?: number;
}

export interface BalanceQuestion {
  readonly by: 'day' | 'month';
  readonly of: { readonly kind: 'account' | 'pot'; readonly id: string } | { readonly kind: 'total' };
  readonly since: string;
}

export function spending(call: Call, question: SpendingQuestion, signal: AbortSignal): Promise<SpendingList> {
  return call(`api/spending${queryOf({ ...question })}`, { answer: isSpendingList, signal });
}

/** Balances at the end of each day or month; one series for each currency. */
export async function balances(
  call: Call,
  { by, of, since }: BalanceQuestion,
  signal: AbortSignal,
): Promise<readonly BalanceSeries[]> {
  const what = of.kind === 'total' ? { total: 'true' } : { [of.kind]: of.id };
  const query = queryOf({ by, since, ...what });
  return (await call(`api/balances${query}`, { answer: isBalances, signal })).items;
}
