import { sleep } from '../../async.ts';
import type { Clock } from '../../clock.ts';
import { BridgeError, messageOf } from '../../errors.ts';
import { sentAgain } from '../../limits.ts';
import type { OutputLog } from '../output.ts';
import type { Connection } from './connection.ts';
import { withTombstones, type DiscoveryDocument } from './discovery.ts';

/** The message that a topic is to hold. */
export interface Wanted {
  readonly payload: string;
  readonly retain: boolean;
  /** Present for discovery documents. */
  readonly document?: DiscoveryDocument;
}

export interface RetainedTopicsOptions {
  readonly connection: Pick<Connection, 'isUp' | 'publish'>;
  readonly clock: Clock;
  readonly log: OutputLog;
}

/** The bridge receives its own clearing within moments; a later one was made by Home Assistant or a person. In milliseconds. */
const echoWithin = 10_000;

/** Compares the wanted messages with those that the broker was sent, and publishes what differs. */
export class RetainedTopics {
  readonly #options: RetainedTopicsOptions;
  #wanted: ReadonlyMap<string, Wanted> = new Map();
  readonly #sent = new Map<string, string>();
  /** Topics with a retained message of ours that is not cleared yet, on whichever connection it was sent. */
  readonly #retained = new Set<string>();
  readonly #clearedAt = new Map<string, number>();
  /** Topics found on the broker that are to be cleared. */
  readonly #leftovers = new Set<string>();
  /** Topics with a message under way. One at a time: with some brokers a later message may overtake. */
  readonly #busy = new Set<string>();
  readonly #deletedByPerson = new Set<string>();
  readonly #refused = new Set<string>();
  readonly #underway = new Set<Promise<void>>();
  readonly #announced = createAnnounced();

  constructor(options: RetainedTopicsOptions) {
    this.#options = options;
  }

  want(wanted: ReadonlyMap<string, Wanted>): void {
    this.#wanted = wanted;
    this.#reconcile();
  }

  wanted(topic: string): Wanted | undefined {
    return this.#wanted.get(topic);
  }

  /** For a new connection: treats nothing as sent. */
  resendAll(): void {
    this.#sent.clear();
    this.#reconcile();
  }

