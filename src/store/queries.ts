import { readBalances, type BalancesRequest } from './balances.ts';
import type { Database } from './database.ts';
import { readPage, readTransactionById, type PageRequest } from './pages.ts';
import { integer, text } from './row.ts';
import { readSpending, type SpendingRequest } from './spending.ts';

/** Every question that is too large for the process that answers doorbells: name → what answers it. */
export const queries = {
  page: (database: Database, request: PageRequest) => readPage(database, request),
  transaction: (database: Database, id: string) => readTransactionById(database, id),
  spending: (database: Database, request: SpendingRequest) => readSpending(database, request),
  balances: (database: Database, request: BalancesRequest) => readBalances(database, request),
  /** How many transactions there are, by account. */
  counts: (database: Database, _request: null) =>
    new Map(
      database.all(
        'SELECT account_id, sum(count) AS count FROM day_summary GROUP BY account_id',
        [],
        (row) => [text(row, 'account_id'), integer(row, 'count')] as const,
      ),
    ),
} as const;

export type Queries = typeof queries;
export type QueryName = keyof Queries;
export type QueryRequest<Name extends QueryName> = Parameters<Queries[Name]>[1];
export type QueryAnswer<Name extends QueryName> = ReturnType<Queries[Name]>;

/** What goes to the thread: one question, of values that can be cloned. */
export interface Question {
  readonly name: QueryName;
  readonly request: unknown;
}

/** What comes back; a failure is the fields of the error, because errors lose theirs on the way. */
export type Reply = { readonly answer: unknown } | { readonly failure: ReplyFailure };

export interface ReplyFailure {
  /** Null for what is no BridgeError: a fault of the program. */
  readonly code: string | null;
  readonly message: string;
  readonly retryable: boolean;
  readonly needsPerson: boolean;
}
