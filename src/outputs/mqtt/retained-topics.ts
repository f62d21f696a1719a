import { sleep } from '../../async.ts';
import type { Clock } from '../../clock.ts';
import { BridgeError, messageOf } from '../../errors.ts';
import { sentAgain } from '../../limits.ts';
import type { OutputLog } from '../output.ts';
import type { Connection } from './connection.ts';
import { Announced, revived, type AnnouncedOptions, type Components } from './announced.ts';
import { withTombstones, type DiscoveryDocument } from './discovery.ts';

/** The message that a topic is to hold. */
export interface Wanted {
  readonly payload: string;
  readonly retain: boolean;
  /** Present for discovery documents. */
  readonly document?: DiscoveryDocument;
}

export interface RetainedTopicsOptions extends AnnouncedOptions {
  /** Nobody publishes to it. */
  readonly silent: string;
  readonly closing: AbortSignal;
  readonly connection: Pick<Connection, 'isUp' | 'publish'>;
  readonly clock: Clock;
  readonly log: OutputLog;
}

/** Compares the wanted messages with those that the broker was sent, and publishes what differs. */
export class RetainedTopics {
  readonly #options: RetainedTopicsOptions;
  #wanted: ReadonlyMap<string, Wanted> = new Map();
  readonly #sent = new Map<string, string>();
  /** Topics with a retained message of ours that is not cleared yet, on whichever connection it was sent. */
  readonly #retained = new Set<string>();
  /** Topics found on the broker that are to be cleared. */
  readonly #leftovers = new Set<string>();
  /** Topics on which a document is sent, or something cleared: one step at a time. */
  readonly #busy = new Set<string>();
  readonly #refused = new Set<string>();
  /** Topics on which another bridge has published its document of the same account or pot: that one clears it. */
  readonly #anothers = new Set<string>();
  readonly #steps = new Set<Promise<void>>();
  /** States that the broker has not acknowledged. */
  readonly #states = new Set<Promise<unknown>>();
  readonly #announced: Announced;
  /** What is to be removed once more, by topic. */
  readonly #owed = new Map<string, Components>();

  constructor(options: RetainedTopicsOptions) {
    this.#options = options;
    this.#announced = new Announced(options);
  }

  want(wanted: ReadonlyMap<string, Wanted>): void {
    this.#wanted = wanted;
    this.#reconcile();
    this.#announced.settle();
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
   * meanwhile stays away. Resolves once all are on their way.
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

  /** A document of an earlier run was found: removes what the wanted one does not have of it, or all of it. */
  foundDocument(topic: string, components: Components): void {
    const document = this.#wanted.get(topic)?.document;
    const lacks = this.#announced.found(topic, components, document);
    if (!document) this.clear(topic);
    if (!document || !lacks) return;
    this.#sent.delete(topic);
    this.#tend(topic);
  }

  /** Of a document's topic: whether the broker holds ours there, or that of another bridge with the same account. */
  noteOwner(topic: string, isOurs: boolean): void {
    if (isOurs) this.#anothers.delete(topic);
    else this.#anothers.add(topic);
  }

  /** Sends what is wanted there once more. */
  putBack(topic: string): void {
    this.#anothers.delete(topic);
    this.#sent.delete(topic);
    this.#tend(topic);
  }

  /** Home Assistant has removed a device and emptied the topic of its document. */
  emptied(topic: string): void {
    this.#announced.forget(topic);
    // A message under way arrives after it, and is cleared again where it is not wanted any more.
    if (this.#busy.has(topic)) return;
    this.#sent.delete(topic);
    this.#retained.delete(topic);
  }

  /** Home Assistant has come or gone, or the broker was lost. */
  doubtRemovals(): void {
    this.#announced.doubt();
  }

  /** Removes once more what Home Assistant may have missed being removed. */
  removeAgain(): void {
    const owed = this.#announced.owed((topic) => this.#wanted.get(topic)?.document);
    for (const [topic, components] of owed) {
      this.#owed.set(topic, components);
      this.#tend(topic);
    }
  }

  /**
   * Resolves once every state was handed to the connection, which keeps their order. Documents are acknowledged by then, or
   * will be sent again on the next connection.
   */
  async written(): Promise<void> {
    while (this.#steps.size > 0) await Promise.all(this.#steps);
  }

  /** Resolves when every message of until now was acknowledged, or will be sent again on the next connection. */
  async settled(): Promise<void> {
    await this.written();
    await Promise.all(this.#states);
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
    const owed = this.#owed.get(topic);
    // Takes seconds, and events need not wait for it.
    if (owed) void this.#run(topic, () => this.#removeAgain(topic, owed));
    else if (this.#leftovers.has(topic) || (!want && this.#retained.has(topic)))
      this.#start(topic, () => this.#wipe(topic));
    else if (want && this.#sent.get(topic) !== want.payload) this.#put(topic, want);
  }

  #put(topic: string, want: Wanted): void {
    const { document } = want;
    this.#sent.set(topic, want.payload);
    if (want.retain) this.#retained.add(topic);
    if (document) this.#start(topic, () => this.#announce(topic, want, document));
    // One after the other without an answer in between: brokers keep the order of a topic.
    else follow(this.#states, this.#publish(topic, want));
  }

  #start(topic: string, work: () => Promise<Outcome>): void {
    follow(this.#steps, this.#run(topic, work));
  }

  async #run(topic: string, work: () => Promise<Outcome>): Promise<void> {
    this.#busy.add(topic);
    const outcome = await work();
    this.#busy.delete(topic);
    if (outcome !== 'offline') this.#tend(topic);
  }

  async #announce(topic: string, want: Wanted, document: DiscoveryDocument): Promise<Outcome> {
    const gone = this.#announced.tell(topic, document);
    if (gone.size > 0) await this.#drop(topic, document, gone);
    const outcome = await this.#publish(topic, want);
    return outcome;
  }

  async #removeAgain(topic: string, components: Components): Promise<Outcome> {
    const { clock, silent, closing } = this.#options;
    this.#owed.delete(topic);
    const before = { wanted: this.#wanted.get(topic)?.document, silent };
    this.#retained.add(topic);
    const payload = JSON.stringify(revived(topic, components, before));
    const outcome = await this.#publish(topic, { payload, retain: true });
    if (outcome !== 'done') return outcome;
    // Home Assistant leaves out parts of a document that comes while it still creates entities of the one before.
    await sleep(clock, sentAgain.removing, closing);
    this.#sent.delete(topic);
    const wanted = this.#wanted.get(topic)?.document;
    if (!wanted) return this.#wipe(topic);
    const gone = [...components].filter(([key]) => !Object.hasOwn(wanted.components, key));
    await this.#drop(topic, wanted, new Map(gone));
    return 'done';
  }

  /** Sends the tombstones of components that the document no longer has; the document itself follows. */
  async #drop(topic: string, document: DiscoveryDocument, gone: Components): Promise<void> {
    const payload = JSON.stringify(withTombstones(document, gone));
    const outcome = await this.#publish(topic, { payload, retain: true });
    if (outcome === 'done') this.#announced.removed(topic, gone.keys());
  }

  async #wipe(topic: string): Promise<Outcome> {
    this.#sent.delete(topic);
    const isLeft = this.#anothers.delete(topic);
    const outcome = isLeft ? 'done' : await this.#publish(topic, { payload: '', retain: true });
    if (outcome === 'offline') return outcome;
    this.#announced.removed(topic);
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

function follow<Work extends Promise<unknown>>(underway: Set<Work>, work: Work): void {
  underway.add(work);
  void work.finally(() => underway.delete(work));
}
