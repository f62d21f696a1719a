import { datedLater } from '../domain/transfer.ts';
import type { Direction, Reason, SendAnswer, Transfer, TransferState } from '../domain/transfer.ts';
import type { Currency, Instant, Minor } from '../domain/values.ts';
import type { Database, Row, Value } from './database.ts';
import { integer, integerOrNull, jsonOrNull, text, textOrNull } from './rows.ts';

/**
 * Transfers are kept for ever, because a request id means the same transfer for ever. Only a transfer that was never
 * sent gives its ids back.
 */
export const transferSchema = `
CREATE TABLE transfer (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  created INTEGER NOT NULL,
  state TEXT NOT NULL,
  user_id TEXT NOT NULL,
  account_id TEXT NOT NULL,
  pot_id TEXT NOT NULL,
  direction TEXT NOT NULL,
  amount INTEGER NOT NULL,
  currency TEXT NOT NULL,
  request_id TEXT,
  dedupe_id TEXT NOT NULL,
  sends INTEGER NOT NULL,
  first_sent_at INTEGER,
  last_sent_at INTEGER,
  answer TEXT,
  owed_word INTEGER NOT NULL,
  settled_at INTEGER,
  transaction_id TEXT,
  code TEXT,
  sentence TEXT,
  door TEXT NOT NULL,
  user TEXT,
  found INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX transfer_by_dedupe_id ON transfer (dedupe_id) WHERE state <> 'not_sent';
CREATE UNIQUE INDEX transfer_by_request_id ON transfer (request_id)
  WHERE request_id IS NOT NULL AND state <> 'not_sent';
CREATE INDEX transfer_by_creation ON transfer (created);
CREATE INDEX transfer_undecided ON transfer (account_id) WHERE state IN ('open', 'unresolved');
`;

/** What the pot held before a transfer, and an index of the transactions that transfers have. */
export const transferEvidenceSchema = `
ALTER TABLE transfer ADD COLUMN pot_before INTEGER;
CREATE INDEX transfer_by_transaction ON transfer (transaction_id) WHERE transaction_id IS NOT NULL;
`;

/** A request whose transfer moved nothing may be tried anew, under the same ids. */
export const triedAnewSchema = `
DROP INDEX transfer_by_dedupe_id;
DROP INDEX transfer_by_request_id;
CREATE UNIQUE INDEX transfer_once_by_dedupe_id ON transfer (dedupe_id) WHERE state IN ('open', 'unresolved', 'moved');
CREATE UNIQUE INDEX transfer_once_by_request_id ON transfer (request_id)
  WHERE request_id IS NOT NULL AND state IN ('open', 'unresolved', 'moved');
CREATE INDEX transfer_by_dedupe_id ON transfer (dedupe_id) WHERE state <> 'not_sent';
CREATE INDEX transfer_by_request_id ON transfer (request_id) WHERE request_id IS NOT NULL AND state <> 'not_sent';
`;

/** Few of all transfers are without a transaction of theirs. */
export const withoutRowSchema = `
CREATE INDEX transfer_without_row ON transfer (account_id, number)
  WHERE state IN ('open', 'unresolved', 'moved') AND transaction_id IS NULL;
`;

/** What two transfers have in common when one may be an accidental repetition of the other. */
export type SameMove = Pick<Transfer, 'accountId' | 'potId' | 'direction' | 'amount' | 'currency'>;

export interface MovedQuery {
  readonly currency: Currency;
  readonly since: Instant;
  /** All accounts if left out. */
  readonly accountId?: string;
}

export interface TransferPageRequest {
  /** The id of a transfer: only older transfers are listed. */
  readonly before?: string | undefined;
  readonly limit: number;
  readonly state?: TransferState | undefined;
}

export interface TransferPage {
  readonly items: readonly Transfer[];
  /** The `before` of the next page; null on the last page. */
  readonly next: string | null;
}

