import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alex } from '../../sim/household.ts';
import type { Switches } from '../../sim/switches.ts';
import { events } from '../support/scenario.ts';
import { createWorld, type World } from '../support/world.ts';

const minute = 60_000;
const day = 24 * 60 * minute;

const created = async (world: World) =>
  (await events(world))
    .filter(({ type }) => type === 'transaction.created')
    .map((event) => event.transaction_id);

async function learnt(world: World): Promise<string> {
  const { items } = (await (await world.api('/api/logins')).json()) as { items: { learnt: string[] }[] };
  return items[0]?.learnt.join(' ') ?? '';
}

const stateOf = (world: World) => world.app().view().logins[0]?.state;
const buy = (world: World) =>
  world.bank.purchase(alex.current, { amount: 350, merchant: 'Blue Door Coffee' });

/** Alex is connected, and nothing has happened for forty days, through which the machine slept. */
async function quietWorld(switches: Partial<Switches>): Promise<World> {
  const world = await createWorld({ switches });
  await world.connect('alex');
  await world.clock.advance(10 * minute);
  world.clock.jump(40 * day);
  await world.clock.advance(20 * minute);
  return world;
}

for (const reachDays of [30, 7] as const)
  for (const reachBeyond of ['refused_403', 'refused_400', 'cut'] as const)
    test(`the events of a quiet account go on where the bank lists ${reachDays} days (${reachBeyond})`, async () => {
      await using world = await quietWorld({ reachDays, reachBeyond });
      assert.equal(stateOf(world), 'active');
      const bought = [buy(world)];
      await world.clock.advance(5 * minute);
      bought.push(buy(world));
      await world.clock.advance((reachDays === 7 ? 13 * 60 : 10) * minute);
      assert.deepEqual(await created(world), bought);
      assert.equal(stateOf(world), 'active');
    });

test('what the bank lists no longer is found out once, shown, and tried again after a week', async () => {
  await using world = await quietWorld({ reachDays: 30 });
  assert.match(await learnt(world), /no more than about 30 days/);
  const refused = () => world.bank.calls.filter(({ status }) => status === 403).length;
  const before = refused();
  await world.clock.advance(60 * minute);
  assert.equal(refused(), before, 'what is known to be refused is asked for no more');
  world.bank.turn({ reachDays: 90 });
  world.clock.jump(40 * day);
  await world.clock.advance(20 * minute);
  assert.doesNotMatch(await learnt(world), /no more than/);
});

test('a list that is refused by chance teaches no shorter reach: older changes are found', async () => {
  await using world = await quietWorld({});
  const bought = buy(world);
  await world.clock.advance(5 * minute);
  world.clock.jump(2 * day);
  world.bank.annotate(bought, 'breakfast');
  world.faults.add({
    kind: 'status',
    status: 403,
    times: 1,
    match: ({ path, query }) => path === '/transactions' && query.get('account_id') === alex.current,
  });
  await world.clock.advance(13 * 60 * minute);
  assert.doesNotMatch(await learnt(world), /no more than/);
  assert.deepEqual(
    (await events(world)).map(({ type }) => type),
    ['transaction.created', 'transaction.amended'],
  );
});

test('an approval that lapsed is told from a shorter reach', async () => {
  await using world = await quietWorld({ reachDays: 30 });
  world.bank.lapseApproval(alex.userId);
  world.clock.jump(40 * day);
  await world.clock.advance(20 * minute);
  assert.equal(stateOf(world), 'needs_approval');
  assert.doesNotMatch(await learnt(world), /about 1 day/);
});
