import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { Aedes, type Client } from 'aedes';
import mqttPacket from 'mqtt-packet';
import { filterMatches } from '../../src/outputs/mqtt/topics.ts';
import { systemClock, type Clock } from '../../src/clock.ts';
import {
  createBrokerSwitches,
  guardStore,
  hangUpOn,
  storeOf,
  type BrokerPositions,
} from './broker-switches.ts';
import type { Gate } from './crash.ts';
import { freePort } from './port.ts';

export interface SeenMessage {
  readonly topic: string;
  readonly payload: string;
  readonly retain: boolean;
  readonly qos: number;
}

/** A 3.1.1 broker that remembers what passed through it. */
export interface TestBroker extends AsyncDisposable {
  readonly url: string;
  /** Protocol version of every CONNECT, refused ones too. */
  readonly versions: readonly number[];
  /** Everything published, wills included, in order. */
  readonly seen: readonly SeenMessage[];
  retained(topic: string): string | undefined;
  retainedTopics(): readonly string[];
  payloads(topic: string): readonly string[];
  publish(topic: string, payload: string, retain?: boolean): Promise<void>;
  /** Cuts every connection without a word, as a crash of the other side does. */
  cut(): void;
  /** The same for the connections of bridges only. */
  cutBridge(): void;
  /** What a bridge sends passes the gate first, and once more when it has its effect and no acknowledgement. */
  guard(gate: Gate): void;
  stop(): Promise<void>;
  /** On the same port, with nothing retained; nothing while it is there. */
  start(): Promise<void>;
  /** Lets only this password in, from now on. */
  demand(password: string): void;
  /** Keeps the balances that bridges send without an acknowledgement, until what it returns is called. */
  holdStates(): () => void;
  /** Whether a balance is being kept. */
  isHolding(): boolean;
  /** Changes what it does that nothing guarantees, from now on. */
  turn(change: Partial<BrokerPositions>): void;
  /** Whether a bridge has subscribed to exactly this. */
  hasSubscriber(filter: string): boolean;
  /** What it retained has expired. */
  forgetRetained(): void;
}

export async function startTestBroker(): Promise<TestBroker> {
  const versions: number[] = [];
  const seen: SeenMessage[] = [];
  const retained = new Map<string, string>();
  const sockets = new Set<Socket>();
  const bridges = new Set<Client>();
  const gone = new WeakSet<Client>();
  let gate: Gate = () => true;
  let password: string | null = null;
  let held: (() => void)[] | null = null;
  const port = await freePort();
  const switches = createBrokerSwitches();
  let forget: ReturnType<typeof guardStore> = () => {};
  let running: { readonly aedes: Aedes; readonly server: Server } | null = null;

  const start = async () => {
    if (running) return;
    const aedes = await Aedes.createBroker({
      preConnect: (client, packet, done) => {
        versions.push(packet.protocolVersion ?? 0);
        const { qos = 0, retain = false } = packet.will ?? {};
        if (isBridge(packet.clientId) && switches.isTooMuch({ qos, retain })) hangUpOn(client);
        else done(null, true);
      },
      authorizeSubscribe: (client, subscription, done) => {
        if (bridges.has(client) && !gate(`mqtt subscribe ${patternOf(subscription.topic)} unsent`)) return;
        done(null, { ...subscription, qos: switches.grantedQos(subscription.qos) });
      },
      authorizeForward: (client, packet) =>
        bridges.has(client) && !switches.shows(packet.topic) ? null : packet,
      authorizePublish: (client, packet, done) => {
        const { topic } = packet;
        if (client && !client.closed && bridges.has(client) && switches.isTooMuch(packet)) {
          hangUpOn(client);
          return;
        }
        // eslint-disable-next-line no-param-reassign -- the broker reads it there
        if (!switches.stores()) packet.retain = false;
        // Of who was cut only the will still comes, once the connection is closed.
        if (client && gone.has(client) && !client.closed) return;
        if (client && bridges.has(client) && !gate(`mqtt ${patternOf(topic)} unsent`)) return;
        if (client && bridges.has(client) && held && /^monzo\/(?:acc|pot)_[^/]+$/.test(topic))
          held.push(() => done(null));
        else done(null);
      },
      authenticate: (...call) => {
        const [, , given, done] = call;
        const isRight = password === null || given?.toString() === password;
        done(isRight ? null : Object.assign(new Error('bad password'), { returnCode: 4 }), isRight);
      },
    });
    forget = guardStore(storeOf(aedes), switches);
    aedes.on('client', (client) => {
      if (isBridge(client.id)) bridges.add(client);
    });
    aedes.on('publish', ({ topic, payload, retain, qos }, client) => {
      if (topic.startsWith('$SYS')) return;
      const text = payload.toString();
      seen.push({ topic, payload: text, retain, qos });
      if (retain && text === '') retained.delete(topic);
      else if (retain) retained.set(topic, text);
      if (client && bridges.has(client)) gate(`mqtt ${patternOf(topic)} unacknowledged`);
    });
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      aedes.handle(socket);
    });
    await new Promise<void>((resolve) => {
      server.listen(port, '127.0.0.1', resolve);
    });
    running = { aedes, server };
  };
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  const cutBridge = () => {
    for (const client of bridges) {
      bridges.delete(client);
      gone.add(client);
      client.conn.destroy();
    }
  };
  const stop = async () => {
    if (!running) return;
    const { aedes, server } = running;
    running = null;
    const closed = new Promise((resolve) => {
      server.close(resolve);
    });
    await new Promise<void>((resolve) => {
      aedes.close(() => resolve());
    });
    cut();
    await closed;
    retained.clear();
  };
  await start();
  return {
    url: `mqtt://127.0.0.1:${port}`,
    versions,
    seen,
    retained: (topic) => retained.get(topic),
    retainedTopics: () => [...retained.keys()].toSorted(),
    payloads: (topic) => seen.filter((message) => message.topic === topic).map(({ payload }) => payload),
    publish: (topic, payload, retain = false) =>
      new Promise((resolve, reject) => {
        running?.aedes.publish(
          { cmd: 'publish', topic, payload: Buffer.from(payload), retain, qos: 1, dup: false },
          (error) => (error ? reject(error) : resolve()),
        );
      }),
    cut,
    cutBridge,
    guard: (next) => {
      gate = next;
    },
    stop,
    start,
    demand: (next) => {
      password = next;
    },
    holdStates: () => {
      held = [];
      return () => {
        for (const release of held ?? []) release();
        held = null;
      };
    },
    isHolding: () => (held?.length ?? 0) > 0,
    turn: switches.turn,
    hasSubscriber: (filter) => [...bridges].some((client) => Object.hasOwn(subscriptionsOf(client), filter)),
    forgetRetained: () => {
      forget(retained.keys());
      retained.clear();
    },
    [Symbol.asyncDispose]: stop,
  };
}

