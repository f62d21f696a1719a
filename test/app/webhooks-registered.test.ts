import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Call } from '../../sim/call.ts';
import { alex } from '../../sim/household.ts';
import { switchPositions, type Switches } from '../../sim/switches.ts';
import { createWorld, type World } from '../support/world.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** A bridge that the bank may reach under an address in which much can be written otherwise. */
async function reachable(switches: Partial<Switches>): Promise<World> {
  const world = await createWorld({
    switches,
    settings: { MONZO_BRIDGE_PUBLIC_URL: 'https://bänk.Home.example/Bridge%20A' },
  });
  for (const id of [alex.rewards, alex.flex]) world.bank.closeAccount(id);
  await world.connect('alex');
  return world;
}

/** The bridge is off for so long, and then has time to compare twice. */
async function offFor(world: World, ms: number): Promise<void> {
  await world.stop();
  world.clock.jump(ms);
  await world.restart();
  await world.clock.advance(7 * minute);
}

const hooks = (world: World) => [...world.bank.model.webhooks.values()];
const accounts = (world: World) => world.app().view().accounts.length;
const registrations = (world: World) =>
  world.bank.calls.filter(({ method, path }) => method === 'POST' && path === '/webhooks').length;
const health = (world: World) =>
  world
    .app()
    .health()
    .find(({ part }) => part === 'webhooks');

const ways: readonly Partial<Switches>[] = [
  ...switchPositions.webhookEcho.map((webhookEcho) => ({ webhookEcho })),
  { webhookList: 'later' },
  { webhookList: 'later', webhookEcho: 'lower_case', lists: 'every_other_empty' },
];

for (const switches of ways)
  test(`every webhook is registered once, however it is shown (${JSON.stringify(switches)})`, async () => {
    await using world = await reachable(switches);
    await offFor(world, 0);
    await world.clock.advance(hour);
    await offFor(world, 2 * day);
    await offFor(world, 2 * day);
    assert.equal(registrations(world), accounts(world));
    assert.equal(hooks(world).length, accounts(world));
    assert.match(health(world)?.sentence ?? '', /Webhooks work for every account/);
  });

test('webhooks that no list ever shows are replaced ever more rarely, and never doubled', async () => {
  await using world = await reachable({ webhookList: 'never' });
  await world.clock.advance(70 * minute);
  for (let passed = 0; passed < 10; passed += 1) await offFor(world, day);
  assert.equal(hooks(world).length, accounts(world));
  const each = registrations(world) / accounts(world);
  assert.ok(each <= 5, `${each} registrations each in ten days`);
  assert.equal(health(world)?.state, 'degraded');
});

test('what was unregistered a moment ago, and lists still show, is registered anew', async () => {
  await using world = await reachable({ webhookList: 'later' });
  await world.clock.advance(20 * minute);
  const command = (name: string) => world.api(`/api/commands/${name}`, { method: 'POST' });
  await command('unregister_webhook');
  assert.deepEqual(hooks(world), []);
  await command('register_webhook');
  assert.equal(hooks(world).length, accounts(world));
  await offFor(world, day);
  assert.equal(hooks(world).length, accounts(world));
  assert.equal(registrations(world), 2 * accounts(world));
});

test('webhooks that were removed at the bank are registered again within the day, and at once on request', async () => {
  await using world = await reachable({});
  await world.clock.advance(2 * hour);
  world.bank.dropWebhooks();
  await world.clock.advance(day);
  assert.equal(hooks(world).length, accounts(world));
  assert.equal(health(world)?.state, 'ok');
  await world.clock.advance(2 * hour);
  world.bank.dropWebhooks();
  const register = () => world.api('/api/commands/register_webhook', { method: 'POST' });
  await register();
  await world.clock.advance(6 * minute);
  assert.equal(hooks(world).length, accounts(world));
});

for (const kind of ['timeout_after', 'reset_before'] as const)
  test(`a call that breaks off (${kind}) is made up for within minutes, and doubles no webhook`, async () => {
    await using world = await createWorld({ settings: { MONZO_BRIDGE_PUBLIC_URL: 'https://home.example' } });
    const match = ({ path, method }: Call) => path === '/webhooks' && method === 'POST';
    world.faults.add({ kind, match, times: 2 });
    await world.connect('alex');
    await world.clock.advance(20 * minute);
    assert.equal(hooks(world).length, accounts(world));
    assert.equal(health(world)?.state, 'ok');
  });

test('a bank that allows two webhooks: the others are reported, and little is asked for them', async () => {
  await using world = await reachable({ webhookCap: '2_then_refused' });
  await world.clock.advance(13 * hour);
  assert.equal(hooks(world).length, 2);
  const all = accounts(world);
  assert.match(
    health(world)?.sentence ?? '',
    new RegExp(`do not work for ${all - 2} of ${all} accounts.*it may allow only so many`),
  );
  assert.ok(registrations(world) <= 2 + (all - 2) * 4, `${registrations(world)} registrations`);
});

test('a bank that drops the oldest of three: nothing is said to work that is gone, and it comes to rest', async () => {
  await using world = await reachable({ webhookCap: '2_then_oldest_dropped' });
  await world.clock.advance(5 * hour);
  for (let passed = 0; passed < 3; passed += 1) await offFor(world, day);
  await world.clock.advance(2 * hour);
  const before = registrations(world);
  const { items } = (await (await world.api('/api/subscriptions')).json()) as {
    items: { account_id: string; actual: boolean }[];
  };
  const there = hooks(world).map(({ accountId }) => accountId);
  const said = items.filter(({ actual }) => actual).map(({ account_id }) => account_id);
  assert.deepEqual(said.toSorted(), there.toSorted());
  assert.match(health(world)?.sentence ?? '', /removed a webhook again/);
  for (let passed = 0; passed < 4; passed += 1) await offFor(world, day);
  assert.ok(registrations(world) - before <= 2 * accounts(world), `${registrations(world) - before} more`);
});

test('a removed login leaves no webhook behind that lists do not show yet', async () => {
  await using world = await reachable({ webhookList: 'later' });
  await world.clock.advance(minute);
  assert.ok(hooks(world).some(({ accountId }) => accountId === alex.current));
  const [login] = world.app().view().logins;
  await world.api(`/api/logins/${login?.id}?keep_history=true`, { method: 'DELETE' });
  assert.deepEqual(hooks(world), []);
});
