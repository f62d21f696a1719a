import type { Monotonic } from '../clock.ts';
import type { LoggedEvent, Outcome, SettledEvent } from '../domain/delivery.ts';
import type { PartHealth, ShownView } from '../domain/view.ts';

/** At the end of what is said of a connection that does not come about, while the bridge runs. */
export const keepsTrying = 'The bridge keeps trying.';

/** Everything that outputs render: the view of the accounts, and the bridge's own state. */
export interface Snapshot {
  readonly view: ShownView;
  readonly bridge: BridgeSnapshot;
}

export interface BridgeSnapshot {
  readonly version: string;
  /** Moving money is paused. */
  readonly paused: boolean;
  /** The number of events that not every sink has received yet; 0 while none has waited for long. */
  readonly undelivered: number;
  readonly health: readonly PartHealth[];
  /** Figures worth showing, by name: accounts, transactions and the like. */
  readonly counts: Readonly<Record<string, number>>;
  /** Whether Home Assistant may post to the feed of the Monzo app. */
  readonly postsToFeed: boolean;
  /** The newest version of the bridge; null where nobody asked to be told. */
  readonly release: Release | null;
}

export interface Release {
  readonly installed: string;
  readonly latest: string;
  /** Where the newest version is shown. */
  readonly url: string;
}

/** Renders snapshots. The next one repairs what was lost, so nothing is queued. */
export interface Output {
  readonly name: string;
  /** Cheap, and never throws. An output without a connection renders the newest snapshot once it has one. */
  show(snapshot: Snapshot): void;
  /** Resolves when the last snapshot was published, or cannot be. Left out by outputs that cannot tell. */
  settled?(): Promise<void>;
  health(): PartHealth;
  /** Disconnects; what was rendered stays. */
  close(): Promise<void>;
}

/** An event that is on its way: the next one may follow. */
export interface Sent {
  /** Rejects where the outcome is unknown; the same event is sent again later. */
  readonly outcome: Promise<Outcome>;
}

/** Why events are held although nothing is broken. */
export interface Waiting {
  /** Set where a person may say that what is waited for is not coming back. */
  readonly waitsFor: 'home_assistant' | null;
  readonly sentence: string;
}

/** Receives the events in order and at least once, from its own cursor on. */
export interface Sink {
  readonly name: string;
  /**
   * Resolves once the event was sent, or with `wait` while its receiver is away, which is no failure. Events are sent one
   * after the other, before the outcomes of earlier ones are known. Throws what went wrong.
   */
  send(entry: LoggedEvent): Promise<Sent | 'wait'>;
  /** Null where the receiver takes another event at once; else resolves when it does. Left out where it always does. */
  room?(): Promise<void> | null;
  /** What it waits for, for a person to read. */
  waiting(): Waiting;
  /** Calls back whenever it may go on after `wait`. */
  onReady(listener: () => void): void;
  /** Told of outcomes once they are stored. Never throws. */
  settled?(settled: readonly SettledEvent[]): void;
}

/** Sees in Home Assistant's event entities that an event has arrived. */
export interface DeliveryObserver {
  /**
   * `starting` from when the bridge sees Home Assistant start until its automations listen; `away` while there is no
   * connection to it; `unknown` where the bridge cannot ask it.
   */
  presence(): 'here' | 'starting' | 'away' | 'unknown';
  /** For how many milliseconds it has been `away`; 0 where it is not. */
  awayFor(): number;
  /** Since when the entity with this unique id is enabled, available and shows events; null where it is not. */
  visibleSince(uniqueId: string): Monotonic | null;
  /** Whether the entity shows this event now. */
  shows(uniqueId: string, eventId: string): boolean;
  /** Resolves true once the entity shows this event; false on timeout, or where the entity is not visible any more. */
  sees(uniqueId: string, eventId: string): Promise<boolean>;
  /** Whether Home Assistant is there and at least one of the bridge's event entities is available in it. */
  isUsed(): boolean;
  onChange(listener: () => void): void;
  /** Calls back when an entity is available again: Home Assistant has come back to the broker. */
  onReturn(listener: () => void): void;
}

/** The address of a place in the bridge's page; empty where the page's is. The panel of an app opens at the front. */
export function placeAt(page: string, place: string): string {
  return page === '' || page.startsWith('homeassistant:') ? page : `${page}/${place}`;
}

/** The log of the outputs. Text from outside goes into fields, never into sentences. */
export interface OutputLog {
  info(sentence: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(sentence: string, fields?: Readonly<Record<string, unknown>>): void;
}
