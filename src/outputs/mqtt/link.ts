import { isUtf8 } from 'node:buffer';
import { Socket } from 'node:net';
import {
  connect,
  type IClientOptions,
  type IConnackPacket,
  type IPublishPacket,
  type MqttClient,
} from 'mqtt';
import { writeToStream } from 'mqtt-packet';
import constants from 'mqtt-packet/constants.js';
import { coalesced, createSlots, settlesWithin } from '../../async.ts';
import type { Clock } from '../../clock.ts';
import { BridgeError } from '../../errors.ts';
import { acknowledgement, messagesUnderway, mqttIncoming } from '../../limits.ts';
import {
  aboveLargest,
  answerError,
  endedWith,
  noSubscribers,
  offline,
  packetTooLarge,
  qosNotSupported,
  refusedTerm,
  retainNotSupported,
  type BrokerAddress,
  type Terms,
} from './broker.ts';
import type { IncomingMessage, OutgoingMessage } from './topics.ts';

/** 5, or 4, which is how 3.1.1 calls itself on the wire. */
export type ProtocolVersion = 4 | 5;

export interface LinkOptions {
  readonly address: BrokerAddress;
  readonly version: ProtocolVersion;
  readonly clientId: string;
  /** Null where the broker is to publish nothing when the connection breaks. */
  readonly will: OutgoingMessage | null;
  /** What the broker takes, as far as known; it may say in its first answer that it takes less. */
  readonly terms: Terms;
  readonly clock: Clock;
  /** Called with what the broker takes. */
  readonly onUp: (terms: Terms) => void;
  readonly onMessage: (message: IncomingMessage) => void;
}

export interface LinkEnd {
  readonly wasUp: boolean;
  /** Null where the broker closed the connection without a reason. */
  readonly error: unknown;
  /** Whether the broker acknowledged a retained message, and any message of QoS 1. */
  readonly acknowledged: { readonly retained: boolean; readonly qos1: boolean };
}

export interface Subscription {
  readonly filter: string;
  readonly qos?: 0 | 1;
  readonly retainAsPublished?: boolean;
}

/** `unheard`: certainly nobody received it. */
export type Taken = 'taken' | 'unheard';

/** One network connection, from the first packet to the last. Reconnecting makes a new link. */
export interface Link {
  readonly end: Promise<LinkEnd>;
  isUp(): boolean;
  ended(): boolean;
  /**
   * Resolves with whether the broker says that nobody has subscribed to the topic. Messages go out in the order of the calls,
   * those of one turn in one piece.
   */
  publish(message: OutgoingMessage): Promise<Taken>;
  /** Null where the broker takes another message at once; else resolves when it does, or when the connection has ended. */
  room(): Promise<void> | null;
  subscribe(subscription: Subscription): Promise<void>;
  unsubscribe(filter: string): void;
  /** From now on messages are sent by these terms. */
  use(terms: Terms): void;
  close(): void;
  kill(): void;
}

const keepaliveSeconds = 30;
const connectTimeout = 10_000;

/** The broker may still answer pings, but only a new connection can send again what this one has lost. */
function unanswered(): Error {
  return new Error('it leaves a message without an answer');
}

/** An upper bound for the bytes on the wire. */
function sizeOf({ topic, payload, correlationData }: OutgoingMessage): number {
  const around = 64;
  return Buffer.byteLength(payload) + Buffer.byteLength(topic) + (correlationData?.length ?? 0) + around;
}