/** Every transfer that was ever accepted, kept for ever. */
export interface Transfers {
  /** Creates or replaces the row of a transfer. */
  save(transfer: Transfer): void;
  byId(id: string): Transfer | undefined;
  /** The latest try. Transfers that were never sent are left out, here and below: their ids are free again. */
  byDedupeId(dedupeId: string): Transfer | undefined;
  byRequestId(requestId: string): Transfer | undefined;
  /** Those whose dedupe id begins so, the latest try of each. */
  byDedupeStart(start: string): readonly Transfer[];
  /** The transfer that a transaction of the bank belongs to. */
  byTransaction(transactionId: string): Transfer | undefined;
  /** Those of a pot that moved or may have moved money at that instant or later, and all whose outcome is unknown. */
  ofPotSince(potId: string, since: Instant): readonly Transfer[];
  /** Those of an account, stored since an instant, that moved or may have moved money and have no transaction yet. */
  withoutRow(accountId: string, since: Instant): readonly Transfer[];
  /** Same moves of about its time that moved or may have moved money and have no transaction yet, itself included. */
  alikeWithoutRow(transfer: Transfer): readonly Transfer[];
  /** How many there are in each state. */
  counts(): ReadonlyMap<TransferState, number>;
  /** Transfers whose outcome is unknown, oldest first. */
  undecided(): readonly Transfer[];
  /**
   * The sum that moved or may have moved, in minor units: by the bank's own date where the ledger has it. A move that is
   * dated ahead of now counts as well.
   */
  moved(query: MovedQuery): Minor;
  /** The latest same move without a request id that moved or may have moved money. */
  latestSameMove(move: SameMove): Transfer | undefined;
  /** The latest same move whose outcome is unknown. */
  undecidedSameMove(move: SameMove): Transfer | undefined;
  /** When the newest transfer of this bridge was stored, of those not dated after an instant; null if there is none. */
  newestCreated(notAfter: Instant): Instant | null;
  /** Newest first. */
  page(request: TransferPageRequest): TransferPage;
}

function countsOf(database: Database): ReadonlyMap<TransferState, number> {
  const sql = 'SELECT state, count(*) AS count FROM transfer GROUP BY state';
  return new Map(
    database.all(sql, [], (row) => [text(row, 'state') as TransferState, integer(row, 'count')] as const),
  );
}

type Columns = readonly (readonly [name: string, value: (transfer: Transfer) => Value])[];

const columns: Columns = [
  ['id', ({ id }) => id],
  ['created', ({ created }) => created],
  ['state', ({ state }) => state],
  ['user_id', ({ userId }) => userId],
  ['account_id', ({ accountId }) => accountId],
  ['pot_id', ({ potId }) => potId],
  ['direction', ({ direction }) => direction],
  ['amount', ({ amount }) => amount],
  ['currency', ({ currency }) => currency],
  ['request_id', ({ requestId }) => requestId],
  ['dedupe_id', ({ dedupeId }) => dedupeId],
  ['sends', ({ sends }) => sends],
  ['first_sent_at', ({ firstSentAt }) => firstSentAt],
  ['last_sent_at', ({ lastSentAt }) => lastSentAt],
  ['answer', ({ answer }) => answer],
  ['owed_word', ({ notifyLater }) => (notifyLater ? 1 : 0)],
  ['settled_at', ({ settledAt }) => settledAt],
  ['transaction_id', ({ transactionId }) => transactionId],
  ['code', ({ reason }) => reason?.code ?? null],
  ['facts', ({ reason }) => factsText(reason)],
  ['door', ({ door }) => door],
  ['user', ({ user }) => user],
  ['found', ({ found }) => (found ? 1 : 0)],
  ['pot_before', ({ potBefore }) => potBefore],
];

const names = columns.map(([name]) => name);
const saving = `
INSERT INTO transfer (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})
ON CONFLICT (id) DO UPDATE SET ${names.map((name) => `${name} = excluded.${name}`).join(', ')}`;

const mayHaveMoved = `state IN ('open', 'unresolved', 'moved')`;
const undecided = `state IN ('open', 'unresolved')`;
/** A transfer whose machine slept while it was sent may be dated so much later than its row. */
const longestUnderway = 7 * 24 * 3_600_000;
/** When the bank dated a move; until the ledger has it, the latest date that it may have. */
const bankDate = `coalesce(
  (SELECT booked.created FROM bank_transaction AS booked WHERE booked.id = transaction_id),
  iif(found = 1, created, max(created, coalesce(last_sent_at, 0)) + ${datedLater})
)`;
const isSameMove = 'account_id = ? AND pot_id = ? AND direction = ? AND amount = ? AND currency = ?';

