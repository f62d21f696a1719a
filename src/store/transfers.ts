import type { Direction, SendAnswer, Transfer, TransferState } from '../domain/transfer.ts';
import type { Currency, Instant, Minor } from '../domain/values.ts';
import type { Database } from './database.ts';
import { integer, integerOrNull, text, textOrNull, type Row, type Value } from './row.ts';

/** A move as it would be repeated by somebody who does not say that it is the same. */
export type SameMove = Pick<Transfer, 'accountId' | 'potId' | 'direction' | 'amount' | 'currency'>;

export interface MovedQuery {
  readonly currency: Currency;
  readonly since: Instant;
  /** All accounts together without it. */
  readonly accountId?: string;
}

export interface TransferPageRequest {
  /** The id of a transfer: only older ones are listed. */
  readonly before?: string | undefined;
  readonly limit: number;
  readonly state?: TransferState | undefined;
}

export interface TransferPage {
  readonly items: readonly Transfer[];
  /** What `before` has to be for the next page; null where there is none. */
  readonly next: string | null;
}

/** Every command to move money that was acted on, for ever. */
export interface Transfers {
  /** Creates or replaces the row of a transfer. */
  save(transfer: Transfer): void;
  byId(id: string): Transfer | undefined;
  /** Those that never left this machine are passed over, here and below: their ids are free again. */
  byDedupeId(dedupeId: string): Transfer | undefined;
  byRequestId(requestId: string): Transfer | undefined;
  /** Those whose outcome nobody knows, the oldest first. */
  undecided(): readonly Transfer[];
  /** What moved or may have moved, in minor units. */
  moved(query: MovedQuery): Minor;
  /** Deposits of an account that a balance asked for at an instant may not count yet, in minor units. */
  uncounted(accountId: string, askedAt: Instant): Minor;
  /** The latest same move without a request id that was or may have been made. */
  latestSameMove(move: SameMove): Transfer | undefined;
  undecidedSameMove(move: SameMove): Transfer | undefined;
  /** When the newest transfer that is known to be ours was written down. */
  newestCreated(): Instant | null;
  /** The latest instant that any row speaks of. */
  latestInstant(): Instant | null;
  /** Newest first. */
  page(request: TransferPageRequest): TransferPage;
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
  ['code', ({ code }) => code],
  ['sentence', ({ sentence }) => sentence],
  ['door', ({ door }) => door],
  ['user', ({ user }) => user],
  ['found', ({ found }) => (found ? 1 : 0)],
];

const names = columns.map(([name]) => name);
const saving = `
INSERT INTO transfer (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})
ON CONFLICT (id) DO UPDATE SET ${names.map((name) => `${name} = excluded.${name}`).join(', ')}`;

const mayHaveMoved = `state IN ('open', 'unresolved', 'moved')`;
const undecided = `state IN ('open', 'unresolved')`;
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
    undecided: () => database.all(`SELECT * FROM transfer WHERE ${undecided} ORDER BY number`, [], read),
    moved: ({ currency, since, accountId }) => {
      const sql = `SELECT sum(amount) AS figure FROM transfer WHERE ${mayHaveMoved} AND currency = ? AND created >= ?`;
      const ofAccount = accountId === undefined ? [] : [accountId];
      return (
        figure(`${sql}${accountId === undefined ? '' : ' AND account_id = ?'}`, [
          currency,
          since,
          ...ofAccount,
        ]) ?? 0
      );
    },
    uncounted: (accountId, askedAt) => {
      const sql = `SELECT sum(amount) AS figure FROM transfer WHERE account_id = ? AND direction = 'deposit'
        AND (${undecided} OR (state = 'moved' AND settled_at >= ?))`;
      return figure(sql, [accountId, askedAt]) ?? 0;
    },
    latestSameMove: (move) => one(`${isSameMove} AND request_id IS NULL AND ${mayHaveMoved}`, valuesOf(move)),
    undecidedSameMove: (move) => one(`${isSameMove} AND ${undecided}`, valuesOf(move)),
    newestCreated: () => figure('SELECT max(created) AS figure FROM transfer WHERE found = 0'),
    latestInstant: () =>
      figure(`SELECT max(max(created, coalesce(last_sent_at, 0), coalesce(settled_at, 0))) AS figure
        FROM transfer WHERE found = 0`),
    page: (request) => pageOf(database, request),
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
    code: textOrNull(row, 'code'),
    sentence: textOrNull(row, 'sentence'),
    door: text(row, 'door'),
    user: textOrNull(row, 'user'),
    found: integer(row, 'found') === 1,
  };
}
