import { connectAsync } from 'mqtt';
import { startEmbeddedBroker } from '../sim/broker.ts';
import { startMosquitto } from '../test/home-assistant/mosquitto.ts';
import { findProgram } from '../test/home-assistant/processes.ts';
import { account } from './bank.ts';

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

/** What a receiver saw of each event, by event id. */
export interface Receiver {
  /** When it first arrived, in milliseconds of this process's monotonic time. */
  readonly arrived: ReadonlyMap<string, number>;
  /** The account's balance that was shown then, in minor units. */
  readonly balances: ReadonlyMap<string, number>;
}

export const toMinor = (balance: number) => Math.round(balance * 100);

/** Subscribes to the events and to the account's state. */
export async function subscribe(everything: AsyncDisposableStack, url: string): Promise<Receiver> {
  const arrived = new Map<string, number>();
  const balances = new Map<string, number>();
  let shown = Number.NaN;
  const client = await connectAsync(url, { protocolVersion: 4 });
  everything.defer(() => client.endAsync(true));
  client.on('message', (topic, payload) => {
    const at = performance.now();
    const told = JSON.parse(payload.toString() || '{}') as {
      readonly event_id?: string;
      readonly balance?: number;
    };
    if (!topic.endsWith('/event')) {
      shown = toMinor(told.balance ?? Number.NaN);
      return;
    }
    const { event_id: id = '' } = told;
    if (arrived.has(id)) return;
    arrived.set(id, at);
    balances.set(id, shown);
  });
  await client.subscribeAsync(['monzo/+/event', `monzo/${account}`], { qos: 1 });
  return { arrived, balances };
}
