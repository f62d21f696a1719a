import { createServer, type Server, type Socket } from 'node:net';
import { Aedes, type Client } from 'aedes';
import { systemClock, type Clock } from '../../src/clock.ts';
import { keepOrder } from '../../sim/broker.ts';
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
  /** Everything published, wills included, once everybody has it: of messages together, first what fewer receive. */
  readonly seen: readonly SeenMessage[];
  /** Everything published, in the order in which it is forwarded. */
  readonly forwarded: readonly SeenMessage[];
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
  /** Lets everybody in, as at the beginning. */
  open(): void;
  /** Keeps the balances that bridges send, and all after them, without an acknowledgement, until what it returns is called. */
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
  const forwarded: SeenMessage[] = [];
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
        // What follows a message that is kept stays behind it.
        const isKept = held !== null && (held.length > 0 || /^monzo\/(?:acc|pot)_[^/]+$/.test(topic));
        if (client && bridges.has(client) && isKept) held?.push(() => done(null));
        else done(null);
      },
      authenticate: (...call) => {
        const [, , given, done] = call;
        const isRight = password === null || given?.toString() === password;
        done(isRight ? null : Object.assign(new Error('bad password'), { returnCode: 4 }), isRight);
      },
    });
    keepOrder(aedes);
    forget = guardStore(storeOf(aedes), switches);
    aedes.on('client', (client) => {
      if (isBridge(client.id)) bridges.add(client);
    });
    aedes.subscribe(
      '#',
      ({ topic, payload, retain, qos }, done) => {
        forwarded.push({ topic, payload: payload.toString(), retain, qos });
        done();
      },
      () => {},
    );
    aedes.on('publish', ({ topic, payload, retain, qos }, client) => {
      if (topic.startsWith('$SYS')) return;
      const text = payload.toString();
      seen.push({ topic, payload: text, retain, qos });
      if (retain && text === '') retained.delete(topic);
      else if (retain) retained.set(topic, text);
      if (client && bridges.has(client)) gate(`mqtt ${patternOf(topic)} unacknowledged`);
    });
    const server = createServer({ noDelay: true }, (socket) => {
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
    forwarded,
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
    open: () => {
      password = null;
    },
    holdStates: () => {
      held = [];
      return () => {
        const kept = held ?? [];
        held = null;
        for (const release of kept) release();
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
export function patternOf(topic: string): string {
  return topic
    .replace(/\b(?:monzo_)?(?:acc|pot)_[^/]+/, '+')
    .replace(/\bmonzo_login_[^/]+/, '+')
    .replace(/(?<=\/login\/)[^/#]+/, '+');
}

/** Real instants, but every wait is over thirty times as fast. */
export const hurriedClock: Clock = {
  ...systemClock,
  wait: (ms, signal) => systemClock.wait(ms / 30, signal),
};
