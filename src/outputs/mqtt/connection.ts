import { createBackoff, createNotifier, settlesWithin, sleep } from '../../async.ts';
import type { Clock } from '../../clock.ts';
import { BridgeError, messageOf } from '../../errors.ts';
import type { PartHealth } from '../../domain/view.ts';
import type { OutputLog } from '../output.ts';
import { brokerTrials, rivalAskedEvery } from '../../limits.ts';
import { BrokerTerms, type Why } from './broker-terms.ts';
import {
  explainFailure,
  offline,
  refusesVersion,
  type BrokerAddress,
  type BrokerSource,
  type Term,
  type Terms,
} from './broker.ts';
import {
  openLink,
  type Link,
  type LinkEnd,
  type ProtocolVersion,
  type Subscription,
  type Taken,
} from './link.ts';
import type { Challenge, Identity } from './rival.ts';
import { filterMatches, type IncomingMessage, type OutgoingMessage } from './topics.ts';

export interface ConnectionOptions {
  readonly broker: BrokerSource;
  /** The broker publishes it when the connection ends without a disconnect. */
  readonly will: OutgoingMessage;
  /** At most ten characters that no other client of the broker has; at random where left out. */
  readonly process?: string;
  /** How another bridge is found that lives where this one is to publish; left out where none is looked for. */
  readonly rivals?: Rivals;
  readonly clock: Clock;
  /** Between 0 and 1. */
  readonly random: () => number;
  readonly log: OutputLog;
}

interface Rivals {
  readonly challenge: () => Challenge;
  readonly sentence: (rival: Identity, broker: string) => string;
}

/** `retainAsPublished` keeps the retain flag of live messages as their sender set it (MQTT 5 only). */
export interface Listener extends Subscription {
  readonly onMessage: (message: IncomingMessage) => void;
}

const backoff = { shortest: 1_000, longest: 30_000 } as const;
/** How often it is asked whether there is a broker, in milliseconds: a person who has just installed one is waiting. */
const searching = { shortest: 1_000, longest: 60_000 } as const;
/** After a connection that lasted this long the next attempt comes quickly. In milliseconds. */
const stableAfter = 5_000;
/** How long closing waits for the last message and the disconnect, in milliseconds. */
const closingPatience = 2_000;

