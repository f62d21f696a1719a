import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectAsync } from 'mqtt';
import { connectPerson } from '../../sim/demo/connect.ts';
import { seededRandom } from '../../sim/fake-clock.ts';
import { createFaults } from '../../sim/faults.ts';
import { alex, joint, sam } from '../../sim/household.ts';
import { startPostman } from '../../sim/postman.ts';
import { serveBank } from '../../sim/server.ts';
import { systemClock } from '../../src/clock.ts';
import { freePort } from '../home-assistant/processes.ts';
import { startMosquitto } from '../home-assistant/mosquitto.ts';
import {
  assertDelivered,
  assertRecorded,
  eventLog,
  isAllDelivered,
  type Arrival,
} from '../support/event-oracle.ts';
import { pairBank } from '../support/pair.ts';
import { startBridge, temporaryDirectory } from '../support/process.ts';
import { seedOf, sizeOf } from '../support/size.ts';

const adminToken = 'token-of-the-campaign';
const perLife = 10;
const accounts = [alex.current, joint.account, sam.current] as const;

/** Two people's bank that answers and rings over the network. */
async function openBank(t: TestContext) {
  const bank = pairBank(() => systemClock.now());
  const faults = createFaults({ wait: (ms) => systemClock.wait(ms) });
  const served = await serveBank({ bank, faults });
  const postman = startPostman({ bank, faults, clock: systemClock, fetch });
  t.after(async () => {
    postman.stop();
    await served.close();
  });
  const transactions: string[] = [];
  bank.listen(({ what, transaction }) => {
    if (what === 'created') transactions.push(transaction.id);
  });
  return { bank, served, transactions };
}

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
  const { bank, served, transactions } = await openBank(t);
  const broker = await startMosquitto();
  t.after(() => broker.dispose());
  const heard = await listenTo(t, broker.url);
  const [uiPort, publicPort] = [await freePort(), await freePort()];
  const directory = temporaryDirectory(t);
  const uiUrl = `http://127.0.0.1:${uiPort}`;
  const api = (path: string) => fetch(uiUrl + path, { headers: { authorization: `Bearer ${adminToken}` } });
  const isServing = () =>
    fetch(`${uiUrl}/healthz`).then(
      ({ ok }) => ok,
      () => false,
    );
  const start = () =>
    startBridge(t, directory, {
      MONZO_BRIDGE_MQTT_URL: broker.url,
      MONZO_BRIDGE_MONZO_API_URL: served.apiUrl,
      MONZO_BRIDGE_MONZO_AUTH_URL: served.authUrl,
      MONZO_BRIDGE_UI_PORT: String(uiPort),
      MONZO_BRIDGE_PUBLIC_PORT: String(publicPort),
      MONZO_BRIDGE_PUBLIC_URL: `http://127.0.0.1:${publicPort}`,
      MONZO_BRIDGE_ADMIN_TOKEN: adminToken,
    });
  const until = async (what: string, condition: () => boolean | Promise<boolean>, patience = 60_000) => {
    for (const deadline = Date.now() + patience; !(await condition()); await sleep(20))
      if (Date.now() > deadline) throw new Error(`did not happen in time: ${what}`);
  };

  let bridge = start();
  await until('it serves', isServing);
  for (const [name, person] of [
    ['Alex', alex],
    ['Sam', sam],
  ] as const)
    await connectPerson(bank, { uiUrl, adminToken }, { name, ...person });
  await until('webhooks are registered', () => bank.books.webhooks.size >= accounts.length);
  transactions.splice(0);

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
    bridge.child.kill('SIGKILL');
    await bridge.ended;
    for (let spent = ofLife; spent < perLife; spent += 1) await spendALittle();
    bridge = start();
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
