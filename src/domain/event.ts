import type { Transaction, TransactionKind } from './transaction.ts';
import type { Instant, Minor } from './values.ts';

export const eventTypes = [
  'transaction.created',
  'transaction.settled',
  'transaction.amended',
  'transaction.reversed',
] as const;

export type EventType = (typeof eventTypes)[number];

/** The types of events that announce a transfer's outcome. */
export const transferEventTypes = ['transfer_completed', 'transfer_failed'] as const;

/** Something that happened at the bank, recorded once under an id derived from the fact. */
export interface BankEvent {
  /** `<tx id>:created`, `:settled`, `:reversed`, or `:amended:<hash of the compared fields>`. */
  readonly id: string;
  readonly type: EventType;
  readonly kind: TransactionKind;
  /** Of an amendment that made a payment of a card check; else null. */
  readonly previousKind: 'card_check' | null;
  readonly accountId: string;
  readonly transactionId: string;
  /** When the bridge learnt of it. */
  readonly at: Instant;
  /** Learnt of more than `lateAfter` after it happened. */
  readonly recovered: boolean;
  /** How long after it happened the bridge learnt of it, in milliseconds. */
  readonly delay: number;
  /** The account's balance and total balance after the event, in minor units; null if they could not be read. */
  readonly balance: Minor | null;
  readonly totalBalance: Minor | null;
  /** The transaction at the time of the event; receivers get its `raw` as `data`. */
  readonly transaction: Transaction;
}

/**
 * What receivers of single types hear: the kind of a new payment, else `settled`, `amended` or `reversed`. A card check that
 * was charged is a new payment to them, although its row is not new.
 */
export function heardAs({ type, kind, previousKind }: BankEvent): string {
  const isNew = type === 'transaction.created' || previousKind !== null;
  return isNew ? kind : type.slice('transaction.'.length);
}

/** The outcome of a transfer whose caller was left without one. */
export interface TransferEvent {
  /** `<transfer id>:completed` or `:failed`. */
  readonly id: string;
  readonly type: (typeof transferEventTypes)[number];
  readonly at: Instant;
  readonly accountId: string;
  readonly transferId: string;
  /** The caller's request id, if it gave one. */
  readonly requestId: string | null;
  readonly moneyMoved: 'yes' | 'no';
}

/** Any event of the event log. */
export type RecordedEvent = BankEvent | TransferEvent;

export function isTransferEvent(event: RecordedEvent): event is TransferEvent {
  return event.type === 'transfer_completed' || event.type === 'transfer_failed';
}

/** The payload that every receiver gets for a transfer's outcome. */
export function transferPayload({ type, id, transferId, requestId, moneyMoved }: TransferEvent) {
  return { type, event_id: id, transfer_id: transferId, request_id: requestId, money_moved: moneyMoved };
}

/** Events that are learnt of later than this, in milliseconds, are marked as recovered. */
export const lateAfter = 60_000;