export function createTransfers(database: Database): Transfers {
  const one = (where: string, parameters: readonly Value[]) =>
    database.get(`SELECT * FROM transfer WHERE ${where} ORDER BY number DESC LIMIT 1`, parameters, read);
  const figure = (sql: string, parameters: readonly Value[] = []) =>
    database.get(sql, parameters, (row) => integerOrNull(row, 'figure')) ?? null;
  return {
    save: (transfer) => {
      const values = columns.map(([, valueOf]) => valueOf(transfer));
      database.run(saving, values);
    },
    byId: (id) => one('id = ?', [id]),
    byDedupeId: (dedupeId) => one(`dedupe_id = ? AND state <> 'not_sent'`, [dedupeId]),
    byRequestId: (requestId) => one(`request_id = ? AND state <> 'not_sent'`, [requestId]),
    byDedupeStart: (start) => {
      const sql = `SELECT *, max(number) FROM transfer
        WHERE dedupe_id >= ? AND dedupe_id < ? AND state <> 'not_sent' GROUP BY dedupe_id`;
      return database.all(sql, [start, `${start}~`], read);
    },
    byTransaction: (transactionId) => one('transaction_id = ?', [transactionId]),
    ofPotSince: (potId, since) => {
      const sql = `SELECT * FROM transfer WHERE pot_id = ?1 AND ${mayHaveMoved} AND (
        ${undecided} OR max(created, coalesce(last_sent_at, 0), coalesce(settled_at, 0)) >= ?2) ORDER BY number`;
      return database.all(sql, [potId, since], read);
    },
    withoutRow: (accountId, since) => {
      const sql = `SELECT * FROM transfer INDEXED BY transfer_without_row
        WHERE account_id = ? AND ${mayHaveMoved} AND transaction_id IS NULL AND (${undecided} OR created >= ?) ORDER BY number`;
      return database.all(sql, [accountId, since], read);
    },
    alikeWithoutRow: (transfer) => {
      const sql = `SELECT * FROM transfer WHERE ${isSameMove} AND ${mayHaveMoved} AND found = 0
        AND transaction_id IS NULL AND abs(created - ?) <= ${longestUnderway} ORDER BY number`;
      return database.all(sql, [...valuesOf(transfer), transfer.created], read);
    },
    undecided: () => {
      const sql = `SELECT * FROM transfer INDEXED BY transfer_undecided WHERE ${undecided} ORDER BY number`;
      return database.all(sql, [], read);
    },
    moved: ({ currency, since, accountId = null }) => {
      const ours = 'currency = ?1 AND account_id = coalesce(?2, account_id)';
      // An open one may still be made.
      const sql = `SELECT sum(amount) AS figure FROM (
        SELECT amount FROM transfer WHERE ${ours} AND ${undecided} AND state = 'open'
        UNION ALL
        SELECT amount FROM transfer WHERE ${ours} AND state IN ('unresolved', 'moved')
          AND created >= ?3 - ${longestUnderway} AND ${bankDate} >= ?3)`;
      return figure(sql, [currency, accountId, since]) ?? 0;
    },
    latestSameMove: (move) => one(`${isSameMove} AND request_id IS NULL AND ${mayHaveMoved}`, valuesOf(move)),
    undecidedSameMove: (move) => one(`${isSameMove} AND ${undecided}`, valuesOf(move)),
    newestCreated: (notAfter) =>
      figure('SELECT max(created) AS figure FROM transfer WHERE found = 0 AND created <= ?', [notAfter]),
    page: (request) => pageOf(database, request),
    counts: () => countsOf(database),
  };
}

function pageOf(database: Database, { before, limit, state }: TransferPageRequest): TransferPage {
  const conditions = [
    ...(before === undefined ? [] : ['number < (SELECT number FROM transfer WHERE id = ?)']),
    ...(state === undefined ? [] : ['state = ?']),
  ];
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
  const parameters = [before, state].filter((value) => value !== undefined);
  const rows = database.all(
    `SELECT * FROM transfer ${where} ORDER BY number DESC LIMIT ?`,
    [...parameters, limit + 1],
    read,
  );
  const items = rows.slice(0, limit);
  return { items, next: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
}

function valuesOf({ accountId, potId, direction, amount, currency }: SameMove): readonly Value[] {
  return [accountId, potId, direction, amount, currency];
}

function read(row: Row): Transfer {
  return {
    id: text(row, 'id'),
    created: integer(row, 'created'),
    state: text(row, 'state') as TransferState,
    userId: text(row, 'user_id'),
    accountId: text(row, 'account_id'),
    potId: text(row, 'pot_id'),
    direction: text(row, 'direction') as Direction,
    amount: integer(row, 'amount'),
    currency: text(row, 'currency'),
    requestId: textOrNull(row, 'request_id'),
    dedupeId: text(row, 'dedupe_id'),
    sends: integer(row, 'sends'),
    firstSentAt: integerOrNull(row, 'first_sent_at'),
    lastSentAt: integerOrNull(row, 'last_sent_at'),
    answer: textOrNull(row, 'answer') as SendAnswer | null,
    notifyLater: integer(row, 'owed_word') === 1,
    settledAt: integerOrNull(row, 'settled_at'),
    transactionId: textOrNull(row, 'transaction_id'),
    reason: readReason(row),
    door: text(row, 'door'),
    user: textOrNull(row, 'user'),
    found: integer(row, 'found') === 1,
    potBefore: integerOrNull(row, 'pot_before'),
  };
}

function factsText(reason: Reason | null): string | null {
  const facts = reason?.facts ?? null;
  return facts === null ? null : JSON.stringify(facts);
}

function readReason(row: Row): Reason | null {
  const code = textOrNull(row, 'code');
  return code === null ? null : { code, facts: jsonOrNull(row, 'facts') as object | null };
}
