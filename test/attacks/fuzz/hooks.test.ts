import assert from 'node:assert/strict';
import { Agent, request } from 'node:http';
import { test } from 'node:test';
import { settled, seededRandom } from '../../../sim/fake-clock.ts';
import { alex } from '../../../sim/household.ts';
import { hookBody, startWebhookSender } from '../../../sim/webhooks.ts';
import { doorbell } from '../../../src/limits.ts';
import { eventLog } from '../../support/event-oracle.ts';
import { pairBank } from '../../support/pair.ts';
import { seedOf, sizeOf } from '../../support/size.ts';
import { createWorld } from '../../support/world.ts';
import { createForger } from './hook-bodies.ts';

const publicUrl = 'http://bridge.invalid';
const atOnce = 16;
const betweenTicks = 500;
/** What rings may cost, for each account. */
const perMinute = { calls: 30, looks: doorbell.mostLooks + doorbell.mostReads } as const;

const agent = new Agent({ keepAlive: true, maxSockets: atOnce });

/** The status, or 0 where the other side hung up while a body too long was still being sent. */
function post(url: string, body: string | Buffer): Promise<number> {
  return new Promise((resolve) => {
    const sent = request(url, { method: 'POST', agent }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode ?? 0));
    });
    sent.once('error', () => resolve(0));
    sent.end(body);
  });
}

function heapInUse(): number {
  assert.ok(globalThis.gc, 'run with --expose-gc');
  globalThis.gc();
  return process.memoryUsage().heapUsed;
}

test('whatever is posted to a doorbell makes no event, costs a bounded number of looks, and leaves nothing behind', async (t) => {
  const seed = seedOf('hook bodies');
  const bodies = sizeOf('hook bodies', { short: 20_000, long: 1_000_000 });
  const random = seededRandom(seed);
  await using world = await createWorld({
    bank: pairBank,
    settings: { MONZO_BRIDGE_PUBLIC_URL: publicUrl, MONZO_BRIDGE_LOG_LEVEL: 'info' },
  });
  t.after(() => agent.destroy());
  const { bank, clock, faults } = world;
  await world.connect('alex');
  await world.connect('sam');
  await world.until('webhooks are registered', () => bank.model.webhooks.size >= 3);
  const old = bank.purchase(alex.current, { amount: 350, merchant: 'Blue Door Coffee' });
  await clock.advance(1_000_000);
  const api = (path: string) => world.api(path);
  const before = await eventLog(api);
  assert.equal(before.length, 1);

  const row = bank.model.transactions.get(old);
  assert.ok(row);
  const replay = [hookBody(bank.model, row, { type: 'transaction.created', later: false })];
  const forger = createForger(random, replay);
  const hooks = [...bank.model.webhooks.values()];
  const began = clock.now();
  const calls = { all: 0, looks: 0 };
  const statuses = new Map<number, number>();
  const forget = () => {
    calls.all += bank.calls.length;
    calls.looks += bank.calls.filter(({ path }) => path.startsWith('/transactions/')).length;
    bank.calls.splice(0);
    world.logLines.splice(0);
  };
  const ring = async () => {
    const hook = hooks[Math.floor(random() * hooks.length)];
    assert.ok(hook);
    const isOurs = random() > 0.02;
    const path = isOurs ? new URL(hook.url).pathname : `/hooks/${'0'.repeat(64)}`;
    const status = await post(world.app().publicUrl + path, forger.body(hook.accountId));
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    if (isOurs) assert.ok([200, 413, 0].includes(status), `a hook of ours answered ${status}`);
    else assert.ok([404, 429, 413, 0].includes(status), `a stranger was answered ${status}`);
  };

  forget();
  calls.all = 0;
  calls.looks = 0;
  let heapAtATenth = 0;
  for (let sent = 0; sent < bodies; sent += atOnce) {
    await Promise.all(Array.from({ length: atOnce }, ring));
    if (sent % betweenTicks < atOnce) {
      await clock.advance(1_000);
      await settled();
      forget();
    }
    if (heapAtATenth === 0 && sent >= bodies / 10) heapAtATenth = heapInUse();
  }
  await clock.advance(120_000);
  forget();
  const growth = heapInUse() / heapAtATenth;
  const seconds = (clock.now() - began) / 1_000;
  console.log(
    `${bodies} bodies in ${seconds} s of the bridge's clock: ${calls.all} calls, ${calls.looks} looks by id, ` +
      `answers ${JSON.stringify(Object.fromEntries(statuses))}, heap at the end ${growth.toFixed(3)} times that at 10 %`,
  );
  const most = hooks.length * (seconds / 60 + 1);
  assert.ok(calls.all <= most * perMinute.calls, `${calls.all} calls`);
  assert.ok(calls.looks <= most * perMinute.looks, `${calls.looks} looks`);
  assert.ok(growth <= 1.1, `the heap grew to ${growth.toFixed(3)} of what it was`);
  assert.deepEqual(await eventLog(api), before, 'an event out of nothing');
  assert.equal(Object.hasOwn(Object.prototype, 'polluted'), false);
  assert.equal(({} as { polluted?: unknown }).polluted, undefined);

  const webhookSender = startWebhookSender({ bank, faults, clock, fetch: world.fetchFromOutside });
  t.after(() => webhookSender.stop());
  const id = bank.purchase(alex.current, { amount: 410, merchant: 'Blue Door Coffee' });
  const isKnown = () =>
    world
      .app()
      .view()
      .accounts.some(({ balance }) => balance === bank.account(alex.current).balance);
  await world.until('a true ring is still heard', isKnown, 60_000);
  assert.ok((await eventLog(api)).some(({ transaction_id }) => transaction_id === id));
});
