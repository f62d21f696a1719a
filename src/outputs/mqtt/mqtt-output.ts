import type { CommandTable } from '../../commands/command.ts';
import type { Clock } from '../../clock.ts';
import { categoryName, type EventNames } from '../../domain/names.ts';
import {
  usualAnnouncements,
  type Announcements,
  type AnnouncementSource,
  type DeletedDevices,
  type HomeAssistantPresence,
  type Memory,
} from '../home-assistant-presence.ts';
import type { DeliveryObserver, Output, OutputLog, Snapshot, Sink } from '../output.ts';
import { Arrivals } from './arrivals.ts';
import { notHanded, termTrouble } from './broker-terms.ts';
import type { BrokerSource } from './broker.ts';
import { Connection } from './connection.ts';
import { createEventSink, type EventDetail, type EventSinkOptions } from './event-sink.ts';
import { watchStatus, type HomeAssistantStatus, type StatusWatch } from './home-assistant-status.ts';
import {
  trackUnconfirmed,
  trackUnheard,
  type UnconfirmedEvents,
  type UnconfirmedOptions,
} from './unconfirmed-events.ts';
import { answerRequests, type AllowedCommands } from './requests.ts';
import { createResending } from './resending.ts';
import { RetainedTopics, type Wanted } from './retained-topics.ts';
import { answerChallenges, createChallenge, rivalSentence, type Identity } from './rival.ts';
import { createRenderer, offlinePayload } from './states.ts';
import { createRetainedCheck, createSweep, ownComponents } from './sweep.ts';
import { topicsBelow, type IncomingMessage, type OutgoingMessage, type Topics } from './topics.ts';

