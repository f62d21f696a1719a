import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alex, joint } from '../../sim/household.ts';
import type { Switches } from '../../sim/switches.ts';
import { startWebhookSender } from '../../sim/webhooks.ts';
import { startTestBroker } from '../support/broker.ts';
import { inSteps, quiet, until } from '../support/until.ts';
import { createWorld, type World } from '../support/world.ts';

const minute = 60_000;
const hour = 60 * minute;

/** A bridge whose webhooks are registered and have rung, for two accounts. */
async function ringing(
  switches: Partial<Switches> = {},
  settings: Readonly<Record<string, string>> = {},
): Promise<World> {
  const world = await createWorld({
    switches,
    settings: { MONZO_BRIDGE_PUBLIC_URL: 'https://bank.home.example', ...settings },
  });
  const { bank, faults, clock } = world;
  for (const id of [alex.rewards, alex.flex, alex.euro]) bank.closeAccount(id);
  startWebhookSender({ bank, faults, clock, fetch: world.fetchFromOutside });
  await world.connect('alex');
  await clock.advance(3 * minute);
  return world;
}

const spend = (world: World, account: string = alex.current) =>
  world.bank.purchase(account, { amount: 350, merchant: 'Corner Shop' });

/** Real requests travel while the clock stands. */
async function rung(world: World): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) {
    await world.clock.advance(200);
    await quiet(3);
  }
}

async function webhooks(world: World) {
  const { parts } = (await (await world.api('/api/health')).json()) as {
    parts: { part: string; state: string; sentence: string }[];
  };
  return parts.find(({ part }) => part === 'webhooks');
}

async function listsIn(world: World, ms: number): Promise<number> {
  const before = world.bank.calls.length;
  await world.clock.advance(ms);
  return world.bank.calls
    .slice(before)
    .filter(({ path, query }) => path === '/transactions' && query.includes(alex.current)).length;
}

const isFine = async (world: World, what: string) => assert.equal((await webhooks(world))?.state, 'ok', what);

test('three transactions that only lists found: health says so, lists come often, and one ring heals it', async () => {
  await using broker = await startTestBroker();
  await using world = await ringing({}, { MONZO_BRIDGE_MQTT_URL: broker.url });
  const soon = { between: inSteps(world.clock, 1_000) };
  const onMqtt = () => broker.seen.findLast(({ topic }) => topic === 'monzo/bridge/health')?.payload ?? '';
  const lost = world.faults.add({ kind: 'hook_dropped' });
  for (const _ of [1, 2]) {
    spend(world);
    await world.clock.advance(26 * minute);
  }
  await isFine(world, 'two may be chance');
  await world.restart();
  await world.clock.advance(2 * minute);
  spend(world);
  await world.clock.advance(16 * minute);
  await world.clock.advance(16 * minute);
  const silent = await webhooks(world);
  assert.equal(silent?.state, 'degraded');
  assert.match(
    silent?.sentence ?? '',
    /none arrived for the last transactions of 1 of 2 accounts.*up to 2 minutes late.*monzo-bridge webhook test/,
  );
  await until('MQTT says so', () => /none arrived for the last transactions/.test(onMqtt()), soon);
  const { items } = (await (await world.api('/api/subscriptions')).json()) as {
    items: { account_id: string; actual: boolean; silent: boolean }[];
  };
  for (const { account_id, actual, silent: isSilent } of items)
    assert.deepEqual([actual, isSilent], [true, account_id === alex.current]);
  const often = await listsIn(world, hour);
  assert.ok(often >= 29, `${often} lists an hour`);
  await world.restart();
  await world.clock.advance(minute);
  assert.equal((await webhooks(world))?.state, 'degraded', 'still after a restart');
  lost();
  spend(world);
  await rung(world);
  await isFine(world, 'one ring heals it');
  await until('MQTT says so', () => !onMqtt().includes('none arrived'), soon);
  await world.clock.advance(3 * minute);
  const seldom = await listsIn(world, hour);
  assert.ok(seldom <= 5, `${seldom} lists an hour`);
});