  /**
   * Sends all discovery documents, or everything else, again: a few at a time, in the order of what is wanted. What has gone
   * meanwhile, or was deleted by a person, stays away. Resolves once all are on their way.
   */
  async sendAgain(what: 'documents' | 'states', signal: AbortSignal): Promise<void> {
    const isMeant = ({ document }: Wanted) => (document === undefined) === (what === 'states');
    const topics = [...this.#wanted].filter(([, wanted]) => isMeant(wanted)).map(([topic]) => topic);
    for (let from = 0; from < topics.length; from += sentAgain.atOnce) {
      if (from > 0 && !(await sleep(this.#options.clock, sentAgain.rest, signal))) return;
      // Without a connection: the next one is sent everything.
      if (!this.#options.connection.isUp()) return;
      for (const topic of topics.slice(from, from + sentAgain.atOnce)) {
        this.#sent.delete(topic);
        this.#tend(topic);
      }
    }
  }

  /** Clears a retained message, then sends what is wanted there, if anything. */
  clear(topic: string): void {
    this.#leftovers.add(topic);
    this.#tend(topic);
  }

  /** Removes the components of an earlier run's document that the wanted one does not have. */
  foundDocument(topic: string, components: ReadonlyMap<string, string>): void {
    const document = this.#wanted.get(topic)?.document;
    if (!document || !this.#announced.found(topic, components, document)) return;
    this.#sent.delete(topic);
    this.#tend(topic);
  }

  /** A topic was cleared. Returns true the first time that this is a person's deletion of the device. */
  emptied(topic: string): boolean {
    const clearedAt = this.#clearedAt.get(topic) ?? Number.NEGATIVE_INFINITY;
    const isEcho = this.#options.clock.monotonic() - clearedAt < echoWithin;
    if (isEcho || !this.#sent.has(topic) || this.#deletedByPerson.has(topic)) return false;
    this.#deletedByPerson.add(topic);
    return true;
  }

  /** Resolves when every message was acknowledged, or will be sent again on the next connection. */
  async settled(): Promise<void> {
    while (this.#underway.size > 0) await Promise.all(this.#underway);
  }

  /** The number of topics that the broker does not allow the bridge to publish to. */
  refused(): number {
    return this.#refused.size;
  }

  #reconcile(): void {
    for (const topic of this.#leftovers) this.#tend(topic);
    for (const topic of this.#retained) if (!this.#wanted.has(topic)) this.#tend(topic);
    for (const topic of this.#wanted.keys()) this.#tend(topic);
  }

  /** Starts what the topic needs, if anything, and checks again once that is done. */
  #tend(topic: string): void {
    if (this.#busy.has(topic) || !this.#options.connection.isUp()) return;
    const want = this.#wanted.get(topic);
    if (this.#leftovers.has(topic) || (!want && this.#retained.has(topic)))
      this.#start(topic, () => this.#wipe(topic));
    else if (want && this.#sent.get(topic) !== want.payload && !this.#deletedByPerson.has(topic))
      this.#start(topic, () => this.#put(topic, want));
  }

  #start(topic: string, work: () => Promise<Outcome>): void {
    const run = async () => {
      this.#busy.add(topic);
      const outcome = await work();
      this.#busy.delete(topic);
      if (outcome !== 'offline') this.#tend(topic);
    };
    const running = run();
    this.#underway.add(running);
    void running.finally(() => this.#underway.delete(running));
  }

  async #put(topic: string, want: Wanted): Promise<Outcome> {
    const { document } = want;
    this.#sent.set(topic, want.payload);
    if (want.retain) this.#retained.add(topic);
    const gone = document && this.#announced.tell(topic, document);
    if (gone && gone.size > 0) await this.#drop(topic, withTombstones(document, gone), gone);
    const outcome = await this.#publish(topic, want);
    return outcome;
  }

  /** Sends the tombstones of components that the document no longer has; the document itself follows. */
  async #drop(
    topic: string,
    tombstones: DiscoveryDocument,
    gone: ReadonlyMap<string, string>,
  ): Promise<void> {
    const outcome = await this.#publish(topic, { payload: JSON.stringify(tombstones), retain: true });
    if (outcome === 'done') this.#announced.dropped(topic, gone);
  }

  async #wipe(topic: string): Promise<Outcome> {
    this.#sent.delete(topic);
    this.#announced.forget(topic);
    this.#clearedAt.set(topic, this.#options.clock.monotonic());
    const outcome = await this.#publish(topic, { payload: '', retain: true });
    if (outcome === 'offline') return outcome;
    this.#leftovers.delete(topic);
    this.#retained.delete(topic);
    return outcome;
  }

  /** A lost connection is no failure here: the next one is sent everything. */
  async #publish(topic: string, { payload, retain }: Wanted): Promise<Outcome> {
    try {
      await this.#options.connection.publish({ topic, payload, retain });
      this.#refused.delete(topic);
      return 'done';
    } catch (error) {
      if (!(error instanceof BridgeError) || error.retryable) return 'offline';
      if (!this.#refused.has(topic)) {
        this.#refused.add(topic);
        this.#options.log.warn('The broker refuses a message.', { topic, reason: messageOf(error) });
      }
      return 'refused';
    }
  }
}

type Outcome = 'done' | 'refused' | 'offline';

interface Announced {
  /** Notes that the document is sent. Returns the components beyond it that Home Assistant may have: platforms by key. */
  tell(topic: string, document: DiscoveryDocument): ReadonlyMap<string, string>;
  dropped(topic: string, gone: ReadonlyMap<string, string>): void;
  /** Notes components found on the broker. Returns whether the document lacks one of them. */
  found(topic: string, components: ReadonlyMap<string, string>, document: DiscoveryDocument): boolean;
  forget(topic: string): void;
}

/**
 * The components that Home Assistant was sent, by topic. Leaving one out of a new document does not remove it there: it
 * must be sent once with its platform alone, as a tombstone.
 */
function createAnnounced(): Announced {
  const told = new Map<string, Map<string, string>>();
  const toldOf = (topic: string) => {
    const known = told.get(topic) ?? new Map<string, string>();
    told.set(topic, known);
    return known;
  };
  const beyond = (topic: string, { components }: DiscoveryDocument) =>
    new Map([...toldOf(topic)].filter(([key]) => !Object.hasOwn(components, key)));
  return {
    tell: (topic, document) => {
      const known = toldOf(topic);
      for (const [key, { platform }] of Object.entries(document.components)) known.set(key, platform);
      return beyond(topic, document);
    },
    dropped: (topic, gone) => {
      for (const key of gone.keys()) toldOf(topic).delete(key);
    },
    found: (topic, components, document) => {
      for (const [key, platform] of components) toldOf(topic).set(key, platform);
      return beyond(topic, document).size > 0;
    },
    forget: (topic) => told.delete(topic),
  };
}
