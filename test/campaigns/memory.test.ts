import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { connectAsync } from 'mqtt';
import { durations } from '../../src/limits.ts';
import { startMosquitto } from '../home-assistant/mosquitto.ts';
import { accounts, installBridge, openBank } from '../support/real-bridge.ts';
import { sizeOf } from '../support/size.ts';
import { until } from '../support/until.ts';

/** So many purchases come at once, and the next ones when all of them have arrived. */
const together = 200;
/** What is given back and taken again between two looks. */
const sway = 1.15;

/** What the process holds, in MB. */
function held(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) / 1024;
}

test('at full speed the real process holds no more at the end than after its first third', async (t) => {
  const seconds = sizeOf('seconds at full speed', { short: 45, long: 600 });
  const opened = await openBank(t);
  const { bank, transactions } = opened;
  const broker = await startMosquitto();
  t.after(() => broker.dispose());
  const heard = new Set<string>();
  const client = await connectAsync(broker.url, { protocolVersion: 5 });
  t.after(() => client.endAsync(true));
  client.on('message', (_topic, payload) => {
    const { event_id: id } = JSON.parse(payload.toString()) as { readonly event_id: string };
    heard.add(id);
  });
  await client.subscribeAsync('monzo/+/event', { qos: 1 });
  const bridge = await installBridge(t, opened, (publicUrl) => ({
    MONZO_BRIDGE_MQTT_URL: broker.url,
    MONZO_BRIDGE_PUBLIC_URL: publicUrl,
  }));
  const { child } = bridge.start();
  await until('it serves', bridge.isServing);
  await bridge.connect();
  const began = performance.now();
  const looks: { readonly at: number; readonly mb: number }[] = [];
  const elapsed = () => (performance.now() - began) / durations.second;
  while (elapsed() < seconds) {
    const bought = Array.from({ length: together }, (_, index) =>
      bank.purchase(accounts[index % accounts.length] ?? '', {
        amount: 100 + index,
        merchant: 'Corner Shop',
      }),
    );
    await until('they arrive', () => bought.every((id) => heard.has(`${id}:created`)));
    for (const id of bought) if (bank.model.transactions.get(id)?.state === 'pending') bank.settle(id);
    looks.push({ at: elapsed(), mb: held(child.pid ?? 0) });
    // Of the simulated bank alone.
    bank.calls.length = 0;
  }
  /** The least of a time: what is above it is rubbish that was not collected yet. */
  const between = (from: number, to: number) =>
    Math.min(...looks.filter(({ at }) => at >= from * seconds && at < to * seconds).map(({ mb }) => mb));
  const [first, second, third] = [between(0, 1 / 3), between(1 / 3, 2 / 3), between(2 / 3, 1)];
  console.log(
    `${transactions.length} transactions in ${Math.round(elapsed())} s; ` +
      `thirds: ${[first, second, third].map((mb) => mb.toFixed(0)).join(', ')} MB`,
  );
  assert.ok(third < second * sway, `it holds ${third.toFixed(0)} MB, after ${second.toFixed(0)} MB`);
});
