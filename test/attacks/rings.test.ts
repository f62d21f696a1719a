import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alex, joint } from '../../sim/household.ts';
import { startWebhookSender } from '../../sim/webhooks.ts';
import { quiet } from '../support/until.ts';
import { createWorld, type World } from '../support/world.ts';

const second = 1_000;
const minute = 60 * second;
const publicUrl = 'https://bank.home.example';

/** Alex is connected, Monzo rings, and nothing is due in the next minutes. */
async function rungWorld(): Promise<World> {
  const world = await createWorld({ settings: { MONZO_BRIDGE_PUBLIC_URL: publicUrl } });
  const { bank, faults, clock } = world;
  bank.addHistory(alex.current, { days: 60, perDay: 3 });
  bank.purchase(joint.account, { amount: 500, merchant: 'Green Grocer' });
  startWebhookSender({ bank, faults, clock, fetch: world.fetchFromOutside });
  await world.connect('alex');
  await world.clock.advance(16 * minute);
  return world;
}

const addressOf = (world: World) =>
  [...world.bank.model.webhooks.values()].find(({ accountId }) => accountId === alex.current)?.url ?? '';

async function ring(world: World, id: string | null): Promise<void> {
  const data = { id, account_id: alex.current, amount: -99 };
  const body = id === null ? 'no JSON' : JSON.stringify({ type: 'transaction.created', data });
  const answer = await world.fetchFromOutside(addressOf(world), { method: 'POST', body });
  assert.equal(answer.status, 200);
  await answer.body?.cancel();
}

/** Real requests travel while the clock stands: gives them time to arrive. */
async function pass(world: World, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 250) {
    await world.clock.advance(250);
    await quiet(2);
  }
}

const rowsOf = (world: World, accountId: string) =>
  [...(world.bank.model.statements.get(accountId) ?? [])].map(({ id }) => id);
const newest = (world: World) => rowsOf(world, alex.current).at(-1) ?? '';
const oldest = (world: World) => rowsOf(world, alex.current)[0] ?? '';

const lone: readonly (readonly [what: string, id: (world: World) => string | null, calls: number])[] = [
  ['names a transaction that does not exist', () => 'tx_0000Forged', 7],
  ['names one that is known', newest, 3],
  ['names an old one', oldest, 2],
  ['names one of another account', (world) => rowsOf(world, joint.account)[0] ?? '', 7],
  ['names nothing', () => null, 1],
];
for (const [what, id, calls] of lone)
  test(`a lone forged ring that ${what} costs ${calls} calls to the bank`, async () => {
    await using world = await rungWorld();
    const before = world.bank.calls.length;
    await ring(world, id(world));
    await world.clock.advance(2 * minute);
    const made = world.bank.calls.slice(before).map(({ path }) => path);
    assert.equal(made.length, calls, made.join(' '));
  });

test('twenty-five rings a second cost thirty calls a minute, and a purchase among them is an event within five seconds', async () => {
  await using world = await rungWorld();
  const { bank, clock } = world;
  const replayed = [newest(world), oldest(world), ...rowsOf(world, joint.account).slice(0, 1)];
  const names = [...replayed, null, 'tx_0000Forged'];
  const before = bank.calls.length;
  const bought = new Map<string, number>();
  const recorded = new Map<string, number>();
  for (let round = 0; round < 300; round += 1) {
    for (let each = 0; each < 5; each += 1)
      await ring(world, names[(round + each) % 5] ?? `tx_0000Forged${round}`);
    if (round === 123 || round === 247)
      bought.set(bank.purchase(alex.current, { amount: 350, merchant: 'Corner Shop' }), clock.now());
    await clock.advance(200);
    await quiet(1);
    for (const id of bought.keys())
      if (!recorded.has(id) && (await isRecorded(world, id))) recorded.set(id, clock.now());
  }
  const calls = bank.calls.slice(before);
  // A purchase takes a list, the balance and the pots.
  assert.ok(calls.length <= 30 + 3 * bought.size, `${calls.length} calls`);
  assert.ok(calls.length >= 15, 'it was a flood');
  // Once beside the first list; beside no other list while lists show nothing new.
  for (const path of ['/balance', '/pots'])
    assert.equal(calls.filter((call) => call.path === path).length, 1 + bought.size, path);
  assert.equal(recorded.size, 2);
  for (const [id, at] of bought) assert.ok((recorded.get(id) ?? Infinity) - at <= 5 * second, id);
});

async function isRecorded(world: World, id: string): Promise<boolean> {
  const { items } = (await (await world.api('/api/events?after=0&limit=500')).json()) as {
    items: { event_id: string }[];
  };
  return items.some(({ event_id }) => event_id === `${id}:created`);
}

test('a purchase that settles after hours is an event within five seconds of the ring, in a flood of unknown ids', async () => {
  await using world = await rungWorld();
  const id = world.bank.purchase(alex.current, { amount: 350, merchant: 'Corner Shop' });
  await pass(world, 5 * second);
  await world.clock.advance(5 * 60 * minute + 7 * minute);
  for (let each = 0; each < 200; each += 1) await ring(world, `tx_0000Forged${each}`);
  await pass(world, 30 * second);
  for (let each = 0; each < 200; each += 1) await ring(world, `tx_0001Forged${each}`);
  world.bank.settle(id);
  await pass(world, 5 * second);
  const { items } = (await (await world.api('/api/events?after=0&limit=500')).json()) as {
    items: { event_id: string }[];
  };
  assert.ok(items.some(({ event_id }) => event_id === `${id}:settled`));
});
