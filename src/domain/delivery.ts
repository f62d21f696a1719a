import type { RecordedEvent } from './event.ts';
import type { HealthState } from './view.ts';
import type { Instant } from './values.ts';

/** An event with its place in the log. Places only grow, and may have gaps. */
export interface LoggedEvent {
  readonly seq: number;
  readonly event: RecordedEvent;
}

/**
 * The outcome of sending an event: it was delivered; it was sent but is not shown to have arrived (unconfirmed); the same,
 * and certainly nobody received it (unheard), so that no time makes it arrive; or the receiver refused this very event,
 * with the reason as a sentence.
 */
export type Outcome = 'delivered' | 'unproven' | 'unheard' | { readonly refused: string };

/** The outcome of an event at one sink, with its place in the log. */
export interface SettledEvent {
  readonly seq: number;
  /** A refused event is put aside (parked). */
  readonly outcome: Outcome;
}

/** How far the delivery to one sink has come. */
export interface SinkPosition {
  /** Everything up to this place is settled. */
  readonly cursor: number;
  /** The number of events after the cursor and of those to be sent again. */
  readonly undelivered: number;
  /** The number of unconfirmed events. */
  readonly unproven: number;
  readonly parkedCount: number;
}

/** An event that a sink refused. It is put aside until a person has it sent again. */
export interface ParkedEvent {
  readonly seq: number;
  readonly eventId: string;
  readonly at: Instant;
  /** A sentence. */
  readonly why: string;
}

/** Which parked events: all, those of one sink, or the one with an id. */
export interface ParkedChoice {
  readonly sink?: string | undefined;
  readonly eventId?: string | undefined;
}

/** The position and the health of one sink. */
export interface SinkStatus extends SinkPosition {
  readonly name: string;
  /** The oldest ones, oldest first. */
  readonly parked: readonly ParkedEvent[];
  readonly state: HealthState;
  readonly sentence: string | null;
  readonly waitsFor: 'home_assistant' | null;
}

/** What each sink has received, stored on disk. */
export interface DeliveryRecords {
  /** Notes that a sink is in use. A new sink starts after the newest event. */
  attend(sink: string): void;
  /** Whether a sink has been in use before. */
  knows(sink: string): boolean;
  /**
   * The next events for a sink but those under way, in the order of the log: first those to be sent again, then those after
   * the cursor and after all under way.
   */
  next(sink: string, limit: number, underway?: readonly number[]): readonly LoggedEvent[];
  /** Stores the outcomes of events and moves the cursor past them, in one transaction. The cursor never goes back. */
  settle(sink: string, settled: readonly SettledEvent[]): void;
  position(sink: string): SinkPosition;
  /** Oldest first. */
  parked(sink: string, limit: number): readonly ParkedEvent[];
  /** Marks parked events to be sent again. Returns how many there are. */
  retry(choice: ParkedChoice): number;
  /**
   * Deletes at most so many payloads that are older than an instant and that no sink needs any more, and removes sinks
   * that were not in use since. Ids are kept for ever. Returns how many payloads were deleted.
   */
  prune(before: Instant, atMost: number): number;
}
