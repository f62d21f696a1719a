import type {
  CategoryItem,
  TransactionDetail,
  TransactionFilterQuery,
  TransactionItem,
} from '../../src/contract/bank-data.ts';
import { pageOf, queryOf, type Call, type Page } from './client.ts';
import {
  anything,
  every,
  flag,
  listOf,
  map,
  oneOf,
  orNull,
  partOf,
  record,
  text,
  whole,
  type Guarded,
} from './guards.ts';

/** Transactions, as the page reads them. */

/** The kinds of transaction, in the order of the filter. */
export const kinds = every<TransactionItem['kind']>({
  card_payment: true,
  declined: true,
  refund: true,
  incoming_payment: true,
  outgoing_payment: true,
  direct_debit: true,
  cash_withdrawal: true,
  pot_deposit: true,
  pot_withdrawal: true,
  interest: true,
  fee: true,
  card_check: true,
  other: true,
});
export type Kind = TransactionItem['kind'];

/** How a transaction counts in spending. */
export const flows = every<TransactionItem['flow']>({
  spending: true,
  refund: true,
  income: true,
  internal: true,
  excluded: true,
  none: true,
});
export type Flow = TransactionItem['flow'];
export type Status = TransactionItem['status'];

/** Amounts are whole minor units, negative for money out. Names, descriptions and notes are text of strangers. */
const members = {
  id: text,
  account_id: text,
  pot_id: orNull(text),
  pot_name: orNull(text),
  spender: orNull(text),
  kind: oneOf(kinds),
  status: oneOf(
    every<TransactionItem['status']>({ pending: true, settled: true, declined: true, reversed: true }),
  ),
  flow: oneOf(flows),
  internal: flag,
  name: text,
  merchant: orNull(text),
  counterparty: orNull(text),
  description: text,
  notes: text,
  category: text,
  category_name: text,
  categories_minor: map(whole),
  created: text,
  settled: orNull(text),
  amount_minor: whole,
  currency: text,
  local_amount_minor: whole,
  local_currency: text,
  decline_reason: orNull(text),
  charged_by: orNull(text),
  hold_id: orNull(text),
  reversed_amount_minor: orNull(whole),
  emoji: orNull(text),
  tags: listOf(text),
} as const;
const isTransaction = partOf<TransactionItem>()(members);
const isDetailed = partOf<TransactionDetail>()({ ...members, raw: record });
const isPage = pageOf(isTransaction);

export type Transaction = Guarded<typeof isTransaction>;
/** With Monzo's own object. */
export type DetailedTransaction = Guarded<typeof isDetailed>;
export type TransactionPage = Page<Transaction>;

/** The filters of the ledger; the page's own address uses the same names. */
export const filterNames = [
  'q',
  'account',
  'pot',
  'kind',
  'flow',
  'category',
  'merchant',
  'tag',
  'min',
  'max',
  'since',
  'before',
] as const satisfies readonly (keyof TransactionFilterQuery)[];
export type FilterName = (typeof filterNames)[number];
export type Filters = Readonly<Partial<Record<FilterName, string>>>;

/** The filters in the page's address; other members of its query are ignored. */
export function filtersIn(query: URLSearchParams): Filters {
  return Object.fromEntries(
    filterNames.flatMap((name) => {
      const value = query.get(name) ?? '';
      return value === '' ? [] : [[name, value]];
    }),
  );
}

const pageSize = 60;

export interface PageOptions {
  readonly cursor?: string;
  readonly limit?: number;
  readonly signal?: AbortSignal;
}

/** One page of the ledger, the newest first. */
export function transactions(
  call: Call,
  filters: Filters,
  { cursor, limit = pageSize, signal }: PageOptions = {},
): Promise<TransactionPage> {
  const path = `api/transactions${queryOf({ ...filters, limit, cursor })}`;
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

const isCategory = partOf<CategoryItem>()({ id: text, name: text, custom: flag, named: flag });
const areCategories = pageOf(isCategory);

export type Category = Guarded<typeof isCategory>;

/** Every category of the ledger. */
export async function categories(call: Call, signal: AbortSignal): Promise<readonly Category[]> {
  return (await call('api/categories', { answer: areCategories, signal })).items;
}

/** Names a custom category; an empty name takes the name away. */
export async function nameCategory(call: Call, id: string, name: string): Promise<void> {
  const path = `api/categories/${encodeURIComponent(id)}`;
  await call(path, { method: 'PUT', body: { name }, answer: anything });
}

/** The address of a file with all transactions that match the filters. */
export function exportAddress(filters: Filters, format: 'csv' | 'json'): string {
  return `api/transactions/export${queryOf({ format, ...filters })}`;
}
