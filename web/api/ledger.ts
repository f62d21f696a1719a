import { queryOf, type Call, type Page } from './client.ts';
import { anything, flag, listOf, oneOf, orNull, record, shape, text, whole, type Guard } from './guards.ts';

/** Transactions, as the page reads them. */

export const kinds = [
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
export type Kind = (typeof kinds)[number];

/** What a transaction means for spending: where its amount counts. */
export const flows = ['spending', 'refund', 'income', 'internal', 'excluded', 'none'] as const;
export type Flow = (typeof flows)[number];

const statuses = ['pending', 'settled', 'declined', 'reversed'] as const;
export type Status = (typeof statuses)[number];

/** Amounts are whole minor units, negative for money out. Names, descriptions and notes are text of strangers. */
export interface Transaction {
  readonly id: string;
  readonly account_id: string;
  readonly pot_id: string | null;
  readonly kind: Kind;
  readonly status: Status;
  readonly flow: Flow;
  readonly internal: boolean;
  readonly name: string;
  readonly merchant: string | null;
  readonly counterparty: string | null;
  readonly description: string;
  readonly notes: string;
  readonly category: string;
  readonly created: string;
  readonly settled: string | null;
  readonly amount_minor: number;
  readonly currency: string;
  readonly local_amount_minor: number;
  readonly local_currency: string;
  readonly decline_reason: string | null;
}

export interface DetailedTransaction extends Transaction {
  /** Monzo's own object. */
  readonly raw: Readonly<Record<string, unknown>>;
}

export type TransactionPage = Page<Transaction>;

/** What can be asked of the ledger, by the names that the page's own address uses as well. */
export const filterNames = [
  'q',
  'account',
  'pot',
  'kind',
  'flow',
  'category',
  'merchant',
  'min',
  'max',
  'since',
  'before',
] as const;
export type FilterName = (typeof filterNames)[number];
export type Filters = Readonly<Partial<Record<FilterName, string>>>;

/** What the page's address asks of the ledger; everything else in it is left alone. */
export function filtersIn(query: URLSearchParams): Filters {
  return Object.fromEntries(
    filterNames.flatMap((name) => {
      const value = query.get(name) ?? '';
      return value === '' ? [] : [[name, value]];
    }),
  );
}

const isTransaction = shape<Transaction>({
  id: text,
  account_id: text,
  pot_id: orNull(text),
  kind: oneOf(kinds),
  status: oneOf(statuses),
  flow: oneOf(flows),
  internal: flag,
  name: text,
  merchant: orNull(text),
  counterparty: orNull(text),
  description: text,
  notes: text,
  category: text,
  created: text,
  settled: orNull(text),
  amount_minor: whole,
  currency: text,
  local_amount_minor: whole,
  local_currency: text,
  decline_reason: orNull(text),
});

const isPage = shape<TransactionPage>({ items: listOf(isTransaction), next: orNull(text) });

const isDetailed: Guard<DetailedTransaction> = (value): value is DetailedTransaction =>
  isTransaction(value) && 'raw' in value && record(value.raw);

const pageSize = 60;

/** One page of the ledger, the newest first. */
export function transactions(
  call: Call,
  filters: Filters,
  { cursor, signal }: { readonly cursor?: string; readonly signal?: AbortSignal } = {},
): Promise<TransactionPage> {
  const path = `api/transactions${queryOf({ ...filters, limit: pageSize, cursor })}`;
  return call(path, { answer: isPage, ...(signal && { signal }) });
}

export function transaction(call: Call, id: string, signal: AbortSignal): Promise<DetailedTransaction> {
  const path = `api/transactions/${encodeURIComponent(id)}`;
  return call(path, { answer: isDetailed, signal, toTheLetter: true });
}

/** Writes the notes of a transaction at Monzo. */
export async function annotate(call: Call, id: string, notes: string): Promise<void> {
  const body = { transaction_id: id, notes };
  await call('api/commands/annotate', { method: 'POST', body, answer: anything });
}

/** Where everything that the filters match can be had as one file. */
export function exportAddress(filters: Filters, format: 'csv' | 'json'): string {
  return `api/transactions/export${queryOf({ format, ...filters })}`;
}
