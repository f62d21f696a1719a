import { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { z } from 'zod';
import { localDay } from '../domain/time.ts';
import type { ListedRow, Page } from '../store/transaction-pages.ts';
import { downloadAnswers, type Api, type RouteOptions } from './api.ts';
import { transactionFilterSchema, transactionSchema, type TransactionItem } from '../contract/bank-data.ts';
import { transactionTable } from './csv.ts';
import { transactionItem } from './items.ts';
import { filterOf } from './transaction-routes.ts';

/** Few questions to the reading thread, and little to hold in memory. */
const rowsAtOnce = 500;

/** So few are written in one go that nothing else waits for them. */
const rowsInOneGo = 100;

const exportQuerySchema = transactionFilterSchema.extend({ format: z.enum(['csv', 'json']) });

interface Format {
  readonly type: string;
  readonly head: string;
  /** Of some rows, none of which is the first where `isFirst` is false. */
  readonly body: (items: readonly TransactionItem[], isFirst: boolean) => string;
  readonly foot: string;
}

const formats: Readonly<Record<'csv' | 'json', Format>> = {
  csv: {
    type: 'text/csv; charset=utf-8; header=present',
    head: transactionTable.head,
    body: transactionTable.lines,
    foot: '',
  },
  json: {
    type: 'application/json; charset=utf-8',
    head: '[',
    body: (items, isFirst) =>
      (isFirst ? '\n' : ',\n') + items.map((item) => JSON.stringify(item)).join(',\n'),
    foot: '\n]\n',
  },
};

/** All that a list shows, as a file: read and written bit by bit, at the pace of who takes it. */
export function addExportRoutes(app: Api, { services, clock, config: { TIME_ZONE } }: RouteOptions): void {
  const { reader } = services;
  app.get(
    '/api/transactions/export',
    {
      schema: {
        tags: ['bank'],
        summary: 'Every transaction that a list with the same filters shows, as a file',
        querystring: exportQuerySchema,
        response: downloadAnswers('The file.', {
          'text/csv': z.string(),
          'application/json': z.array(transactionSchema),
        }),
      },
    },
    async ({ query: { format, ...query } }, reply) => {
      const filter = filterOf(query, TIME_ZONE);
      const gone = new AbortController();
      reply.raw.once('close', () => gone.abort(new Error('nobody takes the file any more')));
      const ask = (cursor?: string) =>
        reader.ask('page', { ...filter, cursor, limit: rowsAtOnce }, gone.signal);
      // What is wrong with the question is told before a file begins.
      const first = await ask();
      const now = clock.now();
      const itemOf = (row: ListedRow) => transactionItem(row, now);
      const text = written(formats[format], handfuls(first, ask), itemOf);
      const name = `monzo-transactions-${localDay(now, TIME_ZONE)}.${format}`;
      return reply
        .type(formats[format].type)
        .header('content-disposition', `attachment; filename="${name}"`)
        .send(Readable.from(text, { objectMode: false }));
    },
  );
}

type Ask = (cursor: string) => Promise<Page>;

/** All rows behind a first page, that one's included, in handfuls. */
async function* handfuls(first: Page, ask: Ask): AsyncGenerator<readonly ListedRow[]> {
  for (let page: Page | null = first; page !== null; page = page.next === null ? null : await ask(page.next))
    for (let from = 0; from < page.rows.length; from += rowsInOneGo) {
      yield page.rows.slice(from, from + rowsInOneGo);
      await nextTurn();
    }
}

async function* written(
  { head, body, foot }: Format,
  rows: AsyncIterable<readonly ListedRow[]>,
  itemOf: (row: ListedRow) => TransactionItem,
): AsyncGenerator<string> {
  yield head;
  let isFirst = true;
  for await (const some of rows) {
    yield body(some.map(itemOf), isFirst);
    isFirst = false;
  }
  yield foot;
}
