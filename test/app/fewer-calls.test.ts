import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Call } from '../../sim/call.ts';
import { alex } from '../../sim/household.ts';
import { startWebhookSender } from '../../sim/webhooks.ts';
import { isBalance, isList, worldWithAlex } from '../support/money.ts';
import { events } from '../support/scenario.ts';
import { quiet } from '../support/until.ts';
import type { World } from '../support/world.ts';

const second = 1_000;
const minute = 60 * second;

/** A bridge that is rung for, long enough after its start that nothing is due by itself. */
async function rungWorld(): Promise<World> {
  const world = await worldWithAlex({ settings: { MONZO_BRIDGE_PUBLIC_URL: 'https://bank.home.example' } });
  startWebhookSender({ ...world, fetch: world.fetchFromOutside });
  await pass(world, 2 * minute, minute);
  return world;
}

async function pass(world: World, ms: number, step = second): Promise<void> {
  for (let passed = 0; passed < ms; passed += step) {
    await world.clock.advance(step);
    await quiet(5);
  }
}

const buy = ({ bank }: World) => bank.purchase(alex.current, { amount: 700, merchant: 'Bakery' });
const shown = (world: World) =>
  world
    .app()
    .view()
    .accounts.find(({ id }) => id === alex.current)?.balance;
const isRight = (world: World) => shown(world) === world.bank.account(alex.current).balance;
const eventOf = async (world: World, id: string) =>
  (await events(world)).find(({ event_id }) => event_id === `${id}:created`);
const sent = ({ bank }: World) => bank.calls.length;

/** How many seconds each refused call came after the one before. */
function gaps({ bank }: World, from: number, match: (call: Pick<Call, 'path'>) => boolean = () => true) {
  const times = bank.calls
    .slice(from)
    .filter(match)
    .map(({ at }) => at);
  return times.slice(1).map((at, place) => Math.round((at - (times[place] ?? at)) / second));
}

for (const [name, retryAfter, within] of [
  ['with Retry-After: 3', 3, 5],
  ['without Retry-After', undefined, 11],
] as const)
  test(`what a 429 ${name} has held back is there ${within} seconds later`, async () => {
    await using world = await rungWorld();
    const repair = world.faults.add({
      kind: 'status',
      status: 429,
      ...(retryAfter !== undefined && { retryAfter }),
    });
    const before = sent(world);
    const id = buy(world);
    await pass(world, second);
    repair();
    const refused = sent(world) - before;
    assert.ok(refused > 0 && refused <= 3, `${refused} calls met it`);
    await pass(world, (retryAfter ?? 10) * second - 2 * second);
    assert.equal(sent(world) - before, refused, 'nothing is asked during the pause');
    await pass(world, (within - (retryAfter ?? 10) + 2) * second);
    assert.ok(isRight(world));
    assert.equal((await eventOf(world, id))?.balance_minor, shown(world));
    assert.equal(world.app().view().logins[0]?.needs, null);
  });

test('a balance that was refused once is there ten seconds later, and its event at once', async () => {
  await using world = await rungWorld();
  world.faults.add({ kind: 'status', status: 429, match: isBalance, times: 1 });
  const id = buy(world);
  await pass(world, 3 * second);
  assert.equal((await eventOf(world, id))?.balance_minor, null);
  await pass(world, 9 * second);
  assert.ok(isRight(world));
});

test('while balances alone are refused, events go on and balances are asked for less and less often', async () => {
  await using world = await rungWorld();
  const from = sent(world);
  const repair = world.faults.add({ kind: 'status', status: 429, match: isBalance });
  const ids: string[] = [];
  for (let purchase = 0; purchase < 8; purchase += 1) {
    ids.push(buy(world));
    await pass(world, 25 * second);
  }
  for (const id of ids) assert.ok(await eventOf(world, id), id);
  const between = gaps(world, from, isBalance);
  for (const [place, gap] of between.entries()) assert.ok(gap >= 10 * 2 ** place, between.join());
  assert.ok(between.length >= 3, between.join());
  assert.ok(gaps(world, from, isList).length >= 7);
  repair();
  await world.until('the balance is right', () => isRight(world), 170 * second);
});

for (const [name, retryAfter] of [
  ['without Retry-After', undefined],
  ['with Retry-After: 0', 0],
] as const)
  test(`a bank that refuses everything ${name} for an hour is asked less and less often, whoever rings`, async () => {
    await using world = await rungWorld();
    const repair = world.faults.add({
      kind: 'status',
      status: 429,
      ...(retryAfter !== undefined && { retryAfter }),
    });
    const from = sent(world);
    const ids: string[] = [];
    for (let passed = 0; passed < 60; passed += 1) {
      if (passed % 5 === 0) ids.push(buy(world));
      await pass(world, minute, 20 * second);
    }
    // Calls that were under way when the first was refused do not count.
    const pauses = gaps(world, from).filter((gap) => gap > 0);
    assert.ok(pauses.length <= 11, pauses.join());
    for (const [place, pause] of pauses.slice(1).entries())
      assert.ok(pause >= Math.min(900, 10 * 2 ** place), pauses.join());
    repair();
    await world.until('it is all there', () => isRight(world), 16 * minute);
    for (const id of ids) assert.ok(await eventOf(world, id), id);
  });
