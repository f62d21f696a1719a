import type { Clock } from '../../clock.ts';
import { messageOf } from '../../errors.ts';
import type { PartHealth } from '../../domain/view.ts';
import type { OutputLog } from '../output.ts';
import { parseBrokerUrl, type BrokerAddress } from './address.ts';
import { offline, openLink, type Link, type LinkEnd, type ProtocolVersion } from './link.ts';
import type { IncomingMessage, OutgoingMessage } from './message.ts';
import { explainFailure, refusesVersion } from './refusal.ts';
import { filterMatches } from './topics.ts';

export interface ConnectionOptions {
  /** `mqtt://` or `mqtts://user:password@host:port`. */
  readonly url: string;
  /** Published by the broker when we vanish without a word. */
  readonly will: OutgoingMessage;
  readonly clock: Clock;
  /** Between 0 and 1. */
  readonly random: () => number;
  readonly log: OutputLog;
}

export interface Listener {
  readonly filter: string;
  readonly qos?: 0 | 1;
  /** Keep the retain flag of live messages as it was published (MQTT 5 only). */
  readonly retainAsPublished?: boolean;
  readonly onMessage: (message: IncomingMessage) => void;
}

/** One lasting relation with a broker, whatever the network does in between. */
export interface Connection {
  /**
   * Resolves when the broker has acknowledged it. Throws `mqtt_offline` (retryable) without keeping anything when
   * there is no connection, and `mqtt_refused` when the broker answers that it does not want this message.
   */
  publish(message: OutgoingMessage): Promise<void>;
  /** Subscribes now and on every later connection, until the returned function is called. */
  listen(listener: Listener): () => void;
  /** Called on every new connection, once the subscriptions are on their way. */
  onUp(listener: () => void): void;
  onDown(listener: () => void): void;
  /** Called at the end of this connection and never again. */
  onceDown(listener: () => void): void;
  isUp(): boolean;
  /** 5, or 4 for 3.1.1; null while there is no connection. */
  protocolVersion(): ProtocolVersion | null;
  health(): PartHealth;
  /** Sends the last message, says good-bye, ends. */
  close(farewell: OutgoingMessage): Promise<void>;
}

const backoff = { shortest: 1_000, longest: 30_000 } as const;
/** A connection that lasted this long was a good one: the next attempt comes quickly again. */
const stableAfter = 5_000;
const patienceAtTheEnd = 2_000;

/** Connects, and stays connected until closed. Asks for MQTT 5; a broker that refuses it is given 3.1.1 from then on. */
export function createConnection(options: ConnectionOptions): Connection {
  return new BrokerConnection(options);
}

