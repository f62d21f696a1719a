import { connect, type MqttClient } from 'mqtt';
import type { TestBroker } from './broker.ts';
import type { FakeHomeAssistant } from './fake-home-assistant.ts';
import { quiet } from './until.ts';

/** Home Assistant's side of the broker: a clean session, a birth, a will, and entities that show what they receive. */
export interface Home extends AsyncDisposable {
  /** The ids of the events on the small topic, in the order in which they came, repeats included. */
  readonly heard: readonly string[];
  /** Connects, listens, and says so. */
  come(): Promise<void>;
  /** Its line breaks; resolves once the broker has told everybody. */
  vanish(): Promise<void>;
  /** Receives, and its entities show nothing of it, until told otherwise. */
  stare(isStaring?: boolean): void;
}

/** Lives on a broker; with a fake Home Assistant the entities can be asked over its websocket. */
export function createHome(broker: TestBroker, fake?: FakeHomeAssistant): Home {
  const heard: string[] = [];
  let client: MqttClient | null = null;
  let isStaring = false;

  const onMessage = (topic: string, text: string) => {
    if (topic.endsWith('/config')) return declare(text, fake);
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
    const wills = broker.payloads('homeassistant/status').length;
    fake?.entities.makeAvailable(false);
    gone.stream.destroy();
    gone.end(true);
    while (broker.payloads('homeassistant/status').length === wills) await quiet(2);
  };
  return {
    heard,
    come: async () => {
      const will = {
        topic: 'homeassistant/status',
        payload: Buffer.from('offline'),
        qos: 0,
        retain: false,
      } as const;
      client = connect(broker.url, { protocolVersion: 4, reconnectPeriod: 0, clean: true, will });
      client.on('error', () => {});
      client.on('message', (topic, payload) => onMessage(topic, payload.toString()));
      await new Promise<void>((resolve) => {
        client?.once('connect', () => resolve());
      });
      await client.subscribeAsync(['monzo/+/event', 'homeassistant/device/+/config'], { qos: 1 });
      fake?.entities.makeAvailable(true);
      await client.publishAsync('homeassistant/status', 'online');
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

function declare(text: string, fake: FakeHomeAssistant | undefined): void {
  if (text === '') return;
  const { components } = JSON.parse(text) as {
    components: Record<string, { platform: string; unique_id?: string }>;
  };
  for (const { platform, unique_id: uniqueId } of Object.values(components))
    if (platform === 'event' && uniqueId !== undefined) fake?.entities.declare(uniqueId);
}
