import { connectAsync } from 'mqtt';
import { setTimeout as sleep } from 'node:timers/promises';
import { startEmbeddedBroker } from '../sim/broker.ts';
import { alex } from '../sim/household.ts';
import { until } from '../test/support/until.ts';
import { installBridge, openBank } from '../test/support/real-bridge.ts';
import { count, ms, print, spread } from './measure.ts';

/** Milliseconds between purchases, so that the call budget of a login is not what is measured. */
const apart = 400;
const rings = 100;
const slow = 150;
const burst = 1_000;

/** A real process between a bank and a broker, and when each event arrived at a subscriber. */
async function openPath(everything: AsyncDisposableStack) {
  const cleaner = {
    after: (end: () => unknown) =>
      everything.defer(async () => {
        await end();
      }),
  };
  const broker = await startEmbeddedBroker({ host: '127.0.0.1', port: 0 });
  everything.defer(() => broker.close());
  const opened = await openBank(cleaner);
  const bridge = await installBridge(cleaner, opened, (publicUrl) => ({
    MONZO_BRIDGE_MQTT_URL: broker.url,
    MONZO_BRIDGE_PUBLIC_URL: publicUrl,
  }));
  const received = new Map<string, number>();
  const client = await connectAsync(broker.url, { protocolVersion: 4 });
  everything.defer(() => client.endAsync(true));
  client.on('message', (_topic, payload) => {
    const { event_id: id } = JSON.parse(payload.toString()) as { readonly event_id: string };
    received.set(id, performance.now());
  });
  await client.subscribeAsync('monzo/+/event', { qos: 1 });
  bridge.start();
  await until('it serves', bridge.isServing);
  await bridge.connect();
  return { ...opened, received };
}

type Path = Awaited<ReturnType<typeof openPath>>;

/** Milliseconds from a purchase, whose webhook the bank calls at once, to its event at a subscriber. */
async function oneRing({ bank, received }: Path): Promise<number> {
  const began = performance.now();
  const id = `${bank.purchase(alex.current, { amount: 120, merchant: 'Corner Shop' })}:created`;
  await until('the event', () => received.has(id));
  return (received.get(id) ?? 0) - began;
}

async function latencies(path: Path): Promise<readonly number[]> {
  const figures: number[] = [];
  for (let ring = 0; ring < rings; ring += 1) {
    figures.push(await oneRing(path));
    await sleep(apart);
  }
  return figures;
}

/** From a webhook call to the event over MQTT, one by one and all at once. */
export async function benchDelivery(): Promise<void> {
  await using everything = new AsyncDisposableStack();
  const path = await openPath(everything);
  const { bank, faults, received } = path;
  await sleep(3_000);
  print('ring to MQTT event, bank at 0 ms', spread(await latencies(path)));
  const endSlowness = faults.add({ kind: 'slow', ms: slow });
  print(`ring to MQTT event, bank at ${slow} ms`, spread(await latencies(path)));
  endSlowness();
  await sleep(30_000);
  const calls = bank.calls.length;
  const began = performance.now();
  const ids = Array.from({ length: burst }, () =>
    bank.purchase(alex.current, { amount: 120, merchant: 'Corner Shop' }),
  );
  await until('all of them', () => ids.every((id) => received.has(`${id}:created`)), { patience: 300_000 });
  print(
    `${count(burst)} rings at once to the last event`,
    `${ms(performance.now() - began)}, ${count(bank.calls.length - calls)} calls`,
  );
}
