import type { Clock } from '../clock.ts';
import {
  isTransferEvent,
  transferPayload,
  type BankEvent,
  type EventType,
  type RecordedEvent,
  type TransferEvent,
} from '../domain/event.ts';
import type { TransactionContent, TransactionKind } from '../domain/transaction.ts';
import type { Instant } from '../domain/values.ts';
import type { Database } from './database.ts';
import { integer, integerOrNull, json, text, type Row } from './row.ts';

/** An event with its place in the log; places only ever grow. */
export interface LoggedEvent {
  readonly seq: number;
  readonly event: RecordedEvent;
}

/** Somebody who receives the events, and how far it has received them: `cursor` is the last place acknowledged. */
export interface Sink {
  readonly name: string;
  readonly cursor: number;
  readonly created: Instant;
}

export interface EventLog {
  /** Appends in the order given and returns only those whose id the log has never had, pruned ones included. */
  append<Event extends RecordedEvent>(events: readonly Event[]): readonly Event[];
  /** The events behind a place, in order; those whose payload was pruned are passed over. */
  after(seq: number, limit: number): readonly LoggedEvent[];
  /** How many events lie behind a place. */
  countAfter(seq: number): number;
  byId(id: string): LoggedEvent | undefined;
  /** The place of the newest event; 0 while there is none. */
  last(): number;
  /** Where a sink stands; a new one starts behind everything there is. */
  cursor(sink: string): number;
  /** Acknowledges everything up to a place; never goes back. The sink must exist (`cursor` makes it). */
  moveCursor(sink: string, seq: number): void;
  sinks(): readonly Sink[];
  /** Drops the payloads learnt before an instant and not behind the place `upTo`; the ids stay for ever. Returns how many. */
  prune(before: Instant, upTo: number): number;
}

const appending = `
INSERT INTO event (id, type, kind, account_id, transaction_id, at, recovered, delay, balance, total_balance, detail, data)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`;

const lastSeq = 'SELECT coalesce(max(seq), 0) AS seq FROM event';

export function createEventLog(database: Database, clock: Clock): EventLog {
  const last = () => database.get(lastSeq, [], (row) => integer(row, 'seq')) ?? 0;
  const known = (sink: string) =>
    database.get('SELECT cursor FROM sink WHERE name = ?', [sink], (row) => integer(row, 'cursor'));
  return {
    append: (events) =>
      events.length === 0
        ? []
        : database.atomically(() =>
            events.filter(
              (event) =>
                database.run(
                  appending,
                  isTransferEvent(event) ? valuesOfTransfer(event) : valuesOf(event),
                ) === 1,
            ),
          ),
    countAfter: (seq) => {
      const sql = 'SELECT count(*) AS events FROM event WHERE seq > ? AND detail IS NOT NULL';
      return database.get(sql, [seq], (row) => integer(row, 'events')) ?? 0;
    },
    after: (seq, limit) =>
      database.all(
        'SELECT * FROM event WHERE seq > ? AND data IS NOT NULL ORDER BY seq LIMIT ?',
        [seq, limit],
        readEvent,
      ),
    byId: (id) => database.get('SELECT * FROM event WHERE id = ? AND data IS NOT NULL', [id], readEvent),
    last,
    cursor: (sink) =>
      known(sink) ??
      database.atomically(() => {
        const start = last();
        const sql = 'INSERT INTO sink (name, cursor, created) VALUES (?, ?, ?)';
        database.run(sql, [sink, start, clock.now()]);
        return start;
      }),
    moveCursor: (sink, seq) => {
      database.run('UPDATE sink SET cursor = ? WHERE name = ? AND cursor < ?', [seq, sink, seq]);
    },
    sinks: () =>
      database.all('SELECT * FROM sink ORDER BY name', [], (row) => ({
        name: text(row, 'name'),
        cursor: integer(row, 'cursor'),
        created: integer(row, 'created'),
      })),
    prune: (before, upTo) =>
      database.run(
        'UPDATE event SET detail = NULL, data = NULL WHERE at < ? AND seq <= ? AND data IS NOT NULL',
        [before, upTo],
      ),
  };
}

function valuesOf(event: BankEvent) {
  const { raw, ...detail } = event.transaction;
  return [
    event.id,
    event.type,
    event.kind,
    event.accountId,
    event.transactionId,
    event.at,
    event.recovered ? 1 : 0,
    event.delay,
    event.balance,
    event.totalBalance,
    JSON.stringify(detail),
    raw,
  ];
}

/** The transfer stands where a transaction does; there is no balance, and nothing of the bank's own. */
function valuesOfTransfer(event: TransferEvent) {
  const { id, type, accountId, transferId, at, requestId, moneyMoved } = event;
  const detail = JSON.stringify({ requestId, moneyMoved });
  const data = JSON.stringify(transferPayload(event));
  return [id, type, 'transfer', accountId, transferId, at, 0, 0, null, null, detail, data];
}

function readEvent(row: Row): LoggedEvent {
  const event = text(row, 'kind') === 'transfer' ? readTransferEvent(row) : readBankEvent(row);
  return { seq: integer(row, 'seq'), event };
}

function readTransferEvent(row: Row): TransferEvent {
  return {
    ...(json(row, 'detail') as Pick<TransferEvent, 'requestId' | 'moneyMoved'>),
    id: text(row, 'id'),
    type: text(row, 'type') as TransferEvent['type'],
    at: integer(row, 'at'),
    accountId: text(row, 'account_id'),
    transferId: text(row, 'transaction_id'),
  };
}

function readBankEvent(row: Row): BankEvent {
  const transaction = { ...(json(row, 'detail') as TransactionContent), raw: text(row, 'data') };
  return {
    id: text(row, 'id'),
    type: text(row, 'type') as EventType,
    kind: text(row, 'kind') as TransactionKind,
    accountId: text(row, 'account_id'),
    transactionId: text(row, 'transaction_id'),
    at: integer(row, 'at'),
    recovered: integer(row, 'recovered') === 1,
    delay: integer(row, 'delay'),
    balance: integerOrNull(row, 'balance'),
    totalBalance: integerOrNull(row, 'total_balance'),
    transaction,
  };
}
