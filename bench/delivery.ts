import { connectAsync } from 'mqtt';
import { startEmbeddedBroker } from '../sim/broker.ts';
import { startMosquitto } from '../test/home-assistant/mosquitto.ts';
import { findProgram } from '../test/home-assistant/processes.ts';
import { connectAlex, openBank } from './bank.ts';
import { installBridge } from './bridge.ts';
import type { Line } from './measure.ts';
import type { Program } from './program.ts';
import { measureRings, type RingGoals, type RingScene } from './rings.ts';

export interface Setting {
  /** How long the bank takes for each answer, in milliseconds. */
  readonly bankAt: number;
  /** Rows of the account in the last two hours. */
  readonly recentRows: number;
  readonly goals?: RingGoals;
}

export type BrokerKind = 'Mosquitto' | 'embedded broker';

/** Mosquitto with its default settings where it is installed, or the broker of the demo in this process. */
export async function openBroker(everything: AsyncDisposableStack, kind: BrokerKind): Promise<string | null> {
  if (kind === 'Mosquitto')
    return (await findProgram('mosquitto')) ? everything.use(await startMosquitto()).url : null;
  const broker = await startEmbeddedBroker({ host: '127.0.0.1', port: 0 });
  everything.defer(() => broker.close());
  return broker.url;
}

/** When each event arrived at a subscriber. */
export async function subscribe(everything: AsyncDisposableStack, url: string) {
  const arrived = new Map<string, number>();
  const client = await connectAsync(url, { protocolVersion: 4 });
  everything.defer(() => client.endAsync(true));
  client.on('message', (_topic, payload) => {
    const at = performance.now();
    const { event_id: id } = JSON.parse(payload.toString()) as { readonly event_id: string };
    if (!arrived.has(id)) arrived.set(id, at);
  });
  await client.subscribeAsync('monzo/+/event', { qos: 1 });
  return arrived;
}

/** From a ring to its event at a subscriber of a broker. */
export function deliveryOver(kind: BrokerKind, setting: Setting) {
  const { bankAt, recentRows, goals } = setting;
  const where = `event over ${kind}, bank at ${bankAt} ms, ${recentRows} rows`;
  return async (program: Program): Promise<readonly Line[]> => {
    await using everything = new AsyncDisposableStack();
    const url = await openBroker(everything, kind);
    if (url === null) return [{ what: where, figures: 'not measured: Mosquitto is not installed' }];
    const arrived = await subscribe(everything, url);
    const bank = await openBank(everything, { recentRows });
    const { start } = await installBridge(everything, program, ({ publicUrl }) => ({
      MONZO_BRIDGE_MQTT_URL: url,
      MONZO_BRIDGE_PUBLIC_URL: publicUrl,
      MONZO_BRIDGE_MONZO_API_URL: bank.served.apiUrl,
      MONZO_BRIDGE_MONZO_AUTH_URL: bank.served.authUrl,
    }));
    const bridge = start();
    await bridge.serves();
    await connectAlex(bank, bridge);
    if (bankAt > 0) bank.faults.add({ kind: 'slow', ms: bankAt });
    const scene: RingScene = { ...bank, bridge, arrived };
    return await measureRings(scene, where, goals);
  };
}
