import type { Instant } from '../domain/values.ts';
import type { Database, Row } from './database.ts';
import { integer, json, text, textOrNull } from './rows.ts';

/** Triggers refuse any change of a row: the audit only grows. */
export const auditSchema = `
CREATE TABLE audit (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  door TEXT NOT NULL,
  user TEXT,
  action TEXT NOT NULL,
  decision TEXT NOT NULL,
  code TEXT,
  sentence TEXT,
  transfer_id TEXT,
  transaction_id TEXT,
  asked TEXT
) STRICT;
CREATE INDEX audit_by_transfer ON audit (transfer_id, seq) WHERE transfer_id IS NOT NULL;
CREATE TRIGGER audit_is_never_edited BEFORE UPDATE ON audit BEGIN
  SELECT raise(ABORT, 'the audit is never edited');
END;
CREATE TRIGGER audit_is_never_shortened BEFORE DELETE ON audit BEGIN
  SELECT raise(ABORT, 'the audit is never shortened');
END;
`;

/**
 * How often a refusal was repeated within its minute, and when it was last. Kept beside the audit, whose rows are never
 * edited; triggers let a count only grow.
 */
export const auditRepeatSchema = `
CREATE TABLE audit_repeat (
  seq INTEGER PRIMARY KEY REFERENCES audit (seq),
  count INTEGER NOT NULL,
  last_at INTEGER NOT NULL
) STRICT;
CREATE TRIGGER audit_repeat_only_grows BEFORE UPDATE ON audit_repeat
WHEN new.count <= old.count OR new.seq <> old.seq BEGIN
  SELECT raise(ABORT, 'the audit is never edited');
END;
CREATE TRIGGER audit_repeat_is_never_shortened BEFORE DELETE ON audit_repeat BEGIN
  SELECT raise(ABORT, 'the audit is never shortened');
END;
`;

/** What a caller requested, or what the bridge did by itself. */
export type AuditAction =
  | 'pot_transfer'
  | 'pause'
  | 'resume'
  | 'set_rails'
  | 'set_optional_entities'
  | 'decide_transfer'
  | 'feed_item'
  | 'annotate'
  | 'add_receipt'
  | 'remove_receipt';

/** The state of the action at the moment of the entry. */
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

/** One line of the audit, before the database gives it a number and a time. */
export interface AuditEntry {
  /** One of the doors, or `bridge` for what the bridge did by itself. */
  readonly door: string;
  readonly user: string | null;
  readonly action: AuditAction;
  readonly decision: AuditDecision;
  readonly code?: string | null;
  readonly sentence?: string | null;
  readonly transferId?: string | null;
  readonly transactionId?: string | null;
  /** The request; amounts in minor units. */
  readonly asked?: Readonly<Record<string, unknown>> | null;
}

export interface AuditRow extends Required<AuditEntry> {
  /** Grows with every row. */
  readonly seq: number;
  readonly at: Instant;
  /** How often it happened within a minute; only the first one is described. */
  readonly count: number;
  /** When it last happened. */
  readonly lastAt: Instant;
}

export interface AuditPageRequest {
  /** The `seq` of a row: only older rows are listed. */
  readonly before?: number | undefined;
  readonly limit: number;
  readonly transferId?: string | undefined;
}

export interface AuditPage {
  readonly items: readonly AuditRow[];
  /** The `before` of the next page; null on the last page. */
  readonly next: number | null;
}

/** Who requested what, and the outcome. Rows are only ever added: triggers refuse updates and deletions. */
export interface Audit {
  append(at: Instant, entry: AuditEntry): void;
  /**
   * The same for what anyone can cause as often as they like: of one caller, decision and code, all within a minute is one
   * row with a count.
   */
  tally(at: Instant, entry: AuditEntry): void;
  /** Newest first. */
  page(request: AuditPageRequest): AuditPage;
}

const together = 60_000;
/** Among so many rows a repetition is looked for: there are far fewer kinds. */
const newest = 1_000;

export function createAudit(database: Database): Audit {
  const append: Audit['append'] = (at, entry) => {
    const { code = null, sentence = null, transferId = null, transactionId = null, asked = null } = entry;
    const sql = `INSERT INTO audit (at, door, user, action, decision, code, sentence, transfer_id, transaction_id, asked)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;
    const told = [code, sentence, transferId, transactionId, asked === null ? null : JSON.stringify(asked)];
    database.run(sql, [at, entry.door, entry.user, entry.action, entry.decision, ...told]);
  };
  const repeated = (at: Instant, entry: AuditEntry): number | undefined => {
    const { door, user, action, decision, code = null, transferId = null } = entry;
    const sql = `SELECT seq FROM audit WHERE seq > (SELECT coalesce(max(seq), 0) FROM audit) - ${newest}
      AND door = ? AND user IS ? AND action = ? AND decision = ? AND code IS ? AND transfer_id IS ?
      AND abs(at - ?) < ${together} ORDER BY seq DESC LIMIT 1`;
    const kind = [door, user, action, decision, code, transferId, at];
    return database.get(sql, kind, (row) => integer(row, 'seq'));
  };
  return {
    append,
    tally: (at, entry) => {
      const seq = repeated(at, entry);
      if (seq === undefined) return append(at, entry);
      const sql = `INSERT INTO audit_repeat (seq, count, last_at) VALUES (?, 2, ?)
        ON CONFLICT (seq) DO UPDATE SET count = count + 1, last_at = excluded.last_at`;
      database.run(sql, [seq, at]);
    },
    page: ({ before, limit, transferId }) => {
      const conditions = [
        ...(before === undefined ? [] : ['audit.seq < ?']),
        ...(transferId === undefined ? [] : ['transfer_id = ?']),
      ];
      const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
      const parameters = [before, transferId].filter((value) => value !== undefined);
      const sql = `SELECT audit.*, coalesce(repeat.count, 1) AS count, coalesce(repeat.last_at, audit.at) AS last_at
        FROM audit LEFT JOIN audit_repeat AS repeat ON repeat.seq = audit.seq
        ${where} ORDER BY audit.seq DESC LIMIT ?`;
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
    count: integer(row, 'count'),
    lastAt: integer(row, 'last_at'),
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
