import { connect, type MqttClient } from 'mqtt';
import type { TestBroker } from './broker.ts';
import type { FakeHomeAssistant } from './fake-home-assistant.ts';
import { quiet } from './until.ts';

export interface HomeAnnouncement {
  readonly topic?: string;
  readonly payload?: string;
  readonly retain?: boolean;
}

/** Null where a message is switched off. */
export interface HomeAnnouncements {
  readonly birth: HomeAnnouncement | null;
  readonly will: HomeAnnouncement | null;
}

/** Home Assistant's side of the broker: a clean session, a birth, a will, and entities that show what they receive. */
export interface Home extends AsyncDisposable {
  /** The ids of the events on the small topic, in the order in which they came, repeats included. */
  readonly heard: readonly string[];
  /** Connects, listens, and says so. */
  come(): Promise<void>;
  /** Its line breaks; resolves once the broker has told everybody. */
  vanish(): Promise<void>;
  /** Its registry: the unique ids of all entities that it has not removed, also of those that nobody announces any more. */
  entities(): readonly string[];
  /** A person deletes a device there. */
  remove(topic: string): Promise<void>;
  /** What it knows of the topics that the discovery documents name. */
  readonly known: ReadonlyMap<string, string>;
  /** From its next coming on it follows states too, not only events. */
  followStates(): void;
  /** How it announces itself from its next coming on. */
  announce(announcements: HomeAnnouncements): void;
  /** Receives, and its entities show nothing of it, until told otherwise. */
  stare(isStaring?: boolean): void;
}

/** Lives on a broker; with a fake Home Assistant the entities can be asked over its websocket. */
export function createHome(broker: TestBroker, fake?: FakeHomeAssistant): Home {
  const heard: string[] = [];
  const known = new Map<string, string>();
  const registry = createRegistry();
  let client: MqttClient | null = null;
  let isStaring = false;
  let isMeant = (topic: string) => topic.endsWith('/event');
  let announcements: HomeAnnouncements = { birth: {}, will: {} };
  /** Subscriptions under way. */
  let listening: Promise<unknown> = Promise.resolve();

  const onMessage = (topic: string, text: string) => {
    if (topic.endsWith('/config')) {
      declare(text, fake);
      registry.read(topic, text);
      // Home Assistant subscribes to what a document names once it has read it.
      const named = topicsIn(text).filter((found) => isMeant(found) && !known.has(found));
      for (const found of named) known.set(found, '');
      if (named.length === 0) return;
      // It may vanish meanwhile.
      const subscribed = client?.subscribeAsync(named, { qos: 1 }).catch(() => {});
      listening = Promise.all([listening, subscribed]);
      return;
    }
    if (!topic.endsWith('/event')) {
      known.set(topic, text);
      return;
    }
    const { event_type: type, event_id: id, ...attributes } = JSON.parse(text) as Record<string, string>;
    heard.push(id ?? '');
    const isUpdate = ['settled', 'amended', 'reversed'].includes(type ?? '');
    const key = isUpdate ? 'transaction_update' : 'transaction';
    const show = () => fake?.entities.show(`${topic.split('/')[1]}_${key}`, { ...attributes, event_id: id });
    if (!isStaring) show();
  };
  const vanish = async () => {
    const gone = client;
    client = null;
    if (!gone) return;
    const { topic = statusTopic } = announcements.will ?? {};
    const wills = broker.payloads(topic).length;
    fake?.entities.makeAvailable(false);
    gone.stream.destroy();
    gone.end(true);
    if (announcements.will === null) await quiet(5);
    else while (broker.payloads(topic).length === wills) await quiet(2);
  };
  return {
    heard,
    entities: () => registry.entities(),
    remove: async (topic) => {
      registry.read(topic, '');
      await client?.publishAsync(topic, '', { retain: true, qos: 1 });
    },
    come: async () => {
      known.clear();
      registry.start();
      // What was under way when the last line broke never ends.
      listening = Promise.resolve();
      const { birth, will } = announcements;
      client = connect(broker.url, {
        protocolVersion: 4,
        reconnectPeriod: 0,
        clean: true,
        ...(will === null ? {} : { will: willOf(will) }),
      });
      client.on('error', () => {});
      client.on('message', (topic, payload) => onMessage(topic, payload.toString()));
      await new Promise<void>((resolve) => {
        client?.once('connect', () => resolve());
      });
      await client.subscribeAsync('homeassistant/device/+/config', { qos: 1 });
      await quiet(2);
      await listening;
      fake?.entities.makeAvailable(true);
      if (birth === null) return;
      const { topic = statusTopic, payload = 'online', retain = false } = birth;
      const births = broker.payloads(topic).length;
      await client.publishAsync(topic, payload, { retain });
      const isConnected = () => client?.connected === true;
      while (isConnected() && broker.payloads(topic).length === births) await quiet(2);
    },
    known,
    followStates: () => {
      isMeant = () => true;
    },
    announce: (next) => {
      announcements = next;
    },
    vanish,
    stare: (next = true) => {
      isStaring = next;
    },
    [Symbol.asyncDispose]: async () => {
      client?.end(true);
    },
  };
}

type Announced = Readonly<Record<string, { platform: string; unique_id?: string }>>;

/**
 * The entities that Home Assistant keeps over its restarts. It removes one only when it has been announced since the last
 * start: by a tombstone in the document, or with the document.
 */
function createRegistry() {
  const entities = new Set<string>();
  /** Unique ids by topic and key. */
  const discovered = new Map<string, Map<string, string>>();
  return {
    entities: () => [...entities].toSorted(),
    start: () => discovered.clear(),
    read: (topic: string, text: string) => {
      const here = discovered.get(topic) ?? new Map<string, string>();
      const { components } = JSON.parse(text || '{"components":{}}') as { components: Announced };
      const tombstones = Object.entries(components).filter(([, each]) => Object.keys(each).length === 1);
      for (const key of text === '' ? [...here.keys()] : tombstones.map(([key]) => key)) {
        entities.delete(here.get(key) ?? '');
        here.delete(key);
      }
      for (const [key, { unique_id: uniqueId }] of Object.entries(components))
        if (uniqueId !== undefined) {
          here.set(key, uniqueId);
          entities.add(uniqueId);
        }
      discovered.set(topic, here);
    },
  };
}

const statusTopic = 'homeassistant/status';

function willOf({ topic = statusTopic, payload = 'offline', retain = false }: HomeAnnouncement) {
  return { topic, payload: Buffer.from(payload), qos: 0, retain } as const;
}

/** The topics of states, events and availability that a discovery document names. */
function topicsIn(text: string): readonly string[] {
  if (text === '') return [];
  const named: string[] = [];
  JSON.parse(text, (key, value: unknown) => {
    if ((key === 'state_topic' || key === 'topic') && typeof value === 'string') named.push(value);
    return value;
  });
  return [...new Set(named)].filter((topic) => !topic.endsWith('/transaction'));
}

function declare(text: string, fake: FakeHomeAssistant | undefined): void {
  if (text === '') return;
  const { components } = JSON.parse(text) as {
    components: Record<string, { platform: string; unique_id?: string }>;
  };
  for (const { platform, unique_id: uniqueId } of Object.values(components))
    if (platform === 'event' && uniqueId !== undefined) fake?.entities.declare(uniqueId);
}
