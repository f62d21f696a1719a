import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectAsync } from 'mqtt';
import { seededRandom } from '../../sim/fake-clock.ts';
import { alex } from '../../sim/household.ts';
import { startMosquitto } from '../home-assistant/mosquitto.ts';
import {
  assertDelivered,
  assertRecorded,
  eventLog,
  isAllDelivered,
  type Arrival,
} from '../support/event-oracle.ts';
import { seedOf, sizeOf } from '../support/size.ts';
import { accounts, installBridge, openBank, until } from '../support/real-bridge.ts';

const perLife = 10;

/** Hears on the broker whatever arrives there, from beginning to end. */
async function listenTo(t: TestContext, url: string) {
  const heard = { transaction: [] as Arrival[], event: [] as Arrival[] };
  const client = await connectAsync(url, { protocolVersion: 5 });
  t.after(() => client.endAsync(true));
  client.on('message', (topic, payload) => {
    const [, accountId = '', what] = topic.split('/');
    const { event_id } = JSON.parse(payload.toString()) as Arrival;
    if (what === 'transaction' || what === 'event') heard[what].push({ event_id, account_id: accountId });
  });
  await client.subscribeAsync(['monzo/+/transaction', 'monzo/+/event'], { qos: 1 });
  return heard;
}

test('killed at any instant while money moves, it loses nothing and gives nothing a second id', async (t) => {
  const seed = seedOf('kills');
  const kills = sizeOf('kills', { short: 12, long: 200 });
  const random = seededRandom(seed);
  const opened = await openBank(t);
  const { bank, transactions } = opened;
  const broker = await startMosquitto();
  t.after(() => broker.dispose());
  const heard = await listenTo(t, broker.url);
  const bridge = await installBridge(t, opened, (publicUrl) => ({
    MONZO_BRIDGE_MQTT_URL: broker.url,
    MONZO_BRIDGE_PUBLIC_URL: publicUrl,
  }));
  const { api, isServing } = bridge;
  bridge.start();
  await until('it serves', isServing);
  await bridge.connect();

  const spendALittle = async () => {
    const pending = transactions.filter((id) => bank.books.transactions.get(id)?.state === 'pending');
    const old = pending[Math.floor(random() * pending.length)];
    if (old && random() < 0.4) bank.settle(old);
    const accountId = accounts[Math.floor(random() * accounts.length)] ?? alex.current;
    bank.purchase(accountId, { amount: 100 + transactions.length, merchant: 'Corner Shop' });
    await sleep(random() * 60);
  };
  let inFlight = 0;
  for (let life = 0; life < kills; life += 1) {
    const ofLife = Math.floor(random() * (perLife + 1));
    const callsBefore = bank.calls.length;
    // A quarter of all kills comes while it still starts.
    if (random() < 0.25) await sleep(random() * 700);
    else await until('it serves', isServing);
    for (let spent = 0; spent < ofLife; spent += 1) await spendALittle();
    const arrived = new Set(heard.event.map(({ event_id }) => event_id));
    const isWaiting = transactions.some((id) => !arrived.has(`${id}:created`));
    if (isWaiting && bank.calls.length > callsBefore) inFlight += 1;
    await bridge.end('SIGKILL');
    for (let spent = ofLife; spent < perLife; spent += 1) await spendALittle();
    bridge.start();
  }
  await until('it serves', isServing);
  const knowsAll = async () => {
    const known = new Set((await eventLog(api)).map(({ transaction_id }) => transaction_id));
    return transactions.every((id) => known.has(id)) && (await isAllDelivered(api));
  };
  await until('everything is delivered', knowsAll, 600_000);
  const log = await eventLog(api);
  const created = heard.event.filter(({ event_id }) => event_id.endsWith(':created'));
  console.log(
    `${kills} kills, ${inFlight} of them hit work in flight; ${transactions.length} transactions, ` +
      `${log.length} events, ${heard.event.length - log.length} came again`,
  );
  assert.ok(inFlight > 0, 'no kill hit work in flight');
  assert.equal(new Set(created.map(({ event_id }) => event_id)).size, transactions.length);
  assertRecorded(bank, log, transactions);
  assertDelivered('event', log, heard.event);
  assertDelivered('transaction', log, heard.transaction);
});