test('when it goes silent the webhooks are compared at once: one that Monzo dropped is registered again', async () => {
  await using world = await ringing();
  await world.clock.advance(2 * hour);
  world.bank.dropWebhooks();
  for (const _ of [1, 2, 3]) spend(world);
  await world.clock.advance(40 * minute);
  assert.equal(world.bank.model.webhooks.size, 2);
  await isFine(world, 'the new one has not failed yet');
});

test('an account that Monzo does not ring for while it rings for another one is told apart', async () => {
  await using world = await ringing({ webhookRows: 'cards_only' });
  for (const _ of [1, 2, 3]) {
    world.bank.incomingPayment(alex.current, { amount: 100, name: 'A Friend' });
    await world.clock.advance(16 * minute);
    spend(world, joint.account);
    await rung(world);
    await world.clock.advance(11 * minute);
  }
  const found = await webhooks(world);
  assert.match(found?.sentence ?? '', /1 of 2 accounts.*other accounts do arrive/);
});

type Happening = (world: World) => Promise<unknown>;

/** What is found by lists first, and says nothing about the webhooks. */
const innocent: Readonly<Record<string, Happening>> = {
  'made while the bridge was off': async (world) => {
    await world.stop();
    world.clock.jump(hour);
    for (const _ of [1, 2, 3, 4]) spend(world);
    world.clock.jump(hour);
    await world.restart();
  },
  'found just before the machine slept': async (world) => {
    for (const _ of [1, 2, 3, 4]) spend(world);
    await world.api('/api/commands/refresh', { method: 'POST' });
    world.clock.jump(hour);
  },
  'made while the machine slept': async (world) => {
    world.clock.jump(hour);
    for (const _ of [1, 2, 3, 4]) spend(world);
    world.clock.jump(hour);
  },
  'made while nothing reached the bank': async (world) => {
    const down = world.faults.add({ kind: 'refused' });
    await world.clock.advance(20 * minute);
    for (const _ of [1, 2, 3, 4]) spend(world);
    await world.clock.advance(20 * minute);
    down();
  },
  'moves between pots, for which no ring was ever seen': async (world) => {
    for (const amount of [1, 2, 3, 4]) world.bank.potMove(alex.pots.holiday, 'deposit', { amount });
    await world.clock.advance(20 * minute);
  },
};

for (const [what, happens] of Object.entries(innocent))
  test(`no webhook counts as silent for transactions ${what}`, async () => {
    await using world = await ringing();
    const lost = world.faults.add({ kind: 'hook_dropped' });
    await happens(world);
    await world.clock.advance(50 * minute);
    await isFine(world, what);
    lost();
  });

test('rings that come minutes after a list, or after a Reload, are rings', async () => {
  await using world = await ringing();
  world.faults.add({ kind: 'hook_delayed', ms: 8 * minute });
  for (const _ of [1, 2, 3]) spend(world);
  await world.api('/api/commands/refresh', { method: 'POST' });
  await isFine(world, 'the rings are on their way');
  await world.clock.advance(9 * minute);
  await rung(world);
  await world.clock.advance(20 * minute);
  await isFine(world, 'the rings have come');
});

test('what Monzo rings for is learnt and shown, and then counts', async () => {
  await using world = await ringing();
  world.bank.potMove(alex.pots.holiday, 'deposit', { amount: 100 });
  await rung(world);
  const { items } = (await (await world.api('/api/logins')).json()) as { items: { learnt: string[] }[] };
  assert.ok(
    items[0]?.learnt.includes('Monzo calls the webhooks for: pot deposit.') === true,
    items[0]?.learnt.join() ?? '',
  );
  world.faults.add({ kind: 'hook_dropped' });
  for (const amount of [1, 2, 3]) world.bank.potMove(alex.pots.holiday, 'deposit', { amount });
  await world.clock.advance(32 * minute);
  assert.equal((await webhooks(world))?.state, 'degraded');
});