/**
 * Connects to a broker, and again whenever the connection ends, until closed. Asks for MQTT 5; where the broker refuses
 * the version, it uses 3.1.1 from then on.
 */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #clientId: string;
  readonly #closing = new AbortController();
  readonly #listeners = new Set<Listener>();
  readonly #up = createNotifier();
  readonly #down = createNotifier();
  readonly #termsChanged = createNotifier();
  readonly #healthChanged = createNotifier();
  #terms: BrokerTerms;
  readonly #running: Promise<void>;
  /** Where the last attempt was made; null before the first one. */
  #address: BrokerAddress | null = null;
  #version: ProtocolVersion = 5;
  #link: Link | null = null;
  /** Whether no other bridge lives where this one publishes. Asked once for each broker: afterwards this one answers. */
  #isAlone: boolean;
  /** What the broker takes on the present connection. */
  #used: Terms = { retains: true, qos: 1 };
  #health: Omit<PartHealth, 'part'> = { state: 'down', sentence: 'Not yet connected to the MQTT broker.' };

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#isAlone = options.rivals === undefined;
    this.#terms = new BrokerTerms(options.clock);
    const { process } = options;
    this.#clientId = `monzo-bridge-${process ?? Math.floor(options.random() * 2 ** 40).toString(16)}`;
    this.#running = this.#stayConnected();
  }

  /**
   * Resolves when the broker has acknowledged the message, with whether anybody received it. Throws `mqtt_offline`
   * (retryable) where there is no connection, `mqtt_too_large`, and `mqtt_refused` where the broker refuses the message. Nothing is queued.
   */
  async publish(message: OutgoingMessage): Promise<Taken> {
    if (!this.#link) throw offline();
    return this.#link.publish(message);
  }

  /** Null where the broker takes another message at once, or there is no connection; else resolves when one of both is so. */
  room(): Promise<void> | null {
    return this.#link?.room() ?? null;
  }

  /** Subscribes now and on every later connection, until the returned function is called. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    if (this.#link?.isUp()) this.#subscribe(this.#link, listener);
    return () => {
      this.#listeners.delete(listener);
      if ([...this.#listeners].every(({ filter }) => filter !== listener.filter))
        this.#link?.unsubscribe(listener.filter);
    };
  }

  /** Calls back on every new connection, once the subscriptions have been sent. Returns what ends this. */
  onUp(listener: () => void): () => void {
    return this.#up.subscribe(listener);
  }

  /** Calls back whenever a connection ends that was established. Returns what ends this. */
  onDown(listener: () => void): () => void {
    return this.#down.subscribe(listener);
  }

  /** Calls back when the broker is offered more on the same connection: what was sent may be sent better. */
  onTermsChange(listener: () => void): void {
    this.#termsChanged.subscribe(listener);
  }

  /** Calls back when the health has changed. */
  onHealthChange(listener: () => void): void {
    this.#healthChanged.subscribe(listener);
  }

  /** What the broker takes on this connection, or took on the last one. */
  terms(): Terms {
    return this.#used;
  }

  /** Why the broker is asked for less; null where it is not, or named less by itself. */
  lowered(term: Term): Why | null {
    return this.#terms.why(term);
  }

  isUp(): boolean {
    return this.#link?.isUp() === true;
  }

  /** 5, or 4 for 3.1.1; null while there is no connection. */
  protocolVersion(): ProtocolVersion | null {
    return this.isUp() ? this.#version : null;
  }

  /** The same, and for the last connection where there is none. */
  lastVersion(): ProtocolVersion {
    return this.#version;
  }

  health(): PartHealth {
    return { part: 'mqtt', ...this.#health };
  }

  /** Publishes the last message and disconnects; takes two seconds at most. */
  async close(lastMessage: OutgoingMessage): Promise<void> {
    this.#closing.abort();
    await settlesWithin(this.#options.clock, closingPatience, this.#disconnect(lastMessage));
    this.#link?.kill();
    await this.#running;
  }

  async #disconnect(lastMessage: OutgoingMessage): Promise<void> {
    const link = this.#link;
    await link?.publish(lastMessage).catch(() => {});
    link?.close();
    await this.#running;
  }

  async #stayConnected(): Promise<void> {
    const { clock, random, rivals } = this.#options;
    const pauses = createBackoff({ ...backoff, random });
    const searches = createBackoff({ ...searching, random });
    while (!this.#closing.signal.aborted) {
      const address = await this.#locate();
      if (address === null) {
        await sleep(clock, searches.next(), this.#closing.signal);
        continue;
      }
      searches.reset();
      const began = clock.monotonic();
      const isAlone = this.#isAlone || !rivals;
      const end = isAlone ? await this.#attempt(address) : await this.#findRival(address, rivals);
      if (end === null) continue;
      const lasted = clock.monotonic() - began;
      if (this.#fallsBack(end) || this.#asksForLess(end, lasted)) continue;
      this.#wentDown(end);
      if (end.wasUp && lasted >= stableAfter) pauses.reset();
      await sleep(clock, pauses.next(), this.#closing.signal);
    }
  }

  /** Asks where the broker is now. Null where there is none. */
  async #locate(): Promise<BrokerAddress | null> {
    const { broker } = this.#options;
    try {
      const found = await broker.find(this.#closing.signal);
      if (found.shown !== this.#address?.shown) this.#forgetBroker();
      this.#address = found;
      return found;
    } catch (thrown) {
      const needsPerson = thrown instanceof BridgeError && thrown.needsPerson;
      this.#setHealth({ state: needsPerson ? 'needs_user' : 'down', sentence: messageOf(thrown) });
      return null;
    }
  }

  /** What was learnt of one broker need not hold for another, and another bridge may live there. */
  #forgetBroker(): void {
    this.#version = 5;
    this.#terms = new BrokerTerms(this.#options.clock);
    this.#isAlone = this.#options.rivals === undefined;
  }

  /** Null once it is known whether there is one; how the link ended before that. */
  async #findRival(
    address: BrokerAddress,
    { challenge, sentence: sentenceOf }: Rivals,
  ): Promise<LinkEnd | null> {
    const { clock } = this.#options;
    const asked = challenge();
    const up = Promise.withResolvers<void>();
    const link = openLink({
      address,
      version: this.#version,
      clientId: this.#clientId,
      will: null,
      terms: this.#terms.current(),
      clock,
      onUp: () => up.resolve(),
      onMessage: (message) => asked.onMessage(message),
    });
    const stop = () => link.kill();
    this.#closing.signal.addEventListener('abort', stop, { once: true });
    const answer = async () => {
      await up.promise;
      return { rival: await asked.ask(link) };
    };
    const found = await Promise.race([answer().catch(() => link.end), link.end]);
    link.close();
    this.#closing.signal.removeEventListener('abort', stop);
    if (!('rival' in found)) return found;
    await link.end;
    this.#isAlone = found.rival === null;
    if (found.rival === null) return null;
    this.#setHealth({ state: 'needs_user', sentence: sentenceOf(found.rival, address.shown) });
    await sleep(clock, rivalAskedEvery, this.#closing.signal);
    return null;
  }

  async #attempt(address: BrokerAddress): Promise<LinkEnd> {
    this.#link = openLink({
      address,
      version: this.#version,
      clientId: this.#clientId,
      will: this.#options.will,
      terms: this.#terms.current(),
      clock: this.#options.clock,
      onUp: (terms) => this.#cameUp(terms),
      onMessage: (message) => this.#dispatch(message),
    });
    const end = await this.#link.end;
    this.#link = null;
    return end;
  }

  #fallsBack({ wasUp, error }: LinkEnd): boolean {
    if (wasUp || this.#version !== 5 || !refusesVersion(error)) return false;
    this.#version = 4;
    this.#options.log.info('The broker does not speak MQTT 5: using 3.1.1 instead.', {
      broker: this.#address?.shown,
    });
    return true;
  }

  #asksForLess(end: LinkEnd, lasted: number): boolean {
    if (this.#closing.signal.aborted || !this.#terms.ended(end, lasted)) return false;
    const { retains, qos } = this.#terms.current();
    this.#options.log.info('The broker does not take what was asked of it: asking for less.', {
      retains,
      qos,
    });
    if (end.wasUp) this.#down.notify();
    return true;
  }

  /** Tries again what was left out because it may have ended earlier connections. */
  async #tryAgain(link: Link): Promise<void> {
    const { clock } = this.#options;
    const { signal } = this.#closing;
    if (!(await sleep(clock, brokerTrials.after, signal))) return;
    for (;;) {
      const trial = this.#link === link && link.isUp() ? this.#terms.nextTrial() : null;
      if (trial === null) return;
      this.#use(link);
      if (!(await sleep(clock, brokerTrials.lasts, signal)) || this.#link !== link || !link.isUp()) return;
      this.#terms.passed(trial);
    }
  }

  #use(link: Link): void {
    this.#used = this.#terms.current();
    link.use(this.#used);
    this.#termsChanged.notify();
  }

  #cameUp(terms: Terms): void {
    if (!this.#link) return;
    this.#used = terms;
    void this.#tryAgain(this.#link);
    this.#setHealth({ state: 'ok', sentence: null });
    const version = this.#version === 5 ? '5' : '3.1.1';
    this.#options.log.info('Connected to the MQTT broker.', { broker: this.#address?.shown, version });
    for (const listener of this.#listeners) this.#subscribe(this.#link, listener);
    this.#up.notify();
  }

  #wentDown({ wasUp, error }: LinkEnd): void {
    const { words } = this.#options.broker;
    this.#setHealth(explainFailure({ broker: this.#address?.shown ?? '', words, error }));
    if (wasUp) this.#down.notify();
  }

  /** Logged only where it is news. */
  #setHealth(health: Omit<PartHealth, 'part'>): void {
    const { sentence } = health;
    const isNews = sentence !== this.#health.sentence;
    this.#health = health;
    if (!isNews || this.#closing.signal.aborted) return;
    if (sentence !== null) this.#options.log.warn(sentence);
    this.#healthChanged.notify();
  }

  #subscribe(link: Link, listener: Listener): void {
    link.subscribe(listener).catch((error: unknown) => {
      if (link.ended()) return;
      const { filter } = listener;
      this.#options.log.warn('The broker refuses a subscription.', { filter, reason: messageOf(error) });
    });
  }

  #dispatch(message: IncomingMessage): void {
    for (const listener of this.#listeners)
      if (filterMatches(listener.filter, message.topic)) handle(listener, message, this.#options.log);
  }
}

function handle(listener: Listener, message: IncomingMessage, log: OutputLog): void {
  try {
    listener.onMessage(message);
  } catch (error) {
    log.warn('A message could not be handled.', { topic: message.topic, reason: messageOf(error) });
  }
}
