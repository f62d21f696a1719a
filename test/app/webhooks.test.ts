import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startWebhookSender } from '../../sim/webhooks.ts';
import { alex } from '../../sim/household.ts';
import { stateOf } from '../support/people.ts';
import { quiet } from '../support/until.ts';
import { createWorld, type World } from '../support/world.ts';

const minute = 60_000;
const day = 24 * 60 * minute;
const publicUrl = 'https://bank.home.example';

/** A bridge with an address, and the post that finds it there. */
async function reachableWorld(): Promise<World> {
  const world = await createWorld({ settings: { MONZO_BRIDGE_PUBLIC_URL: publicUrl } });
  const { bank, faults, clock } = world;
  startWebhookSender({ bank, faults, clock, fetch: world.fetchFromOutside });
  return world;
}

const hooks = (world: World) => [...world.bank.model.webhooks.values()];
const balanceIn = (world: World) =>
  world
    .app()
    .view()
    .accounts.find(({ id }) => id === alex.current)?.balance;

async function eventIds(world: World): Promise<readonly string[]> {
  const { items } = (await (await world.api('/api/events')).json()) as { items: { event_id: string }[] };
  return items.map(({ event_id }) => event_id);
}

async function command(world: World, name: string, body: object): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  return world.api(`/api/commands/${name}`, { method: 'POST', headers, body: JSON.stringify(body) });
}

/** Real requests travel while the clock stands: gives them time to arrive. */
async function post(world: World, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 250) {
    await world.clock.advance(250);
    await quiet(5);
  }
}

test('with an address, every account’s webhook is registered by itself, once', async () => {
  await using world = await reachableWorld();
  const login = await world.connect('alex');
  await world.clock.advance(minute);
  const accounts = world
    .app()
    .view()
    .accounts.map(({ id }) => id);
  assert.deepEqual(
    hooks(world)
      .map(({ accountId }) => accountId)
      .toSorted(),
    accounts.toSorted(),
  );
  for (const { url } of hooks(world))
    assert.match(url, /^https:\/\/bank\.home\.example\/hooks\/[0-9a-f]{64}$/);
  await world.restart();
  await world.clock.advance(2 * day);
  assert.equal(hooks(world).length, accounts.length);
  const { items } = (await (await world.api('/api/logins')).json()) as {
    items: { id: string; webhooks: object }[];
  };
  assert.deepEqual(items.find(({ id }) => id === login)?.webhooks, {
    wanted: accounts.length,
    actual: accounts.length,
  });
});

test('a purchase is an event within seconds of the bank’s ring, with the balance, and several rings make one', async () => {
  await using world = await reachableWorld();
  await world.connect('alex');
  await post(world, 5_000);
  world.faults.add({ kind: 'hook_duplicated' });
  const id = world.bank.purchase(alex.current, { amount: 350, merchant: 'Blue Door Coffee' });
  await post(world, 4_000);
  assert.deepEqual(await eventIds(world), [`${id}:created`]);
  assert.equal(balanceIn(world), world.bank.account(alex.current).balance);
  await post(world, 30_000);
  assert.deepEqual(await eventIds(world), [`${id}:created`]);
});

test('a ring whose list finds the login ended says so at once, not when polling is due', async () => {
  await using world = await reachableWorld();
  const login = await world.connect('alex');
  await world.clock.advance(minute);
  world.bank.evict(alex.clientId, alex.userId);
  world.bank.purchase(alex.current, { amount: 420, merchant: 'Bakery' });
  await post(world, 10_000);
  assert.deepEqual(stateOf(world, login), 'needs_authorisation');
});

test('while rings are lost, asking finds the same events', async () => {
  await using world = await reachableWorld();
  await world.connect('alex');
  await post(world, 2_000);
  world.faults.add({ kind: 'hook_dropped' });
  const id = world.bank.purchase(alex.current, { amount: 350, merchant: 'Blue Door Coffee' });
  await world.clock.advance(16 * minute);
  assert.deepEqual(await eventIds(world), [`${id}:created`]);
});

test('two idle accounts with webhooks cost the bank at most 700 calls a day each two', async () => {
  await using world = await reachableWorld();
  for (const id of [alex.rewards, alex.flex, alex.euro]) world.bank.closeAccount(id);
  await world.connect('alex');
  await world.clock.advance(20 * minute);
  assert.equal(world.app().view().accounts.length, 2);
  const before = world.bank.calls.length;
  await world.clock.advance(day);
  const calls = world.bank.calls.length - before;
  assert.ok(calls <= 700, `${calls} calls`);
});

test('unregistering by hand stays until it is registered again', async () => {
  await using world = await reachableWorld();
  await world.connect('alex');
  await world.clock.advance(minute);
  const all = hooks(world).length;
  assert.equal((await command(world, 'unregister_webhook', { account: 'Current account' })).status, 200);
  assert.equal(hooks(world).length, all - 1);
  await world.restart();
  await world.clock.advance(2 * day);
  assert.equal(hooks(world).length, all - 1);
  assert.equal((await command(world, 'register_webhook', { account: alex.current })).status, 200);
  assert.equal(hooks(world).length, all);
  const unknown = await command(world, 'register_webhook', { account: 'Holiday' });
  assert.equal(unknown.status, 404);
  assert.match(((await unknown.json()) as { detail: string }).detail, /Current account/);
});

test('fifty webhook commands at once share their calls to the bank, and each is done when it answers', async () => {
  await using world = await reachableWorld();
  await world.connect('alex');
  await world.clock.advance(minute);
  world.faults.add({ kind: 'slow', ms: 2_000, match: ({ path }) => path.startsWith('/webhooks') });
  const { calls } = world.bank;
  const before = calls.length;
  const answers: unknown[] = [];
  const unregister = async () => {
    const answer = await command(world, 'unregister_webhook', { account: alex.current });
    answers.push([answer.status, hooks(world).some(({ accountId }) => accountId === alex.current)]);
  };
  const commands = Array.from({ length: 50 }, unregister);
  await world.until('all are answered', () => answers.length === commands.length);
  assert.deepEqual(
    answers,
    commands.map(() => [200, false]),
  );
  const accounts = world.app().view().accounts.length;
  assert.ok(calls.length - before <= 5 * accounts, `${calls.length - before} calls`);
});

test('an account type that refuses webhooks does not stop the others, and health says so', async () => {
  await using world = await createWorld({
    settings: { MONZO_BRIDGE_PUBLIC_URL: publicUrl },
    switches: { webhooksOnFlex: 'refused' },
  });
  await world.connect('alex');
  await world.clock.advance(minute);
  assert.equal(hooks(world).length, world.app().view().accounts.length - 1);
  const part = world
    .app()
    .health()
    .find((found) => found.part === 'webhooks');
  assert.equal(part?.state, 'degraded');
  const text = await (await world.api('/api/subscriptions')).text();
  const { items } = JSON.parse(text) as { items: { account_id: string; wanted: boolean; actual: boolean }[] };
  for (const { account_id, wanted, actual } of items) {
    assert.equal(wanted, true);
    assert.equal(actual, account_id !== alex.flex, account_id);
  }
  assert.equal(items.length, world.app().view().accounts.length);
  assert.doesNotMatch(text, /[0-9a-f]{64}/, 'a key lets anybody ring');
});

test('without an address nothing is registered, and health says how events come', async () => {
  await using world = await createWorld();
  await world.connect('alex');
  await world.clock.advance(minute);
  assert.deepEqual(hooks(world), []);
  const part = world
    .app()
    .health()
    .find((found) => found.part === 'webhooks');
  assert.match(part?.sentence ?? '', /bridge polls/);
});
