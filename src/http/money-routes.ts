import { Readable } from 'node:stream';
import { z } from 'zod';
import { invoke } from '../commands/command.ts';
import { localDay } from '../domain/time.ts';
import { moneyMovedIn, type Transfer } from '../domain/transfer.ts';
import { instantText, toMajorNumber } from '../domain/values.ts';
import { reasonSentence, refuse } from '../refusals/refuse.ts';
import type { Audit, AuditRow } from '../store/audit.ts';
import { answers, downloadAnswers, type Api, type RouteOptions } from './api.ts';
import { idSchema } from '../contract/elements.ts';
import {
  auditExportQuerySchema,
  auditListSchema,
  auditQuerySchema,
  auditRowSchema,
  decisionSchema,
  transferDetailSchema,
  transferListSchema,
  transferQuerySchema,
  type AuditRowItem,
  type TransferItem,
} from '../contract/money-data.ts';
import { csvTable, instantOrNull } from './formats.ts';

/** Transfers and the audit of every request to move money. */

const tags = ['money'];
/** Rows of the audit that are read at once. */
const exportedAtOnce = 500;

export function addMoneyRoutes(app: Api, options: RouteOptions): void {
  addTransferRoutes(app, options);
  addAuditRoutes(app, options);
}

function addTransferRoutes(app: Api, { services, callerOf }: RouteOptions): void {
  const { store, commands } = services;
  const shown = (id: string) => {
    const transfer = store.transfers.byId(id);
    if (!transfer) throw refuse('unknown_transfer', { id });
    const { items } = store.audit.page({ transferId: id, limit: exportedAtOnce });
    return { ...transferItem(transfer), evidence: items.map(auditItem) };
  };
  app.get(
    '/api/transfers',
    {
      schema: {
        tags,
        summary: 'Every transfer, the newest first',
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
        summary: 'One transfer, with its evidence',
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
        summary:
          'Record whether an unresolved transfer took place; the command decide_transfer does the same',
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

function addAuditRoutes(app: Api, { services, clock, config }: RouteOptions): void {
  const { audit } = services.store;
  app.get(
    '/api/audit',
    {
      schema: {
        tags,
        summary: 'Every request, who made it, and its outcome, the newest first; rows are never edited',
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

function auditItem(row: AuditRow): AuditRowItem {
  return {
    seq: row.seq,
    at: instantText(row.at),
    door: row.door,
    user: row.user,
    action: row.action,
    decision: row.decision,
    code: row.code,
    sentence: row.sentence,
    transfer_id: row.transferId,
    transaction_id: row.transactionId,
    asked: row.asked,
  };
}

function transferItem(transfer: Transfer): TransferItem {
  const { amount, currency } = transfer;
  return {
    id: transfer.id,
    created: instantText(transfer.created),
    state: transfer.state,
    money_moved: moneyMovedIn[transfer.state],
    pot: transfer.potId,
    account: transfer.accountId,
    transfer_type: transfer.direction,
    amount: toMajorNumber(amount, currency),
    amount_minor: amount,
    currency,
    request_id: transfer.requestId,
    sends: transfer.sends,
    first_sent_at: instantOrNull(transfer.firstSentAt),
    last_sent_at: instantOrNull(transfer.lastSentAt),
    settled_at: instantOrNull(transfer.settledAt),
    transaction_id: transfer.transactionId,
    code: transfer.reason?.code ?? null,
    sentence: reasonSentence(transfer),
    door: transfer.door,
    user: transfer.user,
    found: transfer.found,
  };
}

/** Reads page by page, so that a long audit neither fills the memory nor blocks other requests. */
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