/** The library's types do not mention them. */
function subscriptionsOf(client: object): object {
  return (client as { readonly subscriptions: object }).subscriptions;
}

function isBridge(clientId: string): boolean {
  return clientId.startsWith('monzo-bridge');
}

/** The topic with a + for whatever is one account's, pot's or login's. */
function patternOf(topic: string): string {
  return topic
    .replace(/\b(?:monzo_)?(?:acc|pot)_[^/]+/, '+')
    .replace(/\bmonzo_login_[^/]+/, '+')
    .replace(/(?<=\/login\/)[^/#]+/, '+');
}

/** Just enough of an MQTT 5 broker to talk to one client, following a script. It hands out what it retained, and forwards nothing. */
export interface ScriptedBroker extends AsyncDisposable {
  readonly url: string;
  readonly packets: readonly mqttPacket.Packet[];
  /** How many messages were at most on their way at once. */
  mostInFlight(): number;
  /** Whether somebody who is connected has subscribed to exactly this. */
  hasSubscriber(filter: string): boolean;
  /** Sends a message to whoever is connected, as if it had subscribed to it; many times at once where told. */
  deliver(message: Delivered, times?: number): void;
  cut(): void;
  guard: TestBroker['guard'];
}

export type Delivered = Pick<mqttPacket.IPublishPacket, 'topic' | 'payload' | 'properties'> & {
  readonly retain?: boolean;
};

export interface Script {
  /** The reason code of every CONNACK; 0 lets the client in. */
  readonly reasonCode: number;
  readonly receiveMaximum?: number;
  readonly maximumPacketSize?: number;
  /** False: it refuses retained messages, by 154. */
  readonly retains?: boolean;
  /** 0: it refuses messages above QoS 0, by 155. */
  readonly qos?: 0 | 1;
  /** Whether its CONNACK says so; true where left out. Without, it ends the connection on the first such message. */
  readonly announces?: boolean;
  /** The reason code of the acknowledgement for a topic, null for silence; 0 where left out. */
  readonly acknowledge?: (topic: string) => number | null;
  /** Hears everything that is published. */
  readonly onPublish?: (packet: mqttPacket.IPublishPacket) => void;
}

export async function startScriptedBroker(script: Script): Promise<ScriptedBroker> {
  const packets: mqttPacket.Packet[] = [];
  const filters = new Map<Socket, string[]>();
  const retained = new Map<string, string | Buffer>();
  let gate: Gate = () => true;
  let inFlight = 0;
  let most = 0;
  const gateOf = (packet: mqttPacket.Packet, how: string) =>
    pointsOf(packet).every((point) => gate(`${point} ${how}`));
  const answers = (socket: Socket, packet: mqttPacket.Packet) => {
    const reply = (answer: mqttPacket.Packet) => {
      if (!socket.destroyed) socket.write(mqttPacket.generate(answer, { protocolVersion: 5 }));
    };
    if (!gateOf(packet, 'unsent')) {
      // A bridge that was still connecting when it crashed was not there to be cut off.
      socket.destroy();
      return;
    }
    packets.push(packet);
    if (packet.cmd === 'publish' && isMalformed(packet.topic)) {
      socket.destroy();
      return;
    }
    if (packet.cmd === 'connect') {
      const { retains = true, qos = 1, announces = true } = script;
      const properties = {
        receiveMaximum: script.receiveMaximum ?? 20,
        ...(script.maximumPacketSize === undefined ? {} : { maximumPacketSize: script.maximumPacketSize }),
        ...(announces && !retains ? { retainAvailable: false } : {}),
        ...(announces && qos === 0 ? { maximumQoS: 0 } : {}),
      };
      const reasonCode = script.reasonCode === 0 ? refusalOf(script, packet.will ?? {}) : script.reasonCode;
      reply({ cmd: 'connack', reasonCode, sessionPresent: false, properties });
      if (reasonCode !== 0) socket.end();
    }
    if (packet.cmd === 'publish') {
      const reasonCode = refusalOf(script, packet);
      if (reasonCode !== 0) {
        reply({ cmd: 'disconnect', reasonCode });
        socket.end();
        return;
      }
    }
    if (packet.cmd === 'subscribe') {
      filters.get(socket)?.push(...packet.subscriptions.map(({ topic }) => topic));
      reply({ cmd: 'suback', messageId: packet.messageId ?? 0, granted: packet.subscriptions.map(() => 1) });
      for (const [topic, payload] of retained)
        if (packet.subscriptions.some((subscription) => filterMatches(subscription.topic, topic)))
          reply({ cmd: 'publish', topic, payload, retain: true, qos: 0, dup: false });
    }
    if (packet.cmd === 'unsubscribe')
      reply({
        cmd: 'unsuback',
        messageId: packet.messageId ?? 0,
        granted: packet.unsubscriptions.map(() => 0),
      });
    if (packet.cmd === 'pingreq') reply({ cmd: 'pingresp' });
    if (packet.cmd === 'publish' && packet.retain) retained.set(packet.topic, packet.payload);
    if (packet.cmd === 'publish') script.onPublish?.(packet);
    if (packet.cmd === 'publish' && packet.qos > 0 && gateOf(packet, 'unacknowledged')) {
      inFlight += 1;
      most = Math.max(most, inFlight);
      setTimeout(() => {
        inFlight -= 1;
        const reasonCode = script.acknowledge ? script.acknowledge(packet.topic) : 0;
        if (reasonCode !== null) reply({ cmd: 'puback', messageId: packet.messageId ?? 0, reasonCode });
      }, 5);
    }
  };
  const cut = () => {
    for (const socket of filters.keys()) socket.destroy();
  };
  const server = createServer((socket) => {
    filters.set(socket, []);
    socket.once('close', () => filters.delete(socket));
    socket.on('error', () => {});
    const parser = mqttPacket.parser({ protocolVersion: 5 });
    parser.on('packet', (packet: mqttPacket.Packet) => answers(socket, packet));
    socket.on('data', (data: Buffer) => parser.parse(data));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`,
    packets,
    mostInFlight: () => most,
    hasSubscriber: (filter) => [...filters.values()].some((subscribed) => subscribed.includes(filter)),
    deliver: (message, times = 1) => {
      const packet = { cmd: 'publish', qos: 0, dup: false, retain: false, ...message } as const;
      const bytes = mqttPacket.generate(packet, { protocolVersion: 5 });
      const all = Buffer.concat(Array.from({ length: times }, () => bytes));
      for (const socket of filters.keys()) socket.write(all);
    },
    cut,
    guard: (next) => {
      gate = next;
    },
    [Symbol.asyncDispose]: async () => {
      cut();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

/** How such a message or will is refused on principle; 0 where it is not. */
function refusalOf(
  { retains = true, qos: most = 1 }: Script,
  { retain = false, qos = 0 }: { readonly retain?: boolean | undefined; readonly qos?: number | undefined },
): number {
  if (retain && !retains) return 0x9a;
  return qos > most ? 0x9b : 0;
}

/** What Mosquitto takes for a broken packet, and ends the connection for. */
function isMalformed(topic: string): boolean {
  return /^$|[#+\p{Cc}\u{FFFD}]/u.test(topic) || topic.split('/').length > 200;
}

/** The points at which a bridge that sends this can crash. */
function pointsOf(packet: mqttPacket.Packet): readonly string[] {
  if (packet.cmd === 'connect') return ['mqtt connect'];
  if (packet.cmd === 'publish') return [`mqtt ${patternOf(packet.topic)}`];
  if (packet.cmd === 'subscribe')
    return packet.subscriptions.map(({ topic }) => `mqtt subscribe ${patternOf(topic)}`);
  return [];
}

/** Real instants, but every wait is over thirty times as fast. */
export const hurriedClock: Clock = {
  ...systemClock,
  wait: (ms, signal) => systemClock.wait(ms / 30, signal),
};
