import type { CommandTable } from '../../commands/command.ts';
import type { Clock } from '../../clock.ts';
import type { PartHealth } from '../../domain/view.ts';
import type { HomeAssistantPresence } from '../home-assistant-presence.ts';
import type { DeliveryObserver, Output, OutputLog, Snapshot, Sink } from '../output.ts';
import { RetainedTopics, type Wanted } from './retained-topics.ts';
import { Connection } from './connection.ts';
import { discoveryDocuments } from './discovery.ts';
import { trackUnconfirmed, type UnprovenEvents } from './unconfirmed.ts';
import { createEventSink, type EventSinkOptions } from './event-sink.ts';
import type { EventDetail } from './events.ts';
import { watchHomeAssistant, type Presence } from './home-assistant.ts';
import { answerRequests, type AllowedCommands } from './requests.ts';
import { offlinePayload, payloadOf, topicStates, type TopicState } from './states.ts';
import { isDocumentTopic, isStateTopic, ownComponents, sweepFilters } from './sweep.ts';
import { topicsBelow, type IncomingMessage, type Topics } from './topics.ts';

export interface MqttOptions {
  readonly url: string;
  readonly baseTopic: string;
  readonly discoveryPrefix: string;
  /** Where Home Assistant announces itself; `homeassistant/status` unless its owner changed it. */
  readonly statusTopic?: string;
  readonly retainState: boolean;
  readonly eventDetail: EventDetail;
  /** The private page, for the device pages' "Visit". */
  readonly configurationUrl?: string;
  readonly supportUrl?: string;
  /** The id of our own transfer that an event is the trace of, where it is one. */
  readonly transferIdOf?: (externalId: string) => string | null;
  /** Whether there is a Home Assistant to keep events for. */
  readonly presence: HomeAssistantPresence;
  readonly observer: DeliveryObserver;
  readonly unproven: UnprovenEvents;
  readonly commands: CommandTable;
  readonly allowedCommands: AllowedCommands;
  readonly clock: Clock;
  /** Between 0 and 1. */
  readonly random: () => number;
  readonly log: OutputLog;
}

export interface MqttOutput extends Output {
  readonly sink: Sink;
  readonly topics: Topics;
  /** For requests and their answers, which use the same connection. */
  readonly connection: Connection;
  homeAssistant(): Presence;
}

/** Retained leftovers arrive right after the subscription; a slow broker is given a few seconds. */
const sweepFor = 5_000;
/** Every bridge in the house hears the same birth: not all at once, and not before its entities listen. */
const afterBirth = { shortest: 1_000, longest: 3_000 } as const;

/**
 * Renders the snapshot as retained topics and Home Assistant discovery documents, and brings events out. Everything is
 * sent whole on each connection; in between only what changed. Nothing is sent or swept before the first snapshot.
 */
export function createMqttOutput(options: MqttOptions): MqttOutput {
  const { clock, random, log } = options;
  const topics = topicsBelow(options.baseTopic, options.discoveryPrefix);
  const farewell = { topic: topics.bridge.state, payload: offlinePayload, retain: true };
  const connection = new Connection({ url: options.url, will: farewell, clock, random, log });
  const retained = new RetainedTopics({ connection, clock, log });
  const painter = createPainter(options, topics);
  const closing = new AbortController();
  const documents = createDocumentWatch({ topics, retained, connection, log });
  const sweep = createSweep({ topics, retained, connection, clock, closing: closing.signal });
  const later = createLater({ clock, random, closing: closing.signal, act: () => retained.resendStates() });
  let snapshot: Snapshot | null = null;

  const paint = (next: Snapshot) => {
    const wanted = painter.paint(next);
    const isNew = documents.follow(wanted);
    retained.want(wanted);
    // Home Assistant listens to a new device a moment after its document; nothing retained waits for it here.
    if (isNew && !options.retainState) later.soon();
  };
  const begin = () => {
    if (!connection.isUp() || !snapshot) return;
    sweep.run();
    retained.resendAll();
  };
  connection.onUp(begin);
  answerRequests({ connection, topics, log, commands: options.commands, allowed: options.allowedCommands });
  const settled = async () => {
    await later.done();
    await retained.settled();
  };
  const isPainted = () => snapshot !== null;
  const events = createEvents(options, { topics, connection, statesSettled: settled, isPainted });
  events.homeAssistant.follow({ onBirth: () => later.soon() });
  return {
    name: 'mqtt',
    sink: events.sink,
    topics,
    connection,
    homeAssistant: () => events.homeAssistant.presence(),
    settled,
    show: (next) => {
      if (closing.signal.aborted) return;
      events.settleUnconfirmed();
      const isFirst = snapshot === null;
      snapshot = next;
      if (isFirst && connection.isUp()) sweep.run();
      paint(next);
      if (isFirst) events.sink.wake();
    },
    health: () => healthOf(connection.health(), retained.refused()),
    close: async () => {
      closing.abort();
      await connection.close(farewell);
    },
  };
}

