import { Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { invoke, type Caller } from '../commands/command.ts';
import { localDay } from '../domain/time.ts';
import { refuse } from '../refusals/refuse.ts';
import type { Audit } from '../store/audit.ts';
import { answers, downloadAnswers, type Api, type RouteOptions } from './api.ts';
import { idSchema } from '../contract/elements.ts';
import {
  auditExportQuerySchema,
  auditListSchema,
  auditQuerySchema,
  auditRowSchema,
  decisionSchema,
  pauseSchema,
  railsSchema,
  transferDetailSchema,
  transferListSchema,
  transferQuerySchema,
  type AuditRowItem,
} from '../contract/money-data.ts';
import { csvTable } from './csv.ts';
import { auditItem, transferItem } from './money-items.ts';

const tags = ['money'];
const exportedAtOnce = 500;

export interface MoneyRouteOptions extends RouteOptions {
  readonly callerOf: (request: FastifyRequest) => Caller;
}

/** What was moved and asked for, and the limits that every move must stay inside. */
export function addMoneyRoutes(app: Api, options: MoneyRouteOptions): void {
  addRailsRoutes(app, options);
  addTransferRoutes(app, options);
  addAuditRoutes(app, options);
}

function addRailsRoutes(app: Api, { services, callerOf }: MoneyRouteOptions): void {
  const { rails, moneyPause } = services;
  app.get(
    '/api/rails',
    {
      schema: {
        tags,
        summary: 'The limits that every move must stay inside; amounts are decimal text in major units',
        response: answers(200, railsSchema),
      },
    },
    async () => rails.document(),
  );
  app.put(
    '/api/rails',
    {
      schema: {
        tags,
        summary: 'Set limits; what is left out stays as it is',
        body: railsSchema.partial(),
        response: answers(200, railsSchema),
      },
    },
    async (put) => rails.set(put.body, callerOf(put)),
  );
  app.get(
    '/api/pause',
    {
      schema: {
        tags,
        summary: 'Whether money moves are paused; the commands pause and resume change it',
        response: answers(200, pauseSchema),
      },
    },
    async () => ({ paused: moneyPause.isPaused(), why: moneyPause.reason() }),
  );
}

function addTransferRoutes(app: Api, { services, callerOf }: MoneyRouteOptions): void {
  const { store, commands } = services;
  const shown = (id: string) => {
    const transfer = store.transfers.byId(id);
    if (!transfer) throw refuse('unknown_transfer', { id: id });
    const { items } = store.audit.page({ transferId: id, limit: exportedAtOnce });
    return { ...transferItem(transfer), evidence: items.map(auditItem) };
  };
  app.get(
    '/api/transfers',
    {
      schema: {
        tags,
        summary: 'Every move that was acted on, the newest first',
        querystring: transferQuerySchema,
        response: answers(200, transferListSchema),
      },
    },
    async ({ query: { cursor, limit, state } }) => {
      const { items, next } = store.transfers.page({ before: cursor, limit, state });
      return { items: items.map(transferItem), next };
    },
  );
  app.get(
    '/api/transfers/:id',
    {
      schema: {
        tags,
        summary: 'One move, with all that is known of it',
        params: idSchema,
        response: answers(200, transferDetailSchema),
      },
    },
    async ({ params }) => shown(params.id),
  );
  app.post(
    '/api/transfers/:id/decision',
    {
      schema: {
        tags,
        summary: 'Say whether an unresolved move took place; the command decide_transfer does the same',
        params: idSchema,
        body: decisionSchema,
        response: answers(200, transferDetailSchema),
      },
    },
    async (posted) => {
      const { id } = posted.params;
      const body = { transfer_id: id, ...posted.body };
      await invoke(commands, { name: 'decide_transfer', body, ...callerOf(posted) });
      return shown(id);
    },
  );
}

function addAuditRoutes(app: Api, { services, clock, config }: MoneyRouteOptions): void {
  const { audit } = services.store;
  app.get(
    '/api/audit',
    {
      schema: {
        tags,
        summary: 'Who asked for what and what came of it, the newest first; rows are never edited',
        querystring: auditQuerySchema,
        response: answers(200, auditListSchema),
      },
    },
    async ({ query: { cursor, limit, transfer } }) => {
      const { items, next } = audit.page({ before: cursor, limit, transferId: transfer });
      return { items: items.map(auditItem), next: next === null ? null : String(next) };
    },
  );
  app.get(
    '/api/audit/export',
    {
      schema: {
        tags,
        summary: 'The whole audit as a file, the newest first',
        querystring: auditExportQuerySchema,
        response: downloadAnswers('The file.', {
          'text/csv': z.string(),
          'application/json': auditRowSchema.array(),
        }),
      },
    },
    async ({ query: { format } }, reply) => {
      const { type, lines } = exports[format];
      const day = localDay(clock.now(), config.TIME_ZONE);
      void reply.header('content-disposition', `attachment; filename="monzo-audit-${day}.${format}"`);
      return reply.type(type).send(Readable.from(lines(audit)));
    },
  );
}

/** Page by page, so that a long audit neither fills the memory nor holds up anything else. */
function* itemsOf(audit: Audit): Generator<AuditRowItem> {
  for (let before: number | undefined, more = true; more;) {
    const { items, next } = audit.page({ before, limit: exportedAtOnce });
    yield* items.map(auditItem);
    before = next ?? undefined;
    more = next !== null;
  }
}

interface Export {
  readonly type: string;
  readonly lines: (audit: Audit) => Iterable<string>;
}

const exports: Readonly<Record<'csv' | 'json', Export>> = {
  csv: { type: 'text/csv; charset=utf-8', lines: csvOf },
  json: { type: 'application/json', lines: jsonOf },
};

const auditTable = csvTable(Object.keys(auditRowSchema.shape) as readonly (keyof AuditRowItem)[]);

function* csvOf(audit: Audit): Generator<string> {
  yield auditTable.head;
  for (const { asked, ...item } of itemsOf(audit))
    yield auditTable.lines([{ ...item, asked: asked === null ? null : JSON.stringify(asked) }]);
}

function* jsonOf(audit: Audit): Generator<string> {
  let separator = '[';
  for (const item of itemsOf(audit)) {
    yield separator + JSON.stringify(item);
    separator = ',\n';
  }
  yield separator === '[' ? '[]\n' : ']\n';
}
