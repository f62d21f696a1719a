import { dayStart } from '../domain/day.ts';
import { parseInstant, type Instant } from '../domain/values.ts';
import { BridgeError } from '../errors.ts';
import type { Ledger } from '../store/ledger.ts';
import type { Page } from '../store/pages.ts';
import { answers, textAnswers, type Api, type RouteOptions } from './api.ts';
import {
  accountSchema,
  idSchema,
  listOf,
  potSchema,
  transactionDetailSchema,
  transactionQuerySchema,
  transactionSchema,
  type TransactionQuery,
} from './contract.ts';
import { accountItem, potItem, transactionItem, withVerbatim } from './items.ts';

const tags = ['bank'];

/** Accounts, pots and transactions, as they are known here. */
export function addBankRoutes(app: Api, options: RouteOptions): void {
  const { view } = options.services;
  app.get(
    '/api/accounts',
    {
      schema: {
        tags,
        summary: 'Every account with its balance',
        response: answers(200, listOf(accountSchema)),
      },
    },
    async () => ({ items: view().accounts.map(accountItem), next: null }),
  );
  app.get(
    '/api/pots',
    { schema: { tags, summary: 'Every pot with its balance', response: answers(200, listOf(potSchema)) } },
    async () => ({ items: view().pots.map(potItem), next: null }),
  );
  addTransactionRoutes(app, options);
}

function addTransactionRoutes(app: Api, { services, clock, config }: RouteOptions): void {
  const { ledger } = services.store;
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
    async ({ query }) => {
      const { rows, next } = pageOf(ledger, query, config.TIME_ZONE);
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
      const held = ledger.byId(params.id);
      if (!held) throw unknownTransaction(params.id);
      const text = withVerbatim(transactionItem(held, clock.now()), 'raw', held.transaction.raw);
      return reply.type('application/json').send(text);
    },
  );
}

function pageOf(ledger: Ledger, query: TransactionQuery, timeZone: string): Page {
  const { account, pot, since, before, ...others } = query;
  return ledger.page({
    ...others,
    accountId: account,
    potId: pot,
    since: instantOf('since', since, timeZone),
    before: instantOf('before', before, timeZone),
  });
}

/** A day stands for its first instant in the time zone. */
function instantOf(field: string, text: string | undefined, timeZone: string): Instant | undefined {
  if (text === undefined) return undefined;
  const instant = text.includes('T') ? parseInstant(text) : dayStartOrNull(text, timeZone);
  if (instant !== null) return instant;
  const sentence = `${field} in the query is not a time; use a day such as 2026-03-01, or 2026-03-01T12:00:00Z.`;
  throw new BridgeError('bad_request', sentence);
}

function dayStartOrNull(day: string, timeZone: string): Instant | null {
  try {
    return dayStart(day, timeZone);
  } catch {
    return null;
  }
}

function unknownTransaction(id: string): BridgeError {
  const sentence = `There is no transaction ${id}; the list of transactions shows which there are.`;
  return new BridgeError('unknown_transaction', sentence);
}
