import { z } from 'zod';
import { accountRefusals, categoryRefusals, potRefusals, readingRefusals } from '../refusals/refusal-sets.ts';
import {
  categoryNameSchema,
  categoryListSchema,
  categorySchema,
  transactionDetailSchema,
  transactionFilterSchema,
  transactionQuerySchema,
  transactionListSchema,
  transactionSchema,
  type CategoryItem,
  type TransactionFilterQuery,
  type TransactionItem,
} from '../contract/bank-data.ts';
import { filterOf } from '../commands/read-commands.ts';
import { exportFormatSchema, idSchema } from '../contract/elements.ts';
import { categoryName, isCustomCategory, type Names } from '../domain/names.ts';
import { amountBefore } from '../domain/held-transaction.ts';
import { tagsOf } from '../domain/tags.ts';
import { localDay } from '../domain/time.ts';
import { displayDescription, displayName, kindOf, statusOf } from '../domain/transaction.ts';
import { instantText, toMajorNumber, type Instant } from '../domain/values.ts';
import { badRequest, refuse } from '../refusals/refuse.ts';
import type { ListedRow, Page, TransactionFilter } from '../store/transaction-pages.ts';
import {
  answers,
  downloadAnswers,
  textAnswers,
  type Api,
  type LoggedRouteOptions,
  type RouteOptions,
} from './api.ts';
import { csvTable, instantIn, instantOrNull, majorOrNull, sendDownload, withVerbatim } from './formats.ts';

/** The ledger's transactions: page by page, one by one, and exported as a file. */

const tags = ['bank'];

export function addTransactionRoutes(app: Api, options: LoggedRouteOptions): void {
  const { services, clock } = options;
  const { reader, store } = services;
  const filterFor = createFilters(options);
  app.get(
    '/api/transactions',
    {
      schema: {
        operationId: 'listTransactions',
        tags,
        summary: 'Transactions, the newest first; a page may hold fewer than asked for',
        querystring: transactionQuerySchema,
        response: answers(
          200,
          transactionListSchema,
          ...accountRefusals,
          ...potRefusals,
          ...categoryRefusals,
          'bad_amount',
          'bad_cursor',
          ...readingRefusals,
        ),
      },
    },
    async ({ query: { limit, cursor, ...query } }) => {
      const filter = await filterFor(query);
      const { rows, next } = await reader.ask('page', { ...filter, limit, cursor });
      const shown = { now: clock.now(), given: store.names.given() };
      return { items: rows.map((row) => transactionItem(row, shown)), next };
    },
  );
  app.get(
    '/api/transactions/:id',
    {
      schema: {
        operationId: 'showTransaction',
        tags,
        summary: "One transaction, with Monzo's own object",
        params: idSchema,
        response: textAnswers(
          'The transaction.',
          transactionDetailSchema,
          'unknown_transaction',
          ...readingRefusals,
        ),
      },
    },
    async ({ params: { id } }, reply) => {
      const held = await reader.ask('transaction', id);
      if (!held) throw refuse('unknown_transaction', { id });
      const shown = { now: clock.now(), given: store.names.given() };
      const text = withVerbatim(transactionItem(held, shown), 'raw', held.transaction.raw);
      return reply.type('application/json').send(text);
    },
  );
  addExportRoute(app, options);
  addCategoryRoutes(app, options);
}

/** What is asked of the ledger, with the account, the pot and the category as people name them. Throws what the question is refused with. */
export function createFilters({ services, config }: RouteOptions) {
  return async ({ account, pot, category, ...query }: TransactionFilterQuery): Promise<TransactionFilter> => {
    const narrowed = await services.narrowing.ofLedger({ account, pot, category });
    return filterOf(query, narrowed, (field, text) => instantIn(field, text, config.TIME_ZONE));
  };
}

type ShownRow = Omit<ListedRow, 'seenAt' | 'seenBy'>;

interface Showing {
  /** Decides whether a pending row has settled. */
  readonly now: Instant;
  /** The names that people have given to categories. */
  readonly given: Names;
}

