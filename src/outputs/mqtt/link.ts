import { connect, type IClientOptions, type IPublishPacket, type MqttClient } from 'mqtt';
import type { Clock } from '../../clock.ts';
import { BridgeError } from '../../errors.ts';
import { acknowledgement } from '../../limits.ts';
import type { BrokerAddress } from './address.ts';
import type { IncomingMessage, OutgoingMessage } from './message.ts';
import { packetTooLarge, readTooLarge } from './puback.ts';
import { codeOf } from './refusal.ts';

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

readTooLarge();

const keepaliveSeconds = 30;
const connectTimeout = 10_000;
/** Below what brokers allow by default (20), unless the broker names fewer. */
const inFlight = 16;

/** Nothing is kept for later here: state is rendered again and events are offered again once there is a connection. */
export function offline(): BridgeError {
  return new BridgeError('mqtt_offline', 'There is no connection to the MQTT broker.', { retryable: true });
}

/** A broker that names its largest packet hangs up on a larger one. */
function aboveLargest(largest: number): BridgeError {
  return tooLarge(
    `The MQTT broker takes no message above ${largest} bytes, and this one is larger: raise the broker’s max_packet_size.`,
  );
}

function tooLarge(sentence: string): BridgeError {
  return new BridgeError('mqtt_too_large', sentence, { needsPerson: true });
}

/** Pings may still be answered: only a new connection can send again what this one has lost. */
function silent(): Error {
  return new Error('it leaves a message without an answer');
}

/** At most this many bytes on the wire. */
function sizeOf({ topic, payload, correlationData }: OutgoingMessage): number {
  const around = 64;
  return Buffer.byteLength(payload) + Buffer.byteLength(topic) + (correlationData?.length ?? 0) + around;
}

/** Opens a connection. Never throws: what goes wrong is told by `end`. */
export function openLink(options: LinkOptions): Link {
  const { clock, onUp, onMessage } = options;
  const client = connect(clientOptions(options));
  const slots = createSlots(inFlight);
  const unanswered = new Set<(error: Error) => void>();
  let state: 'opening' | 'up' | 'ended' = 'opening';
  let trouble: unknown = null;
  let largest = Number.POSITIVE_INFINITY;
  /** After a packet that could not be read, others are missing too. */
  const giveUp = (why: Error) => {
    trouble ??= why;
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
      for (const reject of unanswered) reject(offline());
      client.end(true);
      resolve({ wasUp, error: trouble });
    });
  });
  const send = (message: OutgoingMessage) =>
    inGoodTime(
      answered(unanswered, (done) =>
        client.publish(message.topic, message.payload, publishOptions(message), done),
      ),
      { clock, otherwise: () => giveUp(silent()) },
    );
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

/** Tells where the answer is not there after so long; what becomes of the answer then is for others to say. */
async function inGoodTime(
  answer: Promise<void>,
  { clock, otherwise }: { readonly clock: Clock; readonly otherwise: () => void },
): Promise<void> {
  const isThere = new AbortController();
  clock.wait(acknowledgement, isThere.signal).then(otherwise, () => {});
  await answer.finally(() => isThere.abort());
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
  const code = codeOf(error);
  if (typeof code !== 'number') return offline();
  if (code === packetTooLarge)
    return tooLarge(
      'The MQTT broker takes no message as large as this one: raise what it allows (message_size_limit in Mosquitto).',
    );
  return new BridgeError('mqtt_refused', `The MQTT broker refuses the message (${error.message}).`, {
    needsPerson: true,
    cause: error,
  });
}

interface Slots {
  /** Does the work as soon as there is room for it, in the order of asking. */
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
