import type { RecordedEvent } from './event.ts';
import type { HealthState } from './view.ts';
import type { Instant } from './values.ts';

/** An event with its place in the log; places only ever grow, and may have gaps. */
export interface LoggedEvent {
  readonly seq: number;
  readonly event: RecordedEvent;
}

/**
 * What became of an event: the other side has it; it was sent and nobody has shown that it arrived; or the other side
 * gave a definite answer about this very event, in a sentence: it does not want it.
 */
export type Outcome = 'delivered' | 'unproven' | { readonly refused: string };

/** What became of an event at one sink, with its place in the log. */
export interface SettledEvent {
  readonly seq: number;
  /** A refusal parks it. */
  readonly outcome: Outcome;
}

/** How far one sink has come. */
export interface SinkPosition {
  /** Everything up to this place is settled. */
  readonly cursor: number;
  /** Events behind the cursor, and those to be sent again. */
  readonly undelivered: number;
  readonly unproven: number;
  readonly parkedCount: number;
}

/** An event that a sink refused: it is put aside until a person has it sent again. */
export interface ParkedEvent {
  readonly seq: number;
  readonly eventId: string;
  readonly at: Instant;
  /** A sentence. */
  readonly why: string;
}

/** Which of the events put aside: all, or those of one sink or with one id. */
export interface ParkedChoice {
  readonly sink?: string | undefined;
  readonly eventId?: string | undefined;
}

/** How far one sink has come, and how it does. */
export interface SinkStanding extends SinkPosition {
  readonly name: string;
  /** The oldest first; not all where there are many. */
  readonly parked: readonly ParkedEvent[];
  readonly state: HealthState;
  readonly sentence: string | null;
  readonly waitsFor: 'home_assistant' | null;
}

/** What each sink has received, kept on disk. */
export interface DeliveryRecords {
  /** Notes that a sink is in use; one that was never here before starts behind everything there is. */
  attend(sink: string): void;
  /** What a sink is handed next, in the order of the log: what has to be sent again, and only then what is new. */
  next(sink: string, limit: number): readonly LoggedEvent[];
  /** Remembers what became of events and moves the cursor over them, all or nothing; it never goes back. */
  settle(sink: string, settled: readonly SettledEvent[]): void;
  position(sink: string): SinkPosition;
  /** The oldest first. */
  parked(sink: string, limit: number): readonly ParkedEvent[];
  /** Lets parked events be sent again. Returns how many. */
  retry(choice: ParkedChoice): number;
  /**
   * Drops payloads learnt before an instant that no sink needs any more, at most so many, and forgets the sinks that
   * nobody has attended since. Ids stay for ever. Returns how many payloads went.
   */
  prune(before: Instant, atMost: number): number;
}
