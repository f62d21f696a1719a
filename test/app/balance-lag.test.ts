import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alex } from '../../sim/household.ts';
import { startWebhookSender } from '../../sim/webhooks.ts';
import { isBalance, move, setRails, worldWithAlex } from '../support/money.ts';
import { events } from '../support/scenario.ts';
import { quiet } from '../support/until.ts';
import type { World } from '../support/world.ts';

const second = 1_000;

/** What the bridge shows, and what it is at the bank. */
const shown = (world: World) =>
  world
    .app()
    .view()
    .accounts.find(({ id }) => id === alex.current)?.balance;
const actual = ({ bank }: World) => bank.account(alex.current).balance;

/** A bridge that is rung for, at a bank whose balance lags by so many milliseconds. */
async function laggingWorld(balanceLag: 0 | 3_000 | 12_000 | 40_000): Promise<World> {
  const world = await worldWithAlex({
    settings: { MONZO_BRIDGE_PUBLIC_URL: 'https://bank.home.example' },
    switches: { balanceLag },
  });
  const { bank, faults, clock } = world;
  startWebhookSender({ bank, faults, clock, fetch: world.fetchFromOutside });
  await clock.advance(60 * second);
  return world;
}

async function pass(world: World, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 500) {
    await world.clock.advance(500);
    await quiet(5);
  }
}

for (const lag of [3_000, 12_000, 40_000] as const)
  test(`a balance that lags by ${lag / second} s is shown within fifteen seconds of its being right, and never told before`, async () => {
    await using world = await laggingWorld(lag);
    const before = actual(world);
    const id = world.bank.purchase(alex.current, { amount: 700, merchant: 'Bakery' });
    await pass(world, lag + 15 * second);
    assert.equal(shown(world), before - 700);
    const event = (await events(world)).find(({ event_id }) => event_id === `${id}:created`);
    assert.equal(event?.balance_minor, null, 'no balance from before the purchase');
    const calls = world.bank.calls.filter(isBalance).length;
    await pass(world, 60 * second);
    assert.equal(world.bank.calls.filter(isBalance).length, calls, 'what agrees is not asked for again');
  });

test('a balance that is right at once is told in the event', async () => {
  await using world = await laggingWorld(0);
  const id = world.bank.purchase(alex.current, { amount: 700, merchant: 'Bakery' });
  await pass(world, 5 * second);
  const event = (await events(world)).find(({ event_id }) => event_id === `${id}:created`);
  assert.equal(event?.balance_minor, actual(world));
});

test('the floor holds although the balance does not show the move before yet', async () => {
  await using world = await laggingWorld(12_000);
  const balance = actual(world);
  setRails(world, {
    per_move: { '*': '2000' },
    per_day: { '*': '2000' },
    floor: { '*': `${balance / 100 - 150}` },
  });
  const first = await move(world, { amount: '100.00', request_id: 'first' });
  assert.equal(first['money_moved'] === 'no', false);
  const second_ = await move(world, { amount: '100.00', request_id: 'second' });
  assert.equal(second_['code'], 'below_floor');
  assert.ok(actual(world) >= balance - 15_000);
});

test('the floor holds although neither the balance nor a list shows the move before yet', async () => {
  await using world = await laggingWorld(12_000);
  const balance = actual(world);
  setRails(world, {
    per_move: { '*': '2000' },
    per_day: { '*': '2000' },
    floor: { '*': `${balance / 100 - 150}` },
  });
  world.bank.listen(({ what, transaction }) => {
    if (what === 'created') world.bank.showLate(transaction.id, 60 * second);
  });
  await move(world, { amount: '100.00', request_id: 'first' });
  assert.equal((await move(world, { amount: '100.00', request_id: 'second' }))['code'], 'below_floor');
});

test('the floor holds after a restart too, although nothing shows the move before yet', async () => {
  await using world = await laggingWorld(40_000);
  const balance = actual(world);
  setRails(world, {
    per_move: { '*': '2000' },
    per_day: { '*': '2000' },
    floor: { '*': `${balance / 100 - 150}` },
  });
  world.bank.listen(({ what, transaction }) => {
    if (what === 'created') world.bank.showLate(transaction.id, 60 * second);
  });
  await move(world, { amount: '100.00', request_id: 'first' });
  await world.restart();
  await world.clock.advance(2 * second);
  assert.equal((await move(world, { amount: '100.00', request_id: 'second' }))['code'], 'below_floor');
});

test('a move that Monzo accepted and does not show yet counts once towards the floor', async () => {
  await using world = await laggingWorld(0);
  world.bank.turn({ deferredMove: 'later' });
  setRails(world, {
    per_move: { '*': '2000' },
    per_day: { '*': '2000' },
    floor: { '*': `${actual(world) / 100 - 250}` },
  });
  const codes: unknown[] = [];
  for (const request_id of ['first', 'second', 'third'])
    codes.push((await move(world, { amount: '100.00', request_id }))['code']);
  assert.deepEqual(codes, [undefined, undefined, 'below_floor']);
});

test('a balance that moves by what the bank never shows is taken as it is after four more looks', async () => {
  await using world = await laggingWorld(0);
  world.bank.account(alex.current).balance -= 123;
  world.bank.purchase(alex.current, { amount: 700, merchant: 'Bakery' });
  const calls = world.bank.calls.filter(isBalance).length;
  await pass(world, 12 * second);
  assert.equal(shown(world), actual(world));
  await pass(world, 120 * second);
  assert.ok(world.bank.calls.filter(isBalance).length - calls <= 6);
});

test('a payment that is released while the balance lags leaves it right in the end', async () => {
  await using world = await laggingWorld(40_000);
  world.bank.turn({ laterDeliveries: 'every_change' });
  const id = world.bank.purchase(alex.current, { amount: 200, merchant: 'Bakery' });
  await pass(world, 20 * second);
  world.bank.reverse(id);
  await pass(world, 29 * second);
  world.bank.purchase(alex.current, { amount: 500, merchant: 'Grocer' });
  await pass(world, 55 * second);
  assert.equal(shown(world), actual(world));
});

test('a pot is shown right within fifteen seconds of its being right at the bank', async () => {
  await using world = await laggingWorld(0);
  world.bank.turn({ potLag: 12_000 });
  await move(world, { amount: '10.00', request_id: 'first' });
  world.bank.potMove(alex.pots.holiday, 'deposit', { amount: 300 });
  await pass(world, 27 * second);
  const pot = world
    .app()
    .view()
    .pots.find(({ id }) => id === alex.pots.holiday);
  assert.equal(pot?.balance, world.bank.pot(alex.pots.holiday).balance);
});