export interface MqttOptions {
  readonly broker: BrokerSource;
  readonly baseTopic: string;
  readonly discoveryPrefix: string;
  /** How Home Assistant announces itself; null where it is to be asked, and taken for the usual where it cannot be. */
  readonly announcements: Announcements | null;
  readonly announcementSource: AnnouncementSource;
  readonly retainState: boolean;
  readonly eventDetail: EventDetail;
  /** Where browsers reach the bridge's page, for "Visit" on the device pages. */
  readonly pageUrl?: () => string;
  readonly supportUrl?: string;
  /** The id of the transfer of ours that a transaction belongs to, by its external id; null where it is none. */
  readonly transferIdOf?: (externalId: string) => string | null;
  /** The names that events carry; of pots none, and of categories Monzo's own, where left out. */
  readonly names?: EventNames;
  /** Whether there is a Home Assistant to keep events for. */
  readonly presence: HomeAssistantPresence;
  readonly observer: DeliveryObserver;
  readonly unconfirmed: UnconfirmedEvents;
  readonly deletedDevices: DeletedDevices;
  readonly memory: Memory;
  /** Tells this bridge from others on the broker; where left out, none is looked for. */
  readonly identity?: Identity;
  readonly commands: CommandTable;
  readonly allowedCommands: AllowedCommands;
  /** Whether a person has let Home Assistant post to the feed; never where left out. */
  readonly postsToFeed?: () => boolean;
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

/**
 * Publishes snapshots as retained topics and Home Assistant discovery documents, sends events and answers requests. Each new
 * connection is sent everything, after that only what changed; nothing is sent or swept before the first snapshot.
 */
export function createMqttOutput(options: MqttOptions): MqttOutput {
  const { clock, log } = options;
  const topics = topicsBelow(options.baseTopic, options.discoveryPrefix);
  const will = { topic: topics.bridge.state, payload: offlinePayload, retain: true };
  const connection = connectTo(options, topics, will);
  const closing = new AbortController();
  const { signal } = closing;
  const parts = { topics, connection, closing: signal };
  const { homeAssistant, arrivals } = watchHomeAssistant(options, parts);
  const states = createStates(options, { ...parts, homeAssistant });
  homeAssistant.onBirth(() => states.sendAgain());
  arrivals.onUnannounced(() => {
    homeAssistant.forgetWill();
    states.sendAgain();
  });
  const { commands, allowedCommands: allowed, responsePrefix = null, postsToFeed = () => false } = options;
  const doors = { commands, allowed, responsePrefix, postsToFeed };
  const requests = answerRequests({ connection, topics, log, clock, ...doors });
  const isRendered = () => states.isShown();
  const events = createEvents(options, {
    topics,
    connection,
    homeAssistant,
    arrivals,
    statesWritten: () => states.written(),
    isRendered,
    closing: signal,
  });
  return {
    name: 'mqtt',
    sink: events.sink,
    topics,
    connection,
    homeAssistant: () => homeAssistant.status(),
    settled: () => states.settled(),
    show: (next) => {
      if (signal.aborted) return;
      events.lookAtUnconfirmed();
      const isFirst = !states.isShown();
      states.show(next);
      if (isFirst) events.sink.wake();
    },
    health: () => {
      const health = connection.health();
      const lesser = states.trouble() ?? arrivals.trouble() ?? requests.trouble();
      if (health.state !== 'ok') return health;
      const refused = states.refused();
      if (refused > 0) return { ...health, state: 'needs_user', sentence: refusedSentence(refused) };
      return lesser === null ? health : { ...health, state: 'degraded', sentence: lesser };
    },
    close: async () => {
      closing.abort();
      await connection.close(will);
    },
  };
}

/** Connects, unless another bridge publishes below the base topic, and answers other bridges. */
function connectTo(options: MqttOptions, topics: Topics, will: OutgoingMessage): Connection {
  const { broker, identity, clock, random, log } = options;
  const parts = { broker, will, clock, random, log };
  if (identity === undefined) return new Connection(parts);
  const { base } = topics;
  const connection = new Connection({
    ...parts,
    process: identity.process.replaceAll('-', '').slice(0, 10),
    rivals: {
      challenge: () => createChallenge({ topics, identity, clock }),
      sentence: (rival, address) => rivalSentence(rival, { identity, base, broker: address }),
    },
  });
  answerChallenges(connection, { topics, identity });
  return connection;
}

const refusedSentence = (count: number) =>
  `The MQTT broker refuses ${count} of the bridge’s topics: give its user the rights that the documentation lists.`;

interface Parts {
  readonly topics: Topics;
  readonly connection: Connection;
  readonly closing: AbortSignal;
}

/** Home Assistant as it announces itself on the broker, and as its entities show it. */
function watchHomeAssistant(options: MqttOptions, { connection, closing }: Parts) {
  const { announcements: set, announcementSource: source } = options;
  const known = () => set ?? source.current() ?? usualAnnouncements;
  const homeAssistant = watchStatus({ ...options, connection, announcements: known() });
  source.onChange(() => homeAssistant.follow(known()));
  const arrivals = new Arrivals({ ...options, connection, closing, homeAssistant, source });
  return { homeAssistant, arrivals };
}

interface StateParts extends Parts {
  readonly homeAssistant: StatusWatch;
}

function createRetained(options: MqttOptions, parts: StateParts): RetainedTopics {
  const { homeAssistant, topics } = parts;
  const isHere = () => homeAssistant.status() === 'here' || options.observer.presence() === 'here';
  const retained = new RetainedTopics({ ...options, ...parts, isHere, silent: topics.bridge.silent });
  homeAssistant.onWill(() => retained.doubtRemovals());
  homeAssistant.onLost(() => retained.doubtRemovals());
  return retained;
}

/** What is true now, on the broker: sent in full on each connection, then what changes. */
function createStates(options: MqttOptions, parts: StateParts) {
  const { clock, retainState, observer, deletedDevices } = options;
  const { connection, homeAssistant, topics, closing } = parts;
  const retained = createRetained(options, parts);
  const render = createRenderer({ ...options, topics });
  const documents = createDocumentWatch({ ...options, topics, retained, connection });
  const sweep = createSweep({ ...parts, retained, clock });
  const check = createRetainedCheck({ ...parts, retained, clock });
  let shown: Snapshot | null = null;
  /** Whether the broker hands out what it retained; null until that is known. */
  let isHanded: boolean | null = null;
  const keepsStates = () => retainState && connection.terms().retains && isHanded !== false;
  const isUnsure = () => !keepsStates() && homeAssistant.status() === 'unknown';
  const resending = createResending({ ...options, ...parts, retained, isUnsure });
  const checkHanded = () => check((answer) => (isHanded = answer));
  const show = (next: Snapshot) => {
    const isFirst = shown === null && connection.isUp();
    shown = next;
    if (isFirst) sweep();
    const wanted = withoutDeleted(render(next), deletedDevices);
    const isNew = documents.follow(wanted);
    retained.want(wanted);
    // Home Assistant subscribes to a new device's topics after its document, and finds no retained states there.
    if (isNew && !keepsStates()) resending.states();
    if (isFirst) begin();
  };
  const begin = () => {
    // What went while the bridge was stopped too, and Home Assistant started meanwhile.
    retained.removeAgain();
    checkHanded();
  };
  connection.onUp(() => {
    isHanded = null;
    if (shown === null) return;
    sweep();
    retained.resendAll();
    begin();
  });
  connection.onTermsChange(() => retained.resendAll());
  deletedDevices.onChange(() => {
    if (shown !== null && !closing.aborted) show(shown);
  });
  return {
    isShown: () => shown !== null,
    show,
    sendAgain: () => {
      retained.doubtRemovals();
      resending.everything();
    },
    written: () => resending.done().then(() => retained.written()),
    settled: () => resending.done().then(() => retained.settled()),
    refused: () => retained.refused(),
    trouble: () =>
      termTrouble(connection, observer.presence() !== 'unknown') ?? (isHanded === false ? notHanded : null),
  };
}

/** What was deleted in Home Assistant by a person is not announced; what is gone altogether need not be remembered. */
function withoutDeleted(
  rendered: ReadonlyMap<string, Wanted>,
  deleted: DeletedDevices,
): ReadonlyMap<string, Wanted> {
  if (deleted.all().length === 0) return rendered;
  const documents = [...rendered.values()].flatMap(({ document }) => document ?? []);
  const parents = new Map(documents.map(({ device }) => [device.identifiers[0] ?? '', device.via_device]));
  deleted.keep(new Set(parents.keys()));
  const isDeleted = (id: string | undefined) => id !== undefined && deleted.has(id);
  // Home Assistant makes a device without a name of a parent that it does not have.
  const shownParent = (id: string | undefined): string | undefined =>
    isDeleted(id) ? shownParent(parents.get(id ?? '')) : id;
  return new Map(
    [...rendered]
      .filter(([, { document }]) => !isDeleted(document?.device.identifiers[0]))
      .map(([topic, wanted]): [string, Wanted] => {
        const { document } = wanted;
        if (document === undefined || !isDeleted(document.device.via_device)) return [topic, wanted];
        const { via_device: gone, ...rest } = document.device;
        const via = shownParent(gone);
        const device = via === undefined ? rest : { ...rest, via_device: via };
        const moved = { ...document, device };
        return [topic, { ...wanted, document: moved, payload: JSON.stringify(moved) }];
      }),
  );
}

interface EventParts
  extends
    Pick<EventSinkOptions, 'topics' | 'connection' | 'statesWritten' | 'isRendered'>,
    Pick<UnconfirmedOptions, 'homeAssistant' | 'arrivals' | 'closing'> {}

const unnamed: EventNames = { pot: () => null, category: (category) => categoryName(category, new Map()) };

/** The sink of events, with what knows whether those that were sent have arrived. */
function createEvents(options: MqttOptions, parts: EventParts) {
  const { presence, observer, memory, unconfirmed, clock } = options;
  const sink = createEventSink({
    ...parts,
    clock,
    presence,
    observer,
    detail: options.eventDetail,
    transferIdOf: options.transferIdOf ?? (() => null),
    names: options.names ?? unnamed,
  });
  const sendAgain = () => {
    unconfirmed.sendAgain();
    sink.wake();
  };
  const sendUnheardAgain: UnconfirmedEvents['sendUnheardAgain'] = (heard) => {
    const marked = unconfirmed.sendUnheardAgain(heard);
    if (marked > 0) sink.wake();
    return marked;
  };
  const tracked = {
    ...parts,
    presence,
    observer,
    memory,
    clock,
    unconfirmed: { ...unconfirmed, sendAgain, sendUnheardAgain },
  };
  const settleUnconfirmed = trackUnconfirmed(tracked);
  const unheard = trackUnheard(tracked);
  const lookAtUnconfirmed = () => {
    settleUnconfirmed();
    unheard.look();
  };
  return { sink: { ...sink, settled: unheard.settled }, lookAtUnconfirmed };
}

interface DocumentParts extends Pick<MqttOptions, 'log' | 'deletedDevices'> {
  readonly topics: Topics;
  readonly retained: RetainedTopics;
  readonly connection: Connection;
}

/**
 * Subscribes to our own documents: Home Assistant clears the topic when a person deletes the device there. Only an empty
 * message after a document of ours counts, on the same connection: a topic that is empty at the beginning was emptied by a
 * broker that keeps nothing, and the bridge itself never clears one that it wants.
 */
function createDocumentWatch({ topics, retained, connection, log, deletedDevices }: DocumentParts) {
  const watched = new Map<string, () => void>();
  /** Topics on which the broker has a document, as far as it was seen on this connection. */
  const held = new Map<string, 'ours' | 'anothers'>();
  connection.onDown(() => held.clear());
  const onMessage = ({ topic, payload, retain }: IncomingMessage) => {
    if (payload !== '') {
      const isOurs = ownComponents(topics, payload) !== null;
      held.set(topic, isOurs ? 'ours' : 'anothers');
      retained.noteOwner(topic, isOurs);
      return;
    }
    const before = held.get(topic);
    held.delete(topic);
    const wanted = retained.wanted(topic)?.document;
    if (retain || wanted === undefined) return;
    // Another bridge that showed the same account has cleared its own document.
    if (before === 'anothers') retained.putBack(topic);
    if (before !== 'ours') return;
    const { identifiers, name, model_id: kind = '' } = wanted.device;
    const sentence =
      'A device was deleted in Home Assistant. It stays away until it is asked for again on the bridge’s page.';
    log.info(sentence, { topic });
    retained.emptied(topic);
    deletedDevices.add({ id: identifiers[0] ?? '', kind, name });
  };
  return {
    /** Follows these documents. Returns whether one of them is new. */
    follow: (wanted: ReadonlyMap<string, Wanted>): boolean => {
      for (const [topic, stop] of watched)
        if (!wanted.has(topic)) {
          watched.delete(topic);
          held.delete(topic);
          stop();
        }
      const fresh = [...wanted].filter(([topic, { document }]) => document && !watched.has(topic));
      for (const [topic] of fresh) watched.set(topic, connection.listen({ filter: topic, onMessage }));
      return fresh.length > 0;
    },
  };
}