class BrokerConnection implements Connection {
  readonly #options: ConnectionOptions;
  readonly #address: BrokerAddress;
  readonly #clientId: string;
  readonly #closing = new AbortController();
  readonly #listeners = new Set<Listener>();
  readonly #whenUp: (() => void)[] = [];
  readonly #whenDown: (() => void)[] = [];
  readonly #onceDown: (() => void)[] = [];
  readonly #running: Promise<void>;
  #version: ProtocolVersion = 5;
  #link: Link | null = null;
  #health: Omit<PartHealth, 'part'>;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#address = parseBrokerUrl(options.url);
    this.#clientId = `monzo-bridge-${Math.floor(options.random() * 2 ** 40).toString(16)}`;
    const sentence = `Not yet connected to the MQTT broker at ${this.#address.shown}.`;
    this.#health = { state: 'down', sentence };
    this.#running = this.#stayConnected();
  }

  async publish(message: OutgoingMessage): Promise<void> {
    if (!this.#link) throw offline();
    await this.#link.publish(message);
  }

  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    if (this.#link?.isUp()) this.#subscribe(this.#link, listener);
    return () => {
      this.#listeners.delete(listener);
      if ([...this.#listeners].every(({ filter }) => filter !== listener.filter))
        this.#link?.unsubscribe(listener.filter);
    };
  }

  onUp(listener: () => void): void {
    this.#whenUp.push(listener);
  }

  onDown(listener: () => void): void {
    this.#whenDown.push(listener);
  }

  onceDown(listener: () => void): void {
    this.#onceDown.push(listener);
  }

  isUp(): boolean {
    return this.#link?.isUp() === true;
  }

  protocolVersion(): ProtocolVersion | null {
    return this.isUp() ? this.#version : null;
  }

  health(): PartHealth {
    return { part: 'mqtt', ...this.#health };
  }

  async close(farewell: OutgoingMessage): Promise<void> {
    this.#closing.abort();
    const patience = new AbortController();
    const enough = this.#options.clock.wait(patienceAtTheEnd, patience.signal).catch(() => {});
    await Promise.race([this.#link?.publish(farewell).catch(() => {}), enough]);
    this.#link?.close();
    await Promise.race([this.#running, enough]);
    patience.abort();
    this.#link?.kill();
    await this.#running;
  }

  async #stayConnected(): Promise<void> {
    const { clock, random } = this.#options;
    let failures = 0;
    while (!this.#closing.signal.aborted) {
      const began = clock.now();
      const end = await this.#attempt();
      if (this.#fallsBack(end)) continue;
      this.#wentDown(end);
      failures = end.wasUp && clock.now() - began >= stableAfter ? 0 : failures + 1;
      await clock.wait(restAfter(failures, random()), this.#closing.signal).catch(() => {});
    }
  }

  async #attempt(): Promise<LinkEnd> {
    this.#link = openLink({
      address: this.#address,
      version: this.#version,
      clientId: this.#clientId,
      will: this.#options.will,
      clock: this.#options.clock,
      onUp: () => this.#cameUp(),
      onMessage: (message) => this.#dispatch(message),
    });
    const end = await this.#link.end;
    this.#link = null;
    return end;
  }

  #fallsBack({ wasUp, error }: LinkEnd): boolean {
    if (wasUp || this.#version !== 5 || !refusesVersion(error)) return false;
    this.#version = 4;
    this.#options.log.info('The broker does not speak MQTT 5: going on with 3.1.1', {
      broker: this.#address.shown,
    });
    return true;
  }

  #cameUp(): void {
    if (!this.#link) return;
    this.#health = { state: 'ok', sentence: null };
    const version = this.#version === 5 ? '5' : '3.1.1';
    this.#options.log.info('Connected to the MQTT broker', { broker: this.#address.shown, version });
    for (const listener of this.#listeners) this.#subscribe(this.#link, listener);
    for (const listener of this.#whenUp) listener();
  }

  #wentDown({ wasUp, error }: LinkEnd): void {
    const before = this.#health.sentence;
    this.#health = explainFailure(this.#address.shown, error);
    const { sentence } = this.#health;
    if (sentence !== before && !this.#closing.signal.aborted) this.#options.log.warn(sentence ?? '');
    if (wasUp) for (const listener of [...this.#whenDown, ...this.#onceDown.splice(0)]) listener();
  }

  #subscribe(link: Link, listener: Listener): void {
    link.subscribe(listener).catch((error: unknown) => {
      if (link.ended()) return;
      const { filter } = listener;
      this.#options.log.warn('The broker refuses a subscription', { filter, why: messageOf(error) });
    });
  }

  #dispatch(message: IncomingMessage): void {
    for (const listener of this.#listeners)
      if (filterMatches(listener.filter, message.topic)) attend(listener, message, this.#options.log);
  }
}

function attend(listener: Listener, message: IncomingMessage, log: OutputLog): void {
  try {
    listener.onMessage(message);
  } catch (error) {
    log.warn('A message could not be handled', { topic: message.topic, why: messageOf(error) });
  }
}

/** Doubles up to half a minute; the upper half is left to chance, so that a whole house does not return at once. */
function restAfter(failures: number, random: number): number {
  const longest = Math.min(backoff.longest, backoff.shortest * 2 ** Math.max(0, failures - 1));
  return longest * (0.5 + random / 2);
}