type EventParts = Pick<EventSinkOptions, 'topics' | 'connection' | 'statesSettled' | 'isPainted'>;

/** Everything that brings events out, and knows whether Home Assistant is there to hear them. */
function createEvents(options: MqttOptions, parts: EventParts) {
  const { connection } = parts;
  const { presence, observer, unproven, clock } = options;
  const statusTopic = options.statusTopic ?? 'homeassistant/status';
  const homeAssistant = watchHomeAssistant({ connection, statusTopic, clock });
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
    unproven.sendAgain();
    sink.wake();
  };
  const doubtful = { ...unproven, sendAgain };
  const settleUnconfirmed = trackUnconfirmed({
    connection,
    homeAssistant,
    presence,
    clock,
    unproven: doubtful,
  });
  return { sink, homeAssistant, settleUnconfirmed };
}

function healthOf(health: PartHealth, refused: number): PartHealth {
  if (health.state !== 'ok' || refused === 0) return health;
  return {
    ...health,
    state: 'needs_user',
    sentence: `The MQTT broker refuses ${refused} of our topics: give our user the rights that the documentation lists.`,
  };
}

/** Turns snapshots into topics, remembering since when each one's content has been what it is. */
function createPainter(options: MqttOptions, topics: Topics) {
  const since = new Map<string, { readonly content: string; readonly at: number }>();
  const payload = (state: TopicState) => {
    const content = JSON.stringify(state.content);
    const before = since.get(state.topic);
    const at = before?.content === content ? before.at : options.clock.now();
    since.set(state.topic, { content, at });
    return payloadOf(state, at);
  };
  return {
    paint: (snapshot: Snapshot): ReadonlyMap<string, Wanted> => {
      const { version } = snapshot.bridge;
      const documents = discoveryDocuments(snapshot.view, { ...options, topics, version });
      const states = topicStates(snapshot, { topics, retainState: options.retainState });
      return new Map<string, Wanted>([
        ...[...documents].map(
          ([topic, document]) =>
            [topic, { payload: JSON.stringify(document), retain: true, document }] as const,
        ),
        ...states.map((state) => [state.topic, { payload: payload(state), retain: state.retain }] as const),
      ]);
    },
  };
}

interface Parts {
  readonly topics: Topics;
  readonly retained: RetainedTopics;
  readonly connection: Connection;
}

/** Listens on our own documents: Home Assistant empties the topic when a person deletes the device there. */
function createDocumentWatch({ retained, connection, log }: Parts & { readonly log: OutputLog }) {
  const watched = new Map<string, () => void>();
  const onMessage = ({ topic, payload, retain }: IncomingMessage) => {
    if (payload !== '' || retain || !retained.emptied(topic)) return;
    log.info('A device was deleted in Home Assistant: it stays away until the bridge starts again', {
      topic,
    });
  };
  return {
    /** Whether there is a document that was not there before. */
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

type SweepParts = Parts & { readonly clock: Clock; readonly closing: AbortSignal };

/** Looks at what the broker has retained, and takes away what is ours and no longer wanted. Others' stays untouched. */
function createSweep({ topics, retained, connection, clock, closing }: SweepParts) {
  const onMessage = ({ topic, payload, retain }: IncomingMessage) => {
    if (!retain || payload === '') return;
    if (isDocumentTopic(topics, topic)) {
      const components = ownComponents(topics, payload);
      if (!components) return;
      if (retained.wanted(topic)) retained.foundDocument(topic, components);
      else retained.clear(topic);
    } else if (isStateTopic(topics, topic) && retained.wanted(topic)?.retain !== true) retained.clear(topic);
  };
  let stop = () => {};
  return {
    run: () => {
      stop();
      const end = new AbortController();
      const listeners = sweepFilters(topics).map((filter) => connection.listen({ filter, onMessage }));
      const signal = AbortSignal.any([end.signal, closing]);
      stop = () => {
        end.abort();
        for (const stopListening of listeners.splice(0)) stopListening();
      };
      listeners.push(connection.onDown(stop));
      void clock.wait(sweepFor, signal).then(stop, () => {});
    },
  };
}

/** Does something after a short, random while; asked again in between, it is still done once. */
function createLater({ clock, random, closing, act }: LaterParts) {
  const { shortest, longest } = afterBirth;
  let underway: Promise<void> | null = null;
  const rest = async () => {
    await clock.wait(shortest + random() * (longest - shortest), closing).catch(() => {});
    underway = null;
    if (!closing.aborted) act();
  };
  return {
    soon: () => {
      underway ??= rest();
    },
    /** Resolves at once where nothing is to be done. */
    done: async () => {
      await underway;
    },
  };
}

interface LaterParts extends Pick<MqttOptions, 'clock' | 'random'> {
  readonly closing: AbortSignal;
  readonly act: () => void;
}
