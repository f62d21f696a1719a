import type { Instant } from '../domain/values.ts';
import type { Database } from './database.ts';
import { integer, json, text, textOrNull, type Row } from './row.ts';

/** What was asked for, or done by the bridge itself. */
export type AuditAction =
  | 'pot_transfer'
  | 'pause'
  | 'resume'
  | 'set_rails'
  | 'decide_transfer'
  | 'feed_item'
  | 'annotate';

/** What became of it at this moment. */
export type AuditDecision =
  | 'allowed'
  | 'refused'
  | 'failed'
  | 'dry_run'
  | 'repeated'
  | 'sent'
  | 'answered'
  | 'moved'
  | 'not_moved'
  | 'not_sent'
  | 'unresolved'
  | 'seen'
  | 'found'
  | 'done';

/** Who, where and what; when and in which place is for the audit to say. */
export interface AuditEntry {
  /** One of the doors, or `bridge` for what it did by itself. */
  readonly door: string;
  readonly user: string | null;
  readonly action: AuditAction;
  readonly decision: AuditDecision;
  readonly code?: string | null;
  readonly sentence?: string | null;
  readonly transferId?: string | null;
  readonly transactionId?: string | null;
  /** What was asked for; amounts in minor units. */
  readonly asked?: Readonly<Record<string, unknown>> | null;
}

export interface AuditRow extends Required<AuditEntry> {
  /** Grows with every row. */
  readonly seq: number;
  readonly at: Instant;
}

export interface AuditPageRequest {
  /** The place of a row: only older ones are listed. */
  readonly before?: number | undefined;
  readonly limit: number;
  readonly transferId?: string | undefined;
}

export interface AuditPage {
  readonly items: readonly AuditRow[];
  /** What `before` has to be for the next page; null where there is none. */
  readonly next: number | null;
}

/** Who asked for what, and what came of it. Rows are added and never edited: the database refuses anything else. */
export interface Audit {
  append(at: Instant, entry: AuditEntry): void;
  /** Newest first. */
  page(request: AuditPageRequest): AuditPage;
}

export function createAudit(database: Database): Audit {
  return {
    append: (at, entry) => {
      const { code = null, sentence = null, transferId = null, transactionId = null, asked = null } = entry;
      const sql = `INSERT INTO audit (at, door, user, action, decision, code, sentence, transfer_id, transaction_id, asked)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;
      const told = [code, sentence, transferId, transactionId, asked === null ? null : JSON.stringify(asked)];
      database.run(sql, [at, entry.door, entry.user, entry.action, entry.decision, ...told]);
    },
    page: ({ before, limit, transferId }) => {
      const conditions = [
        ...(before === undefined ? [] : ['seq < ?']),
        ...(transferId === undefined ? [] : ['transfer_id = ?']),
      ];
      const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
      const parameters = [before, transferId].filter((value) => value !== undefined);
      const sql = `SELECT * FROM audit ${where} ORDER BY seq DESC LIMIT ?`;
      const rows = database.all(sql, [...parameters, limit + 1], read);
      const items = rows.slice(0, limit);
      return { items, next: rows.length > limit ? (items.at(-1)?.seq ?? null) : null };
    },
  };
}

function read(row: Row): AuditRow {
  return {
    seq: integer(row, 'seq'),
    at: integer(row, 'at'),
    door: text(row, 'door'),
    user: textOrNull(row, 'user'),
    action: text(row, 'action') as AuditAction,
    decision: text(row, 'decision') as AuditDecision,
    code: textOrNull(row, 'code'),
    sentence: textOrNull(row, 'sentence'),
    transferId: textOrNull(row, 'transfer_id'),
    transactionId: textOrNull(row, 'transaction_id'),
    asked: row['asked'] === null ? null : (json(row, 'asked') as Readonly<Record<string, unknown>>),
  };
}
