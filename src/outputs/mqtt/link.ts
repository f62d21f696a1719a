import { isUtf8 } from 'node:buffer';
import { createRequire } from 'node:module';
import { connect, type IClientOptions, type IPublishPacket, type MqttClient } from 'mqtt';
import { settlesWithin } from '../../async.ts';
import type { Clock } from '../../clock.ts';
import { acknowledgement, mqttIncoming } from '../../limits.ts';
import { aboveLargest, answerError, offline, packetTooLarge, type BrokerAddress } from './broker.ts';
import type { IncomingMessage, OutgoingMessage } from './topics.ts';

/** 5, or 4, which is how 3.1.1 calls itself on the wire. */
export type ProtocolVersion = 4 | 5;

export interface LinkOptions {
  readonly address: BrokerAddress;
  readonly version: ProtocolVersion;
  readonly clientId: string;
  readonly will: OutgoingMessage;
  readonly clock: Clock;
  readonly onUp: () => void;
  readonly onMessage: (message: IncomingMessage) => void;
}

export interface LinkEnd {
  readonly wasUp: boolean;
  /** Null where the broker closed the connection without a reason. */
  readonly error: unknown;
}

export interface Subscription {
  readonly filter: string;
  readonly qos?: 0 | 1;
  readonly retainAsPublished?: boolean;
}

/** One network connection, from the first packet to the last. Reconnecting makes a new link. */
export interface Link {
  readonly end: Promise<LinkEnd>;
  isUp(): boolean;
  ended(): boolean;
  publish(message: OutgoingMessage): Promise<void>;
  subscribe(subscription: Subscription): Promise<void>;
  unsubscribe(filter: string): void;
  close(): void;
  kill(): void;
}

const keepaliveSeconds = 30;
const connectTimeout = 10_000;
/** Below what brokers allow by default (20), unless the broker names fewer. */
const inFlight = 16;

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
  acceptPacketTooLarge();
  const { clock, onUp, onMessage } = options;
  const client = connect(clientOptions(options));
  const slots = createSlots(inFlight);
  const pending = new Set<(error: Error) => void>();
  let state: 'opening' | 'up' | 'ended' = 'opening';
  let trouble: unknown = null;
  let largest = Number.POSITIVE_INFINITY;
  /** Once a packet could not be read, others may be lost too. */
  const giveUp = (reason: Error) => {
    trouble ??= reason;
    if (state === 'up') client.end(true);
  };
  const end = new Promise<LinkEnd>((resolve) => {
    client.on('error', giveUp);
    client.once('connect', ({ properties }) => {
      state = 'up';
      slots.allow(Math.min(inFlight, properties?.receiveMaximum ?? inFlight));
      largest = properties?.maximumPacketSize ?? Number.POSITIVE_INFINITY;
      onUp();
    });
    client.on('message', (_topic, payload, packet) => onMessage(incoming(payload, packet)));
    client.once('close', () => {
      const wasUp = state === 'up';
      state = 'ended';
      slots.allow(Number.POSITIVE_INFINITY);
      for (const reject of pending) reject(offline());
      client.end(true);
      resolve({ wasUp, error: trouble });
    });
  });
  const send = async (message: OutgoingMessage) => {
    const answer = answered(pending, (done) =>
      client.publish(message.topic, message.payload, publishOptions(message), done),
    );
    if (!(await settlesWithin(clock, acknowledgement, answer))) giveUp(unanswered());
    await answer;
  };
  return {
    end,
    isUp: () => state === 'up',
    ended: () => state === 'ended',
    publish: async (message) => {
      if (state !== 'up') throw offline();
      if (sizeOf(message) > largest) throw aboveLargest(largest);
      await slots.within(async () => {
        if (state !== 'up') throw offline();
        await send(message);
      });
    },
    subscribe: ({ filter, qos = 1, retainAsPublished = false }) =>
      answered(pending, (done) => client.subscribe(filter, { qos, rap: retainAsPublished }, done)),
    unsubscribe: (filter) => {
      if (state === 'up') client.unsubscribe(filter, () => {});
    },
    close: () => client.end(state !== 'up'),
    kill: () => client.end(true),
  };
}

type LinkSetting = Pick<LinkOptions, 'address' | 'version' | 'clientId' | 'will'>;

/** Nobody on the broker can make the bridge hold more than this. */
const announced = {
  maximumPacketSize: mqttIncoming.packetBytes,
  receiveMaximum: mqttIncoming.receiveMaximum,
};

/** A clean start without a session; the library neither reconnects nor queues. */
function clientOptions({ address, version, clientId, will }: LinkSetting): IClientOptions {
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
    will: { topic: will.topic, payload: will.payload, qos: 1, retain: will.retain },
  };
}

function publishOptions({ retain, correlationData }: OutgoingMessage) {
  return {
    qos: 1,
    retain,
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

/**
 * Lets the library's parser accept "packet too large" as the answer to a message (decision 0014). Where a later version
 * keeps its table elsewhere, nothing changes here, and such an answer ends the connection.
 */
function acceptPacketTooLarge(): void {
  try {
    const requireFromMqtt = createRequire(import.meta.resolve('mqtt'));
    const constants = requireFromMqtt('mqtt-packet/constants') as ParserConstants;
    const known = constants.MQTT5_PUBACK_PUBREC_CODES;
    if (known) known[packetTooLarge] = 'Packet too large';
  } catch {
    // The library has no such file any more.
  }
}

interface ParserConstants {
  readonly MQTT5_PUBACK_PUBREC_CODES?: Record<number, string>;
}

interface Slots {
  /** Starts the work as soon as there is room for it, in the order of the calls. */
  within(work: () => Promise<void>): Promise<void>;
  allow(count: number): void;
}

function createSlots(count: number): Slots {
  const queue: (() => void)[] = [];
  let allowed = count;
  let taken = 0;
  const advance = () => {
    while (taken < allowed && queue.length > 0) {
      taken += 1;
      queue.shift()?.();
    }
  };
  const room = () =>
    new Promise<void>((resolve) => {
      queue.push(resolve);
      advance();
    });
  return {
    within: async (work) => {
      await room();
      await work().finally(() => {
        taken -= 1;
        advance();
      });
    },
    allow: (next) => {
      allowed = next;
      advance();
    },
  };
}
