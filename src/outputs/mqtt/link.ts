import { connect, type IClientOptions, type IPublishPacket, type MqttClient } from 'mqtt';
import { BridgeError } from '../../errors.ts';
import type { BrokerAddress } from './address.ts';
import type { IncomingMessage, OutgoingMessage } from './message.ts';
import { codeOf } from './refusal.ts';

/** 5, or 4, which is how 3.1.1 calls itself on the wire. */
export type ProtocolVersion = 4 | 5;

export interface LinkOptions {
  readonly address: BrokerAddress;
  readonly version: ProtocolVersion;
  readonly clientId: string;
  readonly will: OutgoingMessage;
  readonly onUp: () => void;
  readonly onMessage: (message: IncomingMessage) => void;
}

export interface LinkEnd {
  readonly wasUp: boolean;
  /** Null when the other side hung up without a word. */
  readonly error: unknown;
}

export interface SubscribeWish {
  readonly filter: string;
  readonly qos?: 0 | 1;
  readonly retainAsPublished?: boolean;
}

/** One network connection, from the first packet to the last. It is never revived: the next one is a new link. */
export interface Link {
  readonly end: Promise<LinkEnd>;
  isUp(): boolean;
  ended(): boolean;
  publish(message: OutgoingMessage): Promise<void>;
  subscribe(wish: SubscribeWish): Promise<void>;
  unsubscribe(filter: string): void;
  close(): void;
  kill(): void;
}

const keepaliveSeconds = 30;
const connectTimeout = 10_000;
/** Below what brokers allow by default (20), unless the broker names fewer. */
const inFlight = 16;

/** Nothing is kept for later here: state is rendered again and events are offered again once there is a connection. */
export function offline(): BridgeError {
  return new BridgeError('mqtt_offline', 'There is no connection to the MQTT broker.', { retryable: true });
}

/** A broker that names its largest packet hangs up on a larger one. */
function tooLarge(largest: number): BridgeError {
  const sentence = `The MQTT broker takes no message above ${largest} bytes, and this one is larger: raise the broker’s max_packet_size.`;
  return new BridgeError('mqtt_too_large', sentence, { needsPerson: true });
}

/** At most this many bytes on the wire. */
function sizeOf({ topic, payload, correlationData }: OutgoingMessage): number {
  const around = 64;
  return Buffer.byteLength(payload) + Buffer.byteLength(topic) + (correlationData?.length ?? 0) + around;
}

/** Opens a connection. Never throws: what goes wrong is told by `end`. */
export function openLink({ address, version, clientId, will, onUp, onMessage }: LinkOptions): Link {
  const client = connect(clientOptions({ address, version, clientId, will }));
  const slots = createSlots(inFlight);
  const unanswered = new Set<(error: Error) => void>();
  let state: 'opening' | 'up' | 'ended' = 'opening';
  let trouble: unknown = null;
  let largest = Number.POSITIVE_INFINITY;
  const end = new Promise<LinkEnd>((resolve) => {
    client.on('error', (error) => {
      trouble ??= error;
    });
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
      for (const reject of unanswered) reject(offline());
      client.end(true);
      resolve({ wasUp, error: trouble });
    });
  });
  const send = (message: OutgoingMessage) =>
    answered(unanswered, (done) =>
      client.publish(message.topic, message.payload, publishOptions(message), done),
    );
  return {
    end,
    isUp: () => state === 'up',
    ended: () => state === 'ended',
    publish: async (message) => {
      if (state !== 'up') throw offline();
      if (sizeOf(message) > largest) throw tooLarge(largest);
      const giveBack = await slots.take();
      try {
        if (state !== 'up') throw offline();
        await send(message);
      } finally {
        giveBack();
      }
    },
    subscribe: ({ filter, qos = 1, retainAsPublished = false }) =>
      answered(unanswered, (done) => client.subscribe(filter, { qos, rap: retainAsPublished }, done)),
    unsubscribe: (filter) => {
      if (state === 'up') client.unsubscribe(filter, () => {});
    },
    close: () => client.end(state !== 'up'),
    kill: () => client.end(true),
  };
}

type LinkSetting = Pick<LinkOptions, 'address' | 'version' | 'clientId' | 'will'>;

/** Clean start, no session, no reconnecting and no queue of the library's own. */
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
    retain,
    ...(responseTopic === undefined ? {} : { responseTopic }),
    ...(correlationData === undefined ? {} : { correlationData }),
    ...(messageExpiryInterval === undefined ? {} : { expiresIn: messageExpiryInterval }),
  };
}

type Done = (error?: Error | null) => void;

/** Settles with the broker's answer, or as offline when the connection ends before it. */
function answered(unanswered: Set<(error: Error) => void>, ask: (done: Done) => MqttClient): Promise<void> {
  return new Promise((resolve, reject) => {
    unanswered.add(reject);
    ask((error) => {
      unanswered.delete(reject);
      if (error) reject(asBridgeError(error));
      else resolve();
    });
  });
}

/** Only a reason code is the broker's own answer; everything else is the end of the connection. */
function asBridgeError(error: Error): BridgeError {
  if (typeof codeOf(error) !== 'number') return offline();
  return new BridgeError('mqtt_refused', `The MQTT broker refuses the message (${error.message}).`, {
    needsPerson: true,
    cause: error,
  });
}

interface Slots {
  /** Resolves in the order of asking, with the function that gives the slot back. */
  take(): Promise<() => void>;
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
  const giveBack = () => {
    taken -= 1;
    advance();
  };
  return {
    take: () =>
      new Promise((resolve) => {
        queue.push(() => resolve(giveBack));
        advance();
      }),
    allow: (next) => {
      allowed = next;
      advance();
    },
  };
}
