import { connectAsync } from 'mqtt';
import { startEmbeddedBroker } from '../sim/broker.ts';
import { startMosquitto } from '../test/home-assistant/mosquitto.ts';
import { findProgram } from '../test/home-assistant/processes.ts';

export type BrokerKind = 'Mosquitto' | 'embedded broker';

/** Mosquitto with its default settings, or the broker of the demo in this process. Returns its URL; null where it is not installed. */
export async function openBroker(everything: AsyncDisposableStack, kind: BrokerKind): Promise<string | null> {
  if (kind === 'Mosquitto')
    return (await findProgram('mosquitto')) ? everything.use(await startMosquitto()).url : null;
  const broker = await startEmbeddedBroker({ host: '127.0.0.1', port: 0 });
  everything.defer(() => broker.close());
  return broker.url;
}

/** Mosquitto where it is installed. */
export const anyBroker = async (everything: AsyncDisposableStack): Promise<string> =>
  (await openBroker(everything, 'Mosquitto')) ?? (await openBroker(everything, 'embedded broker')) ?? '';

/** When each event arrived at a subscriber, by event id. */
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
