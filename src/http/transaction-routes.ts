import { refuse } from '../refusals/refuse.ts';
import type { TransactionFilter } from '../store/transaction-pages.ts';
import { answers, textAnswers, type Api, type RouteOptions } from './api.ts';
import {
  transactionDetailSchema,
  transactionQuerySchema,
  transactionSchema,
  type TransactionFilterQuery,
} from '../contract/bank-data.ts';
import { idSchema, listOf } from '../contract/elements.ts';
import { transactionItem, withVerbatim } from './items.ts';
import { instantIn } from './timestamps.ts';

const tags = ['bank'];

/** The ledger, row by row. */
export function addTransactionRoutes(app: Api, { services, clock, config }: RouteOptions): void {
  const { reader } = services;
  app.get(
    '/api/transactions',
    {
      schema: {
        tags,
        summary: 'Transactions, the newest first; a page may hold fewer than asked for',
        querystring: transactionQuerySchema,
        response: answers(200, listOf(transactionSchema)),
      },
    },
    async ({ query: { limit, cursor, ...query } }) => {
      const filter = filterOf(query, config.TIME_ZONE);
      const { rows, next } = await reader.ask('page', { ...filter, limit, cursor });
      const now = clock.now();
      return { items: rows.map((row) => transactionItem(row, now)), next };
    },
  );
  app.get(
    '/api/transactions/:id',
    {
      schema: {
        tags,
        summary: "One transaction, with Monzo's own object",
        params: idSchema,
        response: textAnswers('The transaction.', transactionDetailSchema),
      },
    },
    async ({ params }, reply) => {
      const held = await reader.ask('transaction', params.id);
      if (!held) throw refuse('unknown_transaction', { id: params.id });
      const text = withVerbatim(transactionItem(held, clock.now()), 'raw', held.transaction.raw);
      return reply.type('application/json').send(text);
    },
  );
}

/** What the reader is asked for by the query of a list. Throws `bad_request`. */
export function filterOf(query: TransactionFilterQuery, timeZone: string): TransactionFilter {
  const { account, pot, since, before, min, max, ...others } = query;
  return {
    ...others,
    accountId: account,
    potId: pot,
    since: instantIn('since', since, timeZone),
    before: instantIn('before', before, timeZone),
    least: min,
    most: max,
  };
}
