import type { LoggedEvent } from '../domain/delivery.ts';
import {
  isTransferEvent,
  transferPayload,
  type BankEvent,
  type EventType,
  type RecordedEvent,
  type TransferEvent,
} from '../domain/event.ts';
import type { TransactionContent, TransactionKind } from '../domain/transaction.ts';
import type { Database, Row } from './database.ts';
import { integer, integerOrNull, json, text } from './rows.ts';

export interface EventLog {
  /** Appends the events in order, without those whose id the log has ever had. Returns the appended ones. */
  append<Event extends RecordedEvent>(events: readonly Event[]): readonly Event[];
  /** The events after a place, in order, without those whose payload was pruned. */
  after(seq: number, limit: number): readonly LoggedEvent[];
  /** The events before a place, newest first, without those whose payload was pruned. */
  before(seq: number, limit: number): readonly LoggedEvent[];
  byId(id: string): LoggedEvent | undefined;
  /** The place of the newest event; 0 in an empty log. */
  last(): number;
}

const appending = `
INSERT INTO event (id, type, kind, account_id, transaction_id, at, recovered, delay, balance, total_balance, detail, data)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`;

export function createEventLog(database: Database): EventLog {
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
    after: (seq, limit) =>
      database.all(
        'SELECT * FROM event WHERE seq > ? AND data IS NOT NULL ORDER BY seq LIMIT ?',
        [seq, limit],
        readEvent,
      ),
    before: (seq, limit) =>
      database.all(
        'SELECT * FROM event WHERE seq < ? AND data IS NOT NULL ORDER BY seq DESC LIMIT ?',
        [seq, limit],
        readEvent,
      ),
    byId: (id) => database.get('SELECT * FROM event WHERE id = ? AND data IS NOT NULL', [id], readEvent),
    last: () => lastPlace(database),
  };
}

/** The place of the newest event; 0 in an empty log. */
export function lastPlace(database: Database): number {
  const sql = 'SELECT coalesce(max(seq), 0) AS seq FROM event';
  return database.get(sql, [], (row) => integer(row, 'seq')) ?? 0;
}

function valuesOf(event: BankEvent) {
  const { raw, ...content } = event.transaction;
  const { previousKind } = event;
  const detail = previousKind === null ? content : { ...content, previousKind };
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

/** The transfer's id is stored as the transaction's; there are no balances, and the payload is ours, not the bank's. */
function valuesOfTransfer(event: TransferEvent) {
  const { id, type, accountId, transferId, at, requestId, moneyMoved } = event;
  const detail = JSON.stringify({ requestId, moneyMoved });
  const data = JSON.stringify(transferPayload(event));
  return [id, type, 'transfer', accountId, transferId, at, 0, 0, null, null, detail, data];
}

/** A row of `event` that still has its payload. */
export function readEvent(row: Row): LoggedEvent {
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

/** What events of earlier versions do not tell. */
const notRecordedBefore = {
  previousKind: null,
  split: null,
  counterpartyBank: null,
  isDirectDebit: false,
  originalId: null,
  spender: null,
} as const;

function readBankEvent(row: Row): BankEvent {
  const detail = json(row, 'detail') as TransactionContent & Partial<Pick<BankEvent, 'previousKind'>>;
  const { previousKind, ...content } = { ...notRecordedBefore, ...detail };
  const transaction = { ...content, raw: text(row, 'data') };
  return {
    id: text(row, 'id'),
    type: text(row, 'type') as EventType,
    kind: text(row, 'kind') as TransactionKind,
    previousKind,
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
