import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alex } from '../../sim/household.ts';
import { switchPositions, type Switches } from '../../sim/switches.ts';
import { ask } from '../support/money.ts';
import { events, type EventItem } from '../support/scenario.ts';
import { createWorld, type World } from '../support/world.ts';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

const typesOf = (found: readonly EventItem[], id: string) =>
  found.filter((event) => event.transaction_id === id).map(({ type }) => type.replace('transaction.', ''));

async function worldWithAlex(switches: Partial<Switches> = {}): Promise<World> {
  const world = await createWorld({ switches });
  await world.connect('alex');
  await world.clock.advance(10 * minute);
  return world;
}

const shop = ({ bank }: World, createdMs?: number) =>
  bank.purchase(alex.current, {
    amount: 350,
    merchant: 'Corner Shop',
    ...(createdMs === undefined ? {} : { createdMs }),
  });

for (const updated of switchPositions.updated)
  test(`every change of a row is an event once, whatever the bank says of its time (updated=${updated})`, async () => {
    await using world = await worldWithAlex({ updated });
    const id = shop(world);
    await ask(world, 'refresh');
    const changes = [
      () => world.bank.annotate(id, 'lunch'),
      () => world.bank.recategorise(id, 'groceries'),
      () => world.bank.annotate(id, ''),
      () => world.bank.settle(id, { amount: 410 }),
      () => world.bank.annotate(id, 'lunch'),
    ];
    for (const change of changes) {
      await world.clock.advance(second);
      change();
      await ask(world, 'refresh');
    }
    const found = await events(world);
    const expected = ['created', 'amended', 'amended', 'amended', 'amended', 'settled', 'amended'];
    assert.deepEqual(typesOf(found, id), expected);
    const late = found.filter((event) => event.recovered);
    assert.deepEqual(
      late.map(({ event_id }) => event_id),
      [],
      'none of them is late',
    );
  });

test('a row that was dated far ahead once takes every later change', async () => {
  await using world = await worldWithAlex({ updated: 'ahead' });
  const id = shop(world);
  await world.clock.advance(3 * minute);
  world.bank.turn({ updated: 'as_recorded' });
  world.bank.annotate(id, 'lunch');
  await world.clock.advance(3 * minute);
  world.bank.settle(id);
  await world.clock.advance(3 * minute);
  assert.deepEqual(typesOf(await events(world), id), ['created', 'amended', 'settled']);
});

test('a payment that is dated before what the lists overlap is an event once, and marked as late', async () => {
  await using world = await worldWithAlex();
  await world.clock.advance(4 * hour);
  const before = shop(world);
  await world.clock.advance(10 * minute);
  world.bank.turn({ created: 'back_dated' });
  const id = shop(world);
  await world.clock.advance(13 * hour);
  const found = await events(world);
  assert.deepEqual(typesOf(found, before), ['created']);
  assert.deepEqual(typesOf(found, id), ['created']);
  assert.equal(found.find(({ transaction_id }) => transaction_id === id)?.recovered, true);
});

test('a payment that took place before events began is none, however late the bank shows it', async () => {
  await using world = await worldWithAlex();
  const id = shop(world, world.clock.now() - 30 * minute);
  await world.clock.advance(5 * minute);
  assert.deepEqual(typesOf(await events(world), id), []);
  world.bank.settle(id);
  await world.clock.advance(5 * minute);
  assert.deepEqual(typesOf(await events(world), id), ['settled']);
});

test('after a payment that is dated ahead nothing is missed, also not after an outage', async () => {
  await using world = await worldWithAlex();
  world.bank.turn({ created: 'ahead' });
  const ahead = shop(world);
  await world.clock.advance(5 * minute);
  world.bank.turn({ created: 'as_recorded' });
  const repair = world.faults.add({ kind: 'status', status: 503 });
  await world.clock.advance(5 * minute);
  const during = shop(world);
  await world.clock.advance(4 * hour);
  repair();
  await world.clock.advance(5 * minute);
  const found = await events(world);
  assert.deepEqual(typesOf(found, ahead), ['created']);
  assert.deepEqual(typesOf(found, during), ['created']);
  const [first] = found as readonly (EventItem & { readonly balance_minor?: number | null })[];
  assert.equal(
    first?.balance_minor,
    world.bank.account(alex.current).balance + 350,
    'with the balance after it',
  );
});
