import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alex } from '../../sim/household.ts';
import type { Switches } from '../../sim/switches.ts';
import { worldWithAlex } from '../support/money.ts';
import type { World } from '../support/world.ts';

const minute = 60_000;

interface Item {
  readonly id: string;
  readonly flow: string;
  readonly status: string;
  readonly charged_by: string | null;
  readonly hold_id: string | null;
}

async function read<T>(world: World, path: string): Promise<T> {
  return (await (await world.api(path)).json()) as T;
}

const spent = async (world: World) => {
  const { totals } = await read<{ totals: readonly { spent_minor: number }[] }>(
    world,
    '/api/spending?by=merchant',
  );
  return totals[0]?.spent_minor ?? 0;
};
const item = (world: World, id: string) => read<Item>(world, `/api/transactions/${id}`);

/** Time for every list that is due. */
async function lists(world: World): Promise<void> {
  for (let step = 0; step < 20; step += 1) await world.clock.advance(2 * minute);
}

for (const secondRow of ['kept', 'zeroed', 'vanished'] as const satisfies readonly Switches['secondRow'][])
  test(`an amount that was held and then charged as another row is spent once (the hold: ${secondRow})`, async () => {
    await using world = await worldWithAlex();
    const hold = world.bank.purchase(alex.current, { amount: 10_000, merchant: 'Fuel Pump' });
    const charges: string[] = [];
    world.bank.listen(({ what, transaction }) => {
      if (what === 'created') charges.push(transaction.id);
    });
    await lists(world);
    assert.equal(await spent(world), 10_000, 'a hold counts until it is charged');
    world.bank.turn({ secondRow });
    world.bank.settle(hold, { amount: 4_600 });
    await lists(world);
    assert.equal(await spent(world), 4_600);
    const [charge = ''] = charges;
    const shown = await item(world, hold);
    if (secondRow === 'kept') {
      assert.deepEqual([shown.status, shown.flow, shown.charged_by], ['pending', 'excluded', charge]);
      assert.equal((await item(world, charge)).hold_id, hold);
    }
    world.bank.turn({ secondRow: 'none' });
    world.bank.purchase(alex.current, { amount: 300, merchant: 'Fuel Pump' });
    await lists(world);
    assert.equal(await spent(world), 4_900, 'the next purchase there counts');
  });

test('a hold that settles itself after all counts as well as what seemed to charge it', async () => {
  await using world = await worldWithAlex();
  const hold = world.bank.purchase(alex.current, { amount: 10_000, merchant: 'Fuel Pump' });
  world.bank.turn({ secondRow: 'kept' });
  world.bank.settle(hold, { amount: 4_600 });
  await lists(world);
  assert.equal(await spent(world), 4_600);
  world.bank.turn({ secondRow: 'none' });
  world.bank.model.charged.clear();
  world.bank.settle(hold);
  await lists(world);
  assert.equal(await spent(world), 14_600);
  assert.equal((await item(world, hold)).charged_by, null);
});
