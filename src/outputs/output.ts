import type { LoggedEvent, Outcome } from '../domain/delivery.ts';
import type { PartHealth, View } from '../domain/view.ts';
import type { Instant } from '../domain/values.ts';

/** Everything that outputs render: what is known about the bank, and how the bridge itself is. */
export interface Snapshot {
  readonly view: View;
  readonly bridge: BridgeSnapshot;
}

export interface BridgeSnapshot {
  readonly version: string;
  /** No money is moved while somebody has paused moves. */
  readonly paused: boolean;
  /** Events that are recorded but not yet acknowledged by every sink. */
  readonly undelivered: number;
  readonly health: readonly PartHealth[];
  /** Figures worth showing, by name: accounts, transactions and the like. */
  readonly counts: Readonly<Record<string, number>>;
}

/** Renders the snapshot somewhere. State is repaired by the next snapshot, so nothing is queued. */
export interface Output {
  readonly name: string;
  /** Cheap and never throws: an output that is cut off renders the newest snapshot once it is back. */
  show(snapshot: Snapshot): void;
  /** Resolves when what was shown last has arrived where it goes, or cannot; nothing is promised where left out. */
  settled?(): Promise<void>;
  health(): PartHealth;
  /** Says good-bye and lets go; what was rendered stays. */
  close(): Promise<void>;
}

/** An event that is on its way: the next one may follow. */
export interface Sent {
  /** Rejects with what went wrong where nothing is known; the same event is offered again later. */
  readonly outcome: Promise<Outcome>;
}

/** Why events are kept back although nothing is broken. */
export interface Waiting {
  /** Present where a person may say that it is not coming back. */
  readonly waitsFor: 'home_assistant' | null;
  readonly sentence: string;
}

/** Receives the events in order, from a cursor of its own, at least once. */
export interface Sink {
  readonly name: string;
  /**
   * Resolves once the event is on its way; `wait` while nobody is there to receive it, which is no failure. Events
   * are sent one after the other, their outcomes may be awaited together. Throws what went wrong.
   */
  send(entry: LoggedEvent): Promise<Sent | 'wait'>;
  /** Whom it waits for, for a person to read. */
  waiting(): Waiting;
  /** Calls back whenever what it waited for is there again. */
  onReady(listener: () => void): void;
}

/** Sees in Home Assistant's event entities that an event arrived. */
export interface DeliveryObserver {
  /** `away` while Home Assistant is known to be down or still starting; `unknown` where the bridge cannot ask it. */
  presence(): 'here' | 'away' | 'unknown';
  /** Since when the entity with this unique id is enabled, available and shows what it receives; null where it is not. */
  visibleSince(uniqueId: string): Instant | null;
  /** Whether the entity shows this event now. */
  shows(uniqueId: string, eventId: string): boolean;
  /** Resolves true once the entity shows this event; false on timeout, and where it cannot be seen any more. */
  sees(uniqueId: string, eventId: string): Promise<boolean>;
  onChange(listener: () => void): void;
}

/** Where outputs say what they do. Text that strangers wrote goes into fields, never into sentences. */
export interface OutputLog {
  info(sentence: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(sentence: string, fields?: Readonly<Record<string, unknown>>): void;
}
