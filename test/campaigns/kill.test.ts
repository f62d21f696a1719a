import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectAsync } from 'mqtt';
import type { Call } from '../../sim/call.ts';
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
import { until } from '../support/until.ts';
import { accounts, installBridge, openBank } from '../support/real-bridge.ts';
import { seedOf, sizeOf } from '../support/size.ts';

const perLife = 10;
/** One kill in so many surely comes while the bridge waits for the bank’s word on a purchase. */
const heldEvery = 4;

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
  const { bank, faults, transactions } = opened;
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

  const one = <T>(of: readonly T[]) => of[Math.floor(random() * of.length)];
  const buy = (accountId: string) =>
    bank.purchase(accountId, { amount: 100 + transactions.length, merchant: 'Corner Shop' });
  const spendALittle = async () => {
    const old = one(transactions.filter((id) => bank.model.transactions.get(id)?.state === 'pending'));
    if (old && random() < 0.4) bank.settle(old);
    buy(one(accounts) ?? alex.current);
    await sleep(random() * 60);
  };
  /** A purchase that the bridge has asked for and been told nothing of; ends at any instant after that. */
  const holdOneBack = async () => {
    const accountId = one(accounts) ?? alex.current;
    let isAsked = false;
    const match = ({ path, query }: Call) => {
      const isItsList = path === '/transactions' && query.get('account_id') === accountId;
      isAsked ||= isItsList;
      return isItsList;
    };
    const letGo = faults.add({ kind: 'timeout_before', match });
    buy(accountId);
    await until('the bridge asks for it', () => isAsked);
    await sleep(random() * 60);
    return letGo;
  };
  let held = 0;
  let inFlight = 0;
  for (let life = 0; life < kills; life += 1) {
    const ofLife = Math.floor(random() * (perLife + 1));
    const callsBefore = bank.calls.length;
    const isHeld = life % heldEvery === 0;
    // A quarter of all other kills comes while it still starts.
    if (!isHeld && random() < 0.25) await sleep(random() * 700);
    else await until('it serves', isServing);
    for (let spent = 0; spent < ofLife; spent += 1) await spendALittle();
    const letGo = isHeld ? await holdOneBack() : null;
    const arrived = new Set(heard.event.map(({ event_id }) => event_id));
    const isWaiting = transactions.some((id) => !arrived.has(`${id}:created`));
    const isAtWork = isHeld || bank.calls.length > callsBefore;
    if (isWaiting && isAtWork) inFlight += 1;
    if (isHeld) held += 1;
    await bridge.end('SIGKILL');
    letGo?.();
    for (let spent = ofLife; spent < perLife; spent += 1) await spendALittle();
    bridge.start();
  }
  await until('it serves', isServing);
  const knowsAll = async () => {
    const known = new Set((await eventLog(api)).map(({ transaction_id }) => transaction_id));
    return transactions.every((id) => known.has(id)) && (await isAllDelivered(api));
  };
  await until('everything is delivered', knowsAll, { patience: 600_000 });
  const log = await eventLog(api);
  const created = heard.event.filter(({ event_id }) => event_id.endsWith(':created'));
  console.log(
    `${kills} kills, ${inFlight} of them hit work in flight; ${transactions.length} transactions, ` +
      `${log.length} events, ${heard.event.length - log.length} came again`,
  );
  assert.ok(held > 0 && inFlight >= held, 'a kill that was to hit work in flight missed it');
  assert.equal(new Set(created.map(({ event_id }) => event_id)).size, transactions.length);
  assertRecorded(bank, log, transactions);
  assertDelivered('event', log, heard.event);
  assertDelivered('transaction', log, heard.transaction);
});
