import type { Clock } from '../../clock.ts';
import { BridgeError, messageOf } from '../../errors.ts';
import type { OutputLog } from '../output.ts';
import type { Connection } from './connection.ts';
import { withTombstones, type DiscoveryDocument } from './discovery.ts';

/** What a topic is to carry from now on. */
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

/** Our own clearing comes back to us within moments; what comes later was somebody else. */
const echoWithin = 10_000;

/** The topics as they should be and as the broker was told: what differs is published. */
export class RetainedTopics {
  readonly #options: RetainedTopicsOptions;
  #wanted: ReadonlyMap<string, Wanted> = new Map();
  readonly #sent = new Map<string, string>();
  /** Retained by us and not yet cleared, whatever happened to the connection since. */
  readonly #retained = new Set<string>();
  readonly #clearedAt = new Map<string, number>();
  /** Found on the broker and not to stay there. */
  readonly #leftovers = new Set<string>();
  /** One message per topic at a time: some brokers let a later one overtake. */
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

  /** A new connection: nothing counts as sent. */
  resendAll(): void {
    this.#sent.clear();
    this.#reconcile();
  }

  /** Everything but the discovery documents is sent again. */
  resendStates(): void {
    for (const [topic, { document }] of this.#wanted) if (!document) this.#sent.delete(topic);
    this.#reconcile();
  }

  /** Takes a retained message off the broker, and sends what the topic is to carry, if anything. */
  clear(topic: string): void {
    this.#leftovers.add(topic);
    this.#tend(topic);
  }

  /** The broker still holds a document of an earlier run: components it has and ours has not are dropped properly. */
  foundDocument(topic: string, components: ReadonlyMap<string, string>): void {
    const document = this.#wanted.get(topic)?.document;
    if (!document || !this.#announced.found(topic, components, document)) return;
    this.#sent.delete(topic);
    this.#tend(topic);
  }

  /** Somebody emptied a topic. True the first time this is known to be a person's deletion of our device. */
  emptied(topic: string): boolean {
    const clearedAt = this.#clearedAt.get(topic) ?? Number.NEGATIVE_INFINITY;
    const isEcho = this.#options.clock.now() - clearedAt < echoWithin;
    if (isEcho || !this.#sent.has(topic) || this.#deletedByPerson.has(topic)) return false;
    this.#deletedByPerson.add(topic);
    return true;
  }

  /** Resolves when everything sent so far is acknowledged, or will be sent again on the next connection. */
  async settled(): Promise<void> {
    while (this.#underway.size > 0) await Promise.all(this.#underway);
  }

  /** How many topics the broker does not let us write. */
  refused(): number {
    return this.#refused.size;
  }

  #reconcile(): void {
    for (const topic of this.#leftovers) this.#tend(topic);
    for (const topic of this.#retained) if (!this.#wanted.has(topic)) this.#tend(topic);
    for (const topic of this.#wanted.keys()) this.#tend(topic);
  }

  /** Starts what the topic needs, if anything, and looks again when that is done. */
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

  /** Sends the tombstones of what the document no longer has; the document itself follows. */
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
    this.#clearedAt.set(topic, this.#options.clock.now());
    const outcome = await this.#publish(topic, { payload: '', retain: true });
    if (outcome === 'offline') return outcome;
    this.#leftovers.delete(topic);
    this.#retained.delete(topic);
    return outcome;
  }

  /** Being cut off needs no care here: the next connection is told everything. */
  async #publish(topic: string, { payload, retain }: Wanted): Promise<Outcome> {
    try {
      await this.#options.connection.publish({ topic, payload, retain });
      this.#refused.delete(topic);
      return 'done';
    } catch (error) {
      if (!(error instanceof BridgeError) || error.retryable) return 'offline';
      if (!this.#refused.has(topic)) {
        this.#refused.add(topic);
        this.#options.log.warn('The broker refuses a message', { topic, why: messageOf(error) });
      }
      return 'refused';
    }
  }
}

type Outcome = 'done' | 'refused' | 'offline';

interface Announced {
  /** Notes that the document is being told, and returns what Home Assistant may know beyond it: platforms by key. */
  tell(topic: string, document: DiscoveryDocument): ReadonlyMap<string, string>;
  dropped(topic: string, gone: ReadonlyMap<string, string>): void;
  /** Whether something was found that the document lacks. */
  found(topic: string, components: ReadonlyMap<string, string>, document: DiscoveryDocument): boolean;
  forget(topic: string): void;
}

/**
 * The components Home Assistant was told about, by topic. Leaving one out of a new document does not remove it there:
 * the document must once carry it with nothing but its platform.
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
