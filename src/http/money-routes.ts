import { z } from 'zod';
import { invoke } from '../commands/command.ts';
import { fittingItem } from '../commands/transfer/answer.ts';
import { MoveEvidence } from '../commands/transfer/evidence.ts';
import { localDay } from '../domain/time.ts';
import { isUndecided, moneyMovedIn, type Transfer } from '../domain/transfer.ts';
import { instantText, toMajorNumber } from '../domain/values.ts';
import { reasonSentence, refuse } from '../refusals/refuse.ts';
import type { Audit, AuditPage, AuditRow } from '../store/audit.ts';
import { answers, downloadAnswers, type Api, type LoggedRouteOptions, type RouteOptions } from './api.ts';
import { exportFormatSchema, idSchema } from '../contract/elements.ts';
import {
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
import { csvTable, instantOrNull, sendDownload } from './formats.ts';

/** Transfers and the audit of every request to move money. */

const tags = ['money'];
/** Lines of evidence that are shown with a transfer. */
const mostEvidence = 500;
/** Rows of the audit that are read and written before other work gets a turn. */
const exportedAtOnce = 100;

const detailShape = {
  operationId: 'showTransfer',
  tags,
  summary: 'One transfer, with its evidence',
  params: idSchema,
  response: answers(200, transferDetailSchema, 'unknown_transfer'),
};

export function addMoneyRoutes(app: Api, options: LoggedRouteOptions): void {
  addTransferRoutes(app, options);
  addAuditRoutes(app, options);
}

function addTransferRoutes(app: Api, { services, callerOf }: RouteOptions): void {
  const { store, commands } = services;
  const evidence = new MoveEvidence(store);
  const item = (transfer: Transfer) =>
    transferItem(transfer, isUndecided(transfer) ? evidence.fitting(transfer).map(fittingItem) : []);
  const shown = (id: string) => {
    const transfer = store.transfers.byId(id);
    if (!transfer) throw refuse('unknown_transfer', { id });
    const { items } = store.audit.page({ transferId: id, limit: mostEvidence });
    return { ...item(transfer), evidence: items.map(auditItem) };
  };
  app.get(
    '/api/transfers',
    {
      schema: {
        operationId: 'listTransfers',
        tags,
        summary: 'Every transfer, the newest first',
        querystring: transferQuerySchema,
        response: answers(200, transferListSchema, 'bad_cursor'),
      },
    },
    async ({ query: { cursor, limit, state } }) => {
      const { items, next } = store.transfers.page({ before: cursor, limit, state });
      return { items: items.map(item), next };
    },
  );
  app.get(
    '/api/transfers/:id',
    {
      schema: detailShape,
    },
    async ({ params }) => shown(params.id),
  );
  app.post(
    '/api/transfers/:id/decision',
    {
      schema: {
        operationId: 'recordDecision',
        tags,
        summary:
          'Record whether an unresolved transfer took place; the command decide_transfer does the same',
        params: idSchema,
        body: decisionSchema,
        response: answers(200, transferDetailSchema, 'unknown_transfer', 'not_unresolved'),
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

function addAuditRoutes(app: Api, { services, clock, config, log }: LoggedRouteOptions): void {
  const { audit, transfers } = services.store;
  app.get(
    '/api/audit',
    {
      schema: {
        operationId: 'listAudit',
        tags,
        summary: 'Every request, who made it, and its outcome, the newest first; rows are never edited',
        querystring: auditQuerySchema,
        response: answers(200, auditListSchema, 'unknown_transfer'),
      },
    },
    async ({ query: { cursor, limit, transfer } }) => {
      if (transfer !== undefined && !transfers.byId(transfer))
        throw refuse('unknown_transfer', { id: transfer });
      const { items, next } = audit.page({ before: cursor, limit, transferId: transfer });
      return { items: items.map(auditItem), next: next === null ? null : String(next) };
    },
  );
  app.get(
    '/api/audit/export',
    {
      schema: {
        operationId: 'exportAudit',
        tags,
        summary: 'The whole audit as a file, the newest first',
        querystring: exportFormatSchema,
        response: downloadAnswers('The file.', {
          'text/csv': z.string(),
          'application/json': auditRowSchema.array(),
        }),
      },
    },
    async ({ query: { format } }, reply) => {
      const { type, parts } = exports[format];
      const name = `monzo-audit-${localDay(clock.now(), config.TIME_ZONE)}.${format}`;
      // What cannot be read is refused before the file begins.
      const first = audit.page({ limit: exportedAtOnce });
      return sendDownload(reply, log, { type, name, parts: parts(pagesFrom(first, audit)) });
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
    count: row.count,
    last_at: instantText(row.lastAt),
  };
}

function transferItem(transfer: Transfer, fitting: TransferItem['fitting_transactions']): TransferItem {
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
    fitting_transactions: fitting,
    found: transfer.found,
  };
}

type Pages = Iterable<readonly AuditRowItem[]>;

/** All rows from a first page on, page by page, so that a long audit does not fill the memory. */
function* pagesFrom(first: AuditPage, audit: Audit): Generator<readonly AuditRowItem[]> {
  for (let page = first; ; page = audit.page({ before: page.next, limit: exportedAtOnce })) {
    yield page.items.map(auditItem);
    if (page.next === null) return;
  }
}

interface Export {
  readonly type: string;
  readonly parts: (pages: Pages) => Iterable<string>;
}

const exports: Readonly<Record<'csv' | 'json', Export>> = {
  csv: { type: 'text/csv; charset=utf-8', parts: csvOf },
  json: { type: 'application/json', parts: jsonOf },
};

const auditTable = csvTable(Object.keys(auditRowSchema.shape) as readonly (keyof AuditRowItem)[]);

function* csvOf(pages: Pages): Generator<string> {
  yield auditTable.head;
  for (const page of pages)
    yield auditTable.lines(
      page.map(({ asked, ...item }) => ({ ...item, asked: asked === null ? null : JSON.stringify(asked) })),
    );
}

function* jsonOf(pages: Pages): Generator<string> {
  let separator = '[';
  for (const page of pages) {
    if (page.length === 0) continue;
    yield separator + page.map((item) => JSON.stringify(item)).join(',\n');
    separator = ',\n';
  }
  yield separator === '[' ? '[]\n' : ']\n';
}