/** A transaction as the API shows it, without Monzo's own object. */
export function transactionItem(row: ShownRow, { now, given }: Showing): TransactionItem {
  const { transaction, status, flow, chargedBy, holdId, shares: told, potName, emoji } = row;
  const { amount, currency, localAmount, localCurrency, category } = transaction;
  const before = amountBefore(row);
  const shares = told ?? [[category, amount] as const];
  return {
    id: transaction.id,
    account_id: transaction.accountId,
    pot_id: transaction.potId,
    pot_name: potName,
    kind: kindOf(transaction),
    flow,
    internal: flow === 'internal',
    status: status === 'pending' ? statusOf(transaction, now) : status,
    name: displayName(transaction, potName),
    merchant: transaction.merchantName,
    merchant_id: transaction.merchantId,
    counterparty: transaction.counterparty,
    spender: transaction.spender,
    description: displayDescription(transaction, potName),
    notes: transaction.notes,
    category,
    category_name: categoryName(category, given),
    categories: Object.fromEntries(shares.map(([name, share]) => [name, toMajorNumber(share, currency)])),
    categories_minor: Object.fromEntries(shares),
    scheme: transaction.scheme,
    created: instantText(transaction.created),
    updated: instantText(transaction.updated),
    settled: instantOrNull(transaction.settles),
    amount: toMajorNumber(amount, currency),
    amount_minor: amount,
    currency,
    local_amount: toMajorNumber(localAmount, localCurrency),
    local_amount_minor: localAmount,
    local_currency: localCurrency,
    decline_reason: transaction.declineReason,
    charged_by: chargedBy,
    hold_id: holdId,
    reversed_amount: majorOrNull(before, currency),
    reversed_amount_minor: before,
    emoji,
    tags: [...tagsOf(transaction.notes)],
  };
}

type Column =
  | 'category_split'
  | Exclude<
      keyof TransactionItem,
      | 'internal'
      | 'amount_minor'
      | 'local_amount_minor'
      | 'reversed_amount_minor'
      | 'hold_id'
      | 'categories'
      | 'categories_minor'
      | 'emoji'
      | 'tags'
    >;

/** In the order in which people read them; amounts are in major units. */
const exportColumns: readonly Column[] = [
  'created',
  'name',
  'amount',
  'currency',
  'category',
  'notes',
  'description',
  'kind',
  'flow',
  'status',
  'settled',
  'local_amount',
  'local_currency',
  'merchant',
  'counterparty',
  'scheme',
  'decline_reason',
  'account_id',
  'pot_id',
  'merchant_id',
  'id',
  'updated',
  'charged_by',
  'category_name',
  'category_split',
  'pot_name',
  'spender',
  'reversed_amount',
];

/**
 * As Monzo's own export writes it, with the names that people gave to their categories: "Allotment:-15,groceries:-60". Empty
 * where all counts in the row's own category.
 */
function splitText({ category, categories }: TransactionItem, given: Names): string {
  const shares = Object.entries(categories);
  return shares.length < 2 && Object.hasOwn(categories, category)
    ? ''
    : shares.map(([id, share]) => `${given.get(id) ?? id}:${share}`).join(',');
}

const exportTable = csvTable(exportColumns);
const exportQuerySchema = transactionFilterSchema.extend(exportFormatSchema.shape);

/** Rows for each question to the reading thread: few questions, and little to hold in memory. */
const rowsAtOnce = 500;

/** Rows written before other work gets a turn. */
const rowsInOneGo = 100;

interface Part {
  readonly items: readonly TransactionItem[];
  /** Whether the first row of the file is among them. */
  readonly isFirst: boolean;
  /** The names that people have given to categories. */
  readonly given: Names;
}

interface Format {
  readonly type: string;
  readonly head: string;
  readonly body: (part: Part) => string;
  readonly foot: string;
}

