import { sleep } from '../../async.ts';
import type { CommandTable } from '../../commands/command.ts';
import type { Clock } from '../../clock.ts';
import type { PartHealth } from '../../domain/view.ts';
import type { HomeAssistantPresence } from '../home-assistant-presence.ts';
import type { DeliveryObserver, Output, OutputLog, Snapshot, Sink } from '../output.ts';
import { Connection } from './connection.ts';
import { createEventSink, type EventDetail, type EventSinkOptions } from './event-sink.ts';
import {
  trackUnconfirmed,
  watchStatus,
  type HomeAssistantStatus,
  type UnconfirmedEvents,
} from './home-assistant-status.ts';
import { answerRequests, type AllowedCommands } from './requests.ts';
import { RetainedTopics, type Wanted } from './retained-topics.ts';
import { createRenderer, offlinePayload } from './states.ts';
import { createSweep } from './sweep.ts';
import { topicsBelow, type IncomingMessage, type Topics } from './topics.ts';

export interface MqttOptions {
  readonly url: string;
  readonly baseTopic: string;
  readonly discoveryPrefix: string;
  /** Where Home Assistant publishes its birth and will; `homeassistant/status` where left out. */
  readonly statusTopic?: string;
  readonly retainState: boolean;
  readonly eventDetail: EventDetail;
  /** The address of the bridge's page, for "Visit" on the device pages. */
  readonly configurationUrl?: string;
  readonly supportUrl?: string;
  /** The id of the transfer of ours that a transaction belongs to, by its external id; null where it is none. */
  readonly transferIdOf?: (externalId: string) => string | null;
  /** Whether there is a Home Assistant to keep events for. */
  readonly presence: HomeAssistantPresence;
  readonly observer: DeliveryObserver;
  readonly unconfirmed: UnconfirmedEvents;
  readonly commands: CommandTable;
  readonly allowedCommands: AllowedCommands;
  /** Callers may name response topics below it, beside those below the bridge's own; none where left out. */
  readonly responsePrefix?: string | null;
  readonly clock: Clock;
  /** Between 0 and 1. */
  readonly random: () => number;
  readonly log: OutputLog;
}

export interface MqttOutput extends Output {
  readonly sink: Sink;
  readonly topics: Topics;
  readonly connection: Connection;
  homeAssistant(): HomeAssistantStatus;
}

/** After Home Assistant's birth: not before its entities listen, and not every bridge at once. In milliseconds. */
const afterBirth = { shortest: 1_000, longest: 3_000 } as const;

/**
 * Publishes snapshots as retained topics and Home Assistant discovery documents, sends events and answers requests. Each new
 * connection is sent everything, after that only what changed; nothing is sent or swept before the first snapshot.
 */
export function createMqttOutput(options: MqttOptions): MqttOutput {
  const { clock, random, log } = options;
  const topics = topicsBelow(options.baseTopic, options.discoveryPrefix);
  const will = { topic: topics.bridge.state, payload: offlinePayload, retain: true };
  const connection = new Connection({ url: options.url, will, clock, random, log });
  const retained = new RetainedTopics({ connection, clock, log });
  const render = createRenderer({ ...options, topics });
  const closing = new AbortController();
  const { signal } = closing;
  const documents = createDocumentWatch({ retained, connection, log });
  const sweep = createSweep({ topics, retained, connection, clock, closing: signal });
  const resendStates = createDelayed({ clock, random, closing: signal, act: () => retained.resendStates() });
  let snapshot: Snapshot | null = null;

  const publish = (next: Snapshot) => {
    const wanted = render(next);
    const isNew = documents.follow(wanted);
    retained.want(wanted);
    // Home Assistant subscribes to a new device's topics after its document, and finds no retained states there.
    if (isNew && !options.retainState) resendStates.soon();
  };
  connection.onUp(() => {
    if (!snapshot) return;
    sweep();
    retained.resendAll();
  });
  const { commands, allowedCommands: allowed, responsePrefix = null } = options;
  const requests = answerRequests({ connection, topics, log, clock, commands, allowed, responsePrefix });
  const statesSettled = async () => {
    await resendStates.done();
    await retained.settled();
  };
  const isRendered = () => snapshot !== null;
  const events = createEvents(options, { topics, connection, statesSettled, isRendered });
  events.homeAssistant.onBirth(() => resendStates.soon());
  return {
    name: 'mqtt',
    sink: events.sink,
    topics,
    connection,
    homeAssistant: () => events.homeAssistant.status(),
    settled: statesSettled,
    show: (next) => {
      if (signal.aborted) return;
      events.settleUnconfirmed();
      const isFirst = snapshot === null;
      snapshot = next;
      if (isFirst && connection.isUp()) sweep();
      publish(next);
      if (isFirst) events.sink.wake();
    },
    health: () => healthOf(connection.health(), retained.refused(), requests.trouble()),
    close: async () => {
      closing.abort();
      await connection.close(will);
    },
  };
}

