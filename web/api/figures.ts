import { queryOf, type Call } from './client.ts';
import { flag, listOf, oneOf, orNull, shape, text, whole } from './guards.ts';

/** Sums over the ledger and balances over time; amounts are whole minor units. */

export interface Spending {
  /** A day, a month, a category, or a merchant's name, by what was asked. */
  readonly key: string;
  readonly currency: string;
  /** Money spent less what came back from shops. */
  readonly net_minor: number;
  readonly spent_minor: number;
  readonly refunded_minor: number;
  readonly income_minor: number;
  readonly count: number;
}

export type SpendingSum = Omit<Spending, 'key'>;

export interface SpendingList {
  readonly items: readonly Spending[];
  /** Over everything that was asked for, also what the list has no room for. */
  readonly totals: readonly SpendingSum[];
}

export interface SpendingQuestion {
  readonly by: 'day' | 'month' | 'category' | 'merchant';
  readonly account: string | null;
  /** The first day, such as 2026-11-01. */
  readonly since: string;
  /** The day after the last one. */
  readonly before?: string;
  readonly limit?: number;
}

export interface BalancePoint {
  readonly day: string;
  readonly balance_minor: number;
  /** Not read on that day, but worked out from the transactions after it. */
  readonly reconstructed: boolean;
}

export interface BalanceSeries {
  readonly kind: 'account' | 'pot' | 'total';
  readonly id: string | null;
  readonly currency: string;
  readonly points: readonly BalancePoint[];
}

export interface BalanceQuestion {
  readonly by: 'day' | 'month';
  readonly of: { readonly kind: 'account' | 'pot'; readonly id: string } | { readonly kind: 'total' };
  readonly since: string;
}

const sums = {
  currency: text,
  net_minor: whole,
  spent_minor: whole,
  refunded_minor: whole,
  income_minor: whole,
  count: whole,
} as const;
const isSpendingList = shape<SpendingList>({
  items: listOf(shape<Spending>({ key: text, ...sums })),
  totals: listOf(shape<SpendingSum>(sums)),
});

const isBalances = shape<{ readonly items: readonly BalanceSeries[] }>({
  items: listOf(
    shape<BalanceSeries>({
      kind: oneOf(['account', 'pot', 'total']),
      id: orNull(text),
      currency: text,
      points: listOf(shape<BalancePoint>({ day: text, balance_minor: whole, reconstructed: flag })),
    }),
  ),
});

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