/** Opens a connection. Never throws: `end` says what went wrong. */
export function openLink(options: LinkOptions): Link {
  const { onUp, onMessage } = options;
  const client = connect(clientOptions(options));
  const pending = new Set<(error: Error) => void>();
  let state: 'opening' | 'up' | 'ended' = 'opening';
  let trouble: unknown = null;
  /** Once a packet could not be read, others may be lost too. */
  const giveUp = (reason: Error) => {
    trouble ??= reason;
    if (state === 'up') client.end(true);
  };
  const isUp = () => state === 'up';
  const publisher = createPublisher({ ...options, client, pending, isUp, giveUp });
  const end = new Promise<LinkEnd>((resolve) => {
    client.on('error', giveUp);
    client.on('disconnect', ({ reasonCode }) => {
      trouble ??= endedWith(reasonCode ?? 0);
    });
    client.once('connect', ({ properties }) => {
      state = 'up';
      // Otherwise a message waits until the broker's side has acknowledged the segment before it: some 40 ms.
      if (client.stream instanceof Socket) client.stream.setNoDelay();
      onUp(publisher.begin(properties ?? {}));
    });
    client.on('message', (_topic, payload, packet) => onMessage(incoming(payload, packet)));
    client.once('close', () => {
      const wasUp = state === 'up';
      state = 'ended';
      publisher.end();
      for (const reject of pending) reject(offline());
      client.end(true);
      resolve({ wasUp, error: trouble, acknowledged: publisher.acknowledged });
    });
  });
  return {
    end,
    isUp,
    ended: () => state === 'ended',
    publish: (message) => publisher.publish(message),
    room: () => publisher.room(),
    subscribe: ({ filter, qos = 1, retainAsPublished = false }) =>
      answered(pending, (done) => client.subscribe(filter, { qos, rap: retainAsPublished }, done)),
    unsubscribe: (filter) => {
      if (state === 'up') client.unsubscribe(filter, () => {});
    },
    use: (next) => publisher.use(next),
    close: () => client.end(state !== 'up'),
    kill: () => client.end(true),
  };
}

interface PublisherParts extends Pick<LinkOptions, 'terms' | 'clock' | 'will' | 'version'> {
  readonly client: MqttClient;
  readonly pending: Set<(error: Error) => void>;
  readonly isUp: () => boolean;
  readonly giveUp: (reason: Error) => void;
}

type Greeting = NonNullable<IConnackPacket['properties']>;

/** Publishes within the limits of the broker, and notes what it has acknowledged. */
function createPublisher({ client, pending, isUp, giveUp, clock, ...options }: PublisherParts) {
  const { most, unnamed } = messagesUnderway;
  const slots = createSlots(unnamed[options.version]);
  const acknowledged = { retained: false, qos1: false };
  let largest = Number.POSITIVE_INFINITY;
  /** What the broker itself says that it takes. */
  let named: Terms = { retains: true, qos: 1 };
  let { terms } = options;
  /** A broker answers in order: once this is answered, it has everything that was sent before. */
  const roundTrip = coalesced(() =>
    answered(pending, (done) => client.unsubscribe(`${options.will?.topic ?? 'monzo'}/received`, done)),
  );
  const publish = createSending(client, pending);
  const taken = async (message: OutgoingMessage): Promise<Taken> => {
    const { qos } = terms;
    const retain = message.retain && terms.retains;
    const how = await publish(message, { qos, retain });
    if (qos === 0) await roundTrip();
    acknowledged.retained ||= retain;
    acknowledged.qos1 ||= qos === 1;
    return how;
  };
  const send = async (message: OutgoingMessage) => {
    const answer = taken(message);
    try {
      if (!(await settlesWithin(clock, acknowledgement, answer))) giveUp(unanswered());
      return await answer;
    } catch (error) {
      // Every such message would be refused: the next connection asks for less.
      if (error instanceof BridgeError && refusedTerm(error)) giveUp(error);
      throw error;
    }
  };
  return {
    acknowledged,
    /** The broker has let the bridge in. Returns what it takes. */
    begin: ({ receiveMaximum, maximumPacketSize, retainAvailable, maximumQoS }: Greeting) => {
      slots.allow(Math.min(most, receiveMaximum ?? unnamed[options.version]));
      largest = maximumPacketSize ?? Number.POSITIVE_INFINITY;
      named = { retains: retainAvailable !== false, qos: maximumQoS === 0 ? 0 : 1 };
      terms = lesser(terms, named);
      return terms;
    },
    end: () => slots.allow(Number.POSITIVE_INFINITY),
    use: (next: Terms) => {
      terms = lesser(next, named);
    },
    room: () => slots.room(),
    publish: async (message: OutgoingMessage): Promise<Taken> => {
      if (!isUp()) throw offline();
      if (sizeOf(message) > largest) throw aboveLargest(largest);
      return slots.within(async () => {
        if (!isUp()) throw offline();
        return send(message);
      });
    },
  };
}

