import { parentPort, workerData } from 'node:worker_threads';
import { BridgeError, messageOf } from '../errors.ts';
import { openDatabase, type Database } from './database.ts';
import { readMonth, type MonthRequest } from './month-reads.ts';
import { readPace, type PaceRequest } from './pace-reads.ts';
import { readBalances, type BalancesRequest } from './readings.ts';
import { readMerchant } from './merchant-sums.ts';
import { integer, text } from './rows.ts';
import { readSpending, type SpendingRequest } from './spending-sums.ts';
import { readPage, readTransactionById, type PageRequest } from './transaction-pages.ts';
import { readTags } from './transaction-search.ts';
import { readSums, type SumsRequest } from './transaction-sums.ts';

/** Every query that is too slow for the process that answers doorbells, by name. */
const queries = {
  page: (database: Database, request: PageRequest) => readPage(database, request),
  transaction: (database: Database, id: string) => readTransactionById(database, id),
  /** A part at a time, so that what is asked for meanwhile does not wait for all of it. */
  sums: (database: Database, request: SumsRequest) => readSums(database, request),
  tags: (database: Database, _request: null) => readTags(database),
  merchant: (database: Database, name: string) => readMerchant(database, name),
  spending: (database: Database, request: SpendingRequest) => readSpending(database, request),
  month: (database: Database, request: MonthRequest) => readMonth(database, request),
  balances: (database: Database, request: BalancesRequest) => readBalances(database, request),
  pace: (database: Database, request: PaceRequest) => readPace(database, request),
  /** Every category that the ledger knows. */
  categories: (database: Database, _request: null) =>
    database.all('SELECT DISTINCT category FROM day_summary ORDER BY category', [], (row) =>
      text(row, 'category'),
    ),
  /** The number of transactions of each account. */
  counts: (database: Database, _request: null) =>
    new Map(
      database.all(
        'SELECT account_id, sum(count) AS count FROM day_summary GROUP BY account_id',
        [],
        (row) => [text(row, 'account_id'), integer(row, 'count')] as const,
      ),
    ),
} as const;

type Queries = typeof queries;
export type QueryName = keyof Queries;
export type QueryRequest<Name extends QueryName> = Parameters<Queries[Name]>[1];
export type QueryAnswer<Name extends QueryName> = ReturnType<Queries[Name]>;

/** A message to the thread: one query, of values that can be cloned. */
export interface Query {
  readonly name: QueryName;
  readonly request: unknown;
}

/** The answer of the thread. A failure carries the fields of the error, because cloned errors lose them. */
export type Reply = { readonly answer: unknown } | { readonly failure: ReplyFailure };

export interface ReplyFailure {
  /** Null for anything but a BridgeError, which is a mistake in the program. */
  readonly code: string | null;
  readonly message: string;
  readonly retryable: boolean;
  readonly needsPerson: boolean;
  readonly facts: object | null;
}

/** The program of the worker thread: answers one query after the other on a read-only connection. */
const { path } = workerData as { readonly path: string };
const database = openDatabase(path, { readOnly: true });

parentPort?.on('message', (query: Query | null) => {
  if (query !== null) return parentPort?.postMessage(replyTo(query));
  database.close();
  parentPort?.close();
});

function replyTo({ name, request }: Query): Reply {
  try {
    const run = queries[name] as (database: Database, request: unknown) => unknown;
    return { answer: run(database, request) };
  } catch (thrown) {
    return { failure: failureOf(thrown) };
  }
}

function failureOf(thrown: unknown): ReplyFailure {
  const error = thrown instanceof BridgeError ? thrown : null;
  return {
    code: error?.code ?? null,
    message: messageOf(thrown),
    retryable: error?.retryable ?? false,
    needsPerson: error?.needsPerson ?? false,
    facts: error?.facts ?? null,
  };
}