type EventParts = Pick<EventSinkOptions, 'topics' | 'connection' | 'statesSettled' | 'isRendered'>;

/** The sink of events, with what knows whether Home Assistant is there to receive them. */
function createEvents(options: MqttOptions, parts: EventParts) {
  const { connection } = parts;
  const { presence, observer, unconfirmed, clock } = options;
  const statusTopic = options.statusTopic ?? 'homeassistant/status';
  const homeAssistant = watchStatus({ connection, statusTopic, clock });
  const sink = createEventSink({
    ...parts,
    clock,
    homeAssistant,
    presence,
    observer,
    detail: options.eventDetail,
    transferIdOf: options.transferIdOf ?? (() => null),
  });
  const sendAgain = () => {
    unconfirmed.sendAgain();
    sink.wake();
  };
  const settleUnconfirmed = trackUnconfirmed({
    connection,
    homeAssistant,
    presence,
    clock,
    unconfirmed: { ...unconfirmed, sendAgain },
  });
  return { sink, homeAssistant, settleUnconfirmed };
}

function healthOf(health: PartHealth, refused: number, flood: string | null): PartHealth {
  if (health.state !== 'ok') return health;
  if (refused === 0) return flood === null ? health : { ...health, state: 'degraded', sentence: flood };
  return {
    ...health,
    state: 'needs_user',
    sentence: `The MQTT broker refuses ${refused} of the bridge’s topics: give its user the rights that the documentation lists.`,
  };
}

interface DocumentParts extends Pick<MqttOptions, 'log'> {
  readonly retained: RetainedTopics;
  readonly connection: Connection;
}

/** Subscribes to our own documents: Home Assistant clears the topic when a person deletes the device there. */
function createDocumentWatch({ retained, connection, log }: DocumentParts) {
  const watched = new Map<string, () => void>();
  const onMessage = ({ topic, payload, retain }: IncomingMessage) => {
    if (payload !== '' || retain || !retained.emptied(topic)) return;
    log.info('A device was deleted in Home Assistant. It stays away until the bridge restarts.', { topic });
  };
  return {
    /** Follows these documents. Returns whether one of them is new. */
    follow: (wanted: ReadonlyMap<string, Wanted>): boolean => {
      for (const [topic, stop] of watched)
        if (!wanted.has(topic)) {
          watched.delete(topic);
          stop();
        }
      const fresh = [...wanted].filter(([topic, { document }]) => document && !watched.has(topic));
      for (const [topic] of fresh) watched.set(topic, connection.listen({ filter: topic, onMessage }));
      return fresh.length > 0;
    },
  };
}

/** Acts after a short, random delay; once for all calls in between. */
function createDelayed({ clock, random, closing, act }: DelayedParts) {
  const { shortest, longest } = afterBirth;
  let underway: Promise<void> | null = null;
  const delayed = async () => {
    await sleep(clock, shortest + random() * (longest - shortest), closing);
    underway = null;
    if (!closing.aborted) act();
  };
  return {
    soon: () => {
      underway ??= delayed();
    },
    /** Resolves once nothing is due any more. */
    done: async () => {
      await underway;
    },
  };
}

interface DelayedParts extends Pick<MqttOptions, 'clock' | 'random'> {
  readonly closing: AbortSignal;
  readonly act: () => void;
}