const formats: Readonly<Record<'csv' | 'json', Format>> = {
  csv: {
    type: 'text/csv; charset=utf-8; header=present',
    head: exportTable.head,
    body: ({ items, given }) =>
      exportTable.lines(items.map((item) => ({ ...item, category_split: splitText(item, given) }))),
    foot: '',
  },
  json: {
    type: 'application/json; charset=utf-8',
    head: '[',
    body: ({ items, isFirst }) =>
      (isFirst ? '\n' : ',\n') + items.map((item) => JSON.stringify(item)).join(',\n'),
    foot: '\n]\n',
  },
};

/** Reads and writes the file in small parts, as fast as the client takes them. */
function addExportRoute(app: Api, options: LoggedRouteOptions): void {
  const { clock, log } = options;
  const { TIME_ZONE } = options.config;
  const { reader, store } = options.services;
  const filterFor = createFilters(options);
  app.get(
    '/api/transactions/export',
    {
      schema: {
        operationId: 'exportTransactions',
        tags,
        summary: 'Every transaction that matches the filters, as a file',
        querystring: exportQuerySchema,
        response: downloadAnswers(
          'The file.',
          {
            'text/csv': z.string(),
            'application/json': z.array(transactionSchema),
          },
          ...accountRefusals,
          ...potRefusals,
          ...categoryRefusals,
          'bad_amount',
          ...readingRefusals,
        ),
      },
    },
    async ({ query: { format, ...query } }, reply) => {
      const filter = await filterFor(query);
      const gone = new AbortController();
      reply.raw.once('close', () => gone.abort(new Error('the client is gone')));
      const ask = (cursor?: string) =>
        reader.ask('page', { ...filter, cursor, limit: rowsAtOnce }, gone.signal);
      // A wrong query is refused before the file begins.
      const first = await ask();
      const now = clock.now();
      const shown = { now, given: store.names.given() };
      const parts = written(formats[format], handfuls(first, ask), shown);
      const name = `monzo-transactions-${localDay(now, TIME_ZONE)}.${format}`;
      return sendDownload(reply, log, { type: formats[format].type, name, parts });
    },
  );
}

type Ask = (cursor: string) => Promise<Page>;

/** All rows from a first page on, in handfuls. */
async function* handfuls(first: Page, ask: Ask): AsyncGenerator<readonly ListedRow[]> {
  for (let page: Page | null = first; page !== null; page = page.next === null ? null : await ask(page.next))
    for (let from = 0; from < page.rows.length; from += rowsInOneGo)
      yield page.rows.slice(from, from + rowsInOneGo);
}

async function* written(
  { head, body, foot }: Format,
  rows: AsyncIterable<readonly ListedRow[]>,
  shown: Showing,
): AsyncGenerator<string> {
  yield head;
  let isFirst = true;
  for await (const some of rows) {
    const items = some.map((row) => transactionItem(row, shown));
    yield body({ items, isFirst, given: shown.given });
    isFirst = false;
  }
  yield foot;
}

/** The categories that the ledger knows, and names for those that people have made. */
function addCategoryRoutes(app: Api, { services: { reader, store } }: LoggedRouteOptions): void {
  const itemOf = (id: string): CategoryItem => {
    const given = store.names.given();
    return { id, name: categoryName(id, given), custom: isCustomCategory(id), named: given.has(id) };
  };
  app.get(
    '/api/categories',
    {
      schema: {
        operationId: 'listCategories',
        tags,
        summary: 'Every category of the ledger, with its name',
        response: answers(200, categoryListSchema, ...readingRefusals),
      },
    },
    async () => {
      const known = await reader.ask('categories', null);
      const all = new Set([...known, ...store.names.given().keys()]);
      return { items: [...all].map(itemOf), next: null };
    },
  );
  app.put(
    '/api/categories/:id',
    {
      schema: {
        operationId: 'nameCategory',
        tags,
        summary: 'Name a custom category',
        params: idSchema,
        body: categoryNameSchema,
        response: answers(200, categorySchema),
      },
    },
    async ({ params: { id }, body: { name } }) => {
      if (!isCustomCategory(id))
        throw badRequest([{ field: 'id', rule: 'must be a custom category, such as category_0000…' }]);
      store.names.nameCategory(id, name);
      return itemOf(id);
    },
  );
}
