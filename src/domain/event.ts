import type { Transaction, TransactionKind } from './transaction.ts';
import type { Instant, Minor } from './values.ts';

export const eventTypes = [
  'transaction.created',
  'transaction.settled',
  'transaction.amended',
  'transaction.reversed',
] as const;

export type EventType = (typeof eventTypes)[number];

/** The types of the events that tell a transfer's outcome. */
export const transferEventTypes = ['transfer_completed', 'transfer_failed'] as const;

/** Something that happened, recorded once under an id that follows from the fact itself. */
export interface BankEvent {
  /** `<tx id>:created`, `:settled`, `:reversed`, or `:amended:<hash of the compared fields>`. */
  readonly id: string;
  readonly type: EventType;
  readonly kind: TransactionKind;
  readonly accountId: string;
  readonly transactionId: string;
  /** When we learnt of it. */
  readonly at: Instant;
  /** Found so long after it happened that a person would call it late. */
  readonly recovered: boolean;
  /** From happening to learning, in milliseconds. */
  readonly delay: number;
  /** The account's own balance and total once this was read, minor units; null where they could not be read. */
  readonly balance: Minor | null;
  readonly totalBalance: Minor | null;
  /** The row as it was when the event happened; its `raw` is what outsiders receive as `data`. */
  readonly transaction: Transaction;
}

/** The outcome of a transfer, for those who were left without one. */
export interface TransferEvent {
  /** `<transfer id>:completed` or `:failed`. */
  readonly id: string;
  readonly type: (typeof transferEventTypes)[number];
  readonly at: Instant;
  readonly accountId: string;
  readonly transferId: string;
  /** The caller's, where it gave one. */
  readonly requestId: string | null;
  readonly moneyMoved: 'yes' | 'no';
}

/** Whatever the event log holds. */
export type RecordedEvent = BankEvent | TransferEvent;

export function isTransferEvent(event: RecordedEvent): event is TransferEvent {
  return event.type === 'transfer_completed' || event.type === 'transfer_failed';
}

/** What every receiver is told of a transfer's outcome. */
export function transferPayload({ type, id, transferId, requestId, moneyMoved }: TransferEvent) {
  return { type, event_id: id, transfer_id: transferId, request_id: requestId, money_moved: moneyMoved };
}

/** Events found later than this after the fact are marked as recovered. */
export const lateAfter = 60_000;