/** Returns what publishes, and resolves with whether the broker's answer says that nobody received the message. */
function createSending(client: MqttClient, pending: Set<(error: Error) => void>) {
  /** By their ids, until the library passes the answers on. */
  const unheard = new Set<number | undefined>();
  const gather = createGathering(client);
  client.on('packetreceive', (packet) => {
    if (packet.cmd === 'puback' && packet.reasonCode === noSubscribers) unheard.add(packet.messageId);
  });
  return async (message: OutgoingMessage, terms: SendingTerms): Promise<Taken> => {
    const { topic, payload } = message;
    let isUnheard = false;
    gather();
    await answered(pending, (done) =>
      client.publish(topic, payload, publishOptions(message, terms), (error, packet) => {
        isUnheard = unheard.delete(packet?.messageId);
        done(error);
      }),
    );
    return isUnheard ? 'unheard' : 'taken';
  };
}

/** Returns what has everything that is written in this turn leave in one piece, at its end. */
function createGathering({ stream }: MqttClient): () => void {
  let isGathering = false;
  return () => {
    if (isGathering) return;
    isGathering = true;
    stream.cork();
    setImmediate(() => {
      isGathering = false;
      stream.uncork();
    });
  };
}

function lesser(one: Terms, other: Terms): Terms {
  return { retains: one.retains && other.retains, qos: one.qos === 0 ? 0 : other.qos };
}

type LinkSetting = Pick<LinkOptions, 'address' | 'version' | 'clientId' | 'will' | 'terms'>;

/** Nobody on the broker can make the bridge hold more than this. */
const announced = {
  maximumPacketSize: mqttIncoming.packetBytes,
  receiveMaximum: mqttIncoming.receiveMaximum,
};

/** A clean start without a session; the library neither reconnects nor queues. */
function clientOptions({ address, version, clientId, will, terms }: LinkSetting): IClientOptions {
  const { protocol, host, port, username, password } = address;
  return {
    protocol,
    host,
    port,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    protocolVersion: version,
    clientId,
    clean: true,
    keepalive: keepaliveSeconds,
    connectTimeout,
    reconnectPeriod: 0,
    resubscribe: false,
    queueQoSZero: false,
    ...(version === 5 ? { properties: announced } : {}),
    ...(will === null
      ? {}
      : { will: { ...will, payload: will.payload, qos: terms.qos, retain: will.retain && terms.retains } }),
  };
}

interface SendingTerms {
  readonly qos: 0 | 1;
  readonly retain: boolean;
}

function publishOptions({ correlationData }: OutgoingMessage, how: SendingTerms) {
  return {
    ...how,
    ...(correlationData === undefined
      ? {}
      : { properties: { correlationData: Buffer.from(correlationData) } }),
  } as const;
}

function incoming(payload: Buffer, { topic, retain, properties }: IPublishPacket): IncomingMessage {
  const { responseTopic, correlationData, messageExpiryInterval } = properties ?? {};
  return {
    topic,
    payload: payload.toString('utf8'),
    isText: isUtf8(payload),
    retain,
    ...(responseTopic === undefined ? {} : { responseTopic }),
    ...(correlationData === undefined ? {} : { correlationData }),
    ...(messageExpiryInterval === undefined ? {} : { expiresIn: messageExpiryInterval }),
  };
}

type Done = (error?: Error | null) => void;

/** Settles with the broker's answer. Rejects with `offline` where the connection ends before it. */
function answered(pending: Set<(error: Error) => void>, request: (done: Done) => MqttClient): Promise<void> {
  return new Promise((resolve, reject) => {
    pending.add(reject);
    request((error) => {
      pending.delete(reject);
      if (error) reject(answerError(error));
      else resolve();
    });
  });
}

// The library writes every number from 0 to 65,535 down at its first packet, which takes 8 MB.
writeToStream.cacheNumbers = false;

/**
 * Lets the library's parser accept "packet too large", "retain not supported" and "QoS not supported" as answers to a
 * message (decision 0014).
 */
Object.assign(constants.MQTT5_PUBACK_PUBREC_CODES, {
  [packetTooLarge]: 'Packet too large',
  [retainNotSupported]: 'Retain not supported',
  [qosNotSupported]: 'QoS not supported',
});
