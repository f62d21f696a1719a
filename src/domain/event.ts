import type { Transaction, TransactionKind } from './transaction.ts';
import type { Instant, Minor } from './values.ts';

export type EventType =
  | 'transaction.created'
  | 'transaction.settled'
  | 'transaction.amended'
  | 'transaction.reversed';

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

/** Events found later than this after the fact are marked as recovered. */
export const lateAfter = 60_000;
