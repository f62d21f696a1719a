import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { connectPerson, type SimulatedPerson } from '../../sim/demo/connect.ts';
import { alex, sam } from '../../sim/household.ts';
import type { Call } from '../../sim/call.ts';
import { openDatabase } from '../../src/store/database.ts';
import { eventLog } from '../support/event-oracle.ts';
import { createWorld, type World } from '../support/world.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
/** The longest between two lists without webhooks, and what a list takes. */
const cadence = 2 * minute + 5_000;
const steps = [-2 * day, -hour, -20_000, 20_000, hour, 2 * day];

const shownBalance = (world: World) =>
  world
    .app()
    .view()
    .accounts.find(({ id }) => id === alex.current)?.balance;

const eventsOf = (world: World) => eventLog((path) => world.api(path));

const clockPart = (world: World) =>
  world
    .app()
    .health()
    .find(({ part }) => part === 'clock');

/** A purchase makes one event that is dated right, and the balance follows, within one cadence. */
async function assertNoticed(world: World, what: string): Promise<void> {
  const { bank, clock } = world;
  const id = bank.purchase(alex.current, { amount: 350, merchant: 'Blue Door Coffee' });
  const madeAt = clock.now();
  await clock.advance(cadence);
  const events = (await eventsOf(world)).filter(({ transaction_id }) => transaction_id === id);
  assert.deepEqual(
    events.map(({ type }) => type),
    ['transaction.created'],
    what,
  );
  const at = Date.parse(events[0]?.at ?? '');
  assert.ok(at >= madeAt - 2_000 && at <= clock.now() + 2_000, `${what}: dated ${at - madeAt} ms off`);
  assert.equal(shownBalance(world), bank.account(alex.current).balance, what);
}

test('whatever the wall clock does, each purchase is one event in time, and the balance is the bank’s', async () => {
  await using world = await createWorld();
  await world.connect('alex');
  for (const step of steps) {
    world.bridgeClock.setAhead(step);
    await assertNoticed(world, `set by ${step} ms`);
    world.bridgeClock.setAhead(0);
    await assertNoticed(world, `put right after ${step} ms`);
  }
});

test('a clock that is set at any call of a reading disturbs nothing', async () => {
  await using world = await createWorld();
  await world.connect('alex');
  for (const path of ['/accounts', '/balance', '/pots', '/transactions'])
    for (const step of [-hour, hour]) {
      const match = (call: Call) => {
        if (call.path === path) world.bridgeClock.setAhead(step);
        return false;
      };
      const stop = world.faults.add({ kind: 'timeout_before', match });
      await world.clock.advance(16 * minute);
      stop();
      await assertNoticed(world, `set by ${step} ms during ${path}`);
      world.bridgeClock.setAhead(0);
    }
});

for (const ahead of [-2 * day, 2 * day])
  test(`a login that is connected while the clock is ${ahead / day} days ahead makes events from then on`, async () => {
    await using world = await createWorld({ ahead });
    const before = world.bank.purchase(alex.current, { amount: 100, merchant: 'Corner Shop' });
    await world.clock.advance(minute);
    await world.connect('alex');
    // The bank tells the time to the second only.
    await world.clock.advance(2_000);
    await assertNoticed(world, 'while it is wrong');
    assert.equal(clockPart(world)?.state, 'degraded');
    assert.match(clockPart(world)?.sentence ?? '', ahead > 0 ? /2 days ahead of/ : /2 days behind/);
    await world.restart();
    world.bridgeClock.setAhead(0);
    await world.clock.advance(5_000);
    await assertNoticed(world, 'once it is right');
    assert.equal(clockPart(world)?.state, 'ok');
    const log = await eventsOf(world);
    assert.ok(!log.some(({ transaction_id }) => transaction_id === before), 'bought before it was connected');
  });

test('a clock that is fast by less than a minute until the bank tells the time makes no event late', async () => {
  await using world = await createWorld({ ahead: 50_000 });
  await world.connect('alex');
  await world.clock.advance(2_000);
  await assertNoticed(world, 'while it is wrong');
  world.bridgeClock.setAhead(0);
  await assertNoticed(world, 'put right');
});

test('a person who is back from the bank after the clock was put right is signed in, within the hour', async () => {
  await using world = await createWorld({ ahead: -2 * day });
  const { uiUrl, adminToken } = world.app();
  const comesBackAfter = (ms: number, person: SimulatedPerson) => {
    const fetchLater: typeof fetch = async (input, init) => {
      const answer = await world.fetchFromOutside(input, init);
      if (init?.method === 'POST') {
        world.bridgeClock.setAhead(0);
        await world.clock.advance(ms);
      }
      return answer;
    };
    return connectPerson(world.bank, { uiUrl, adminToken, fetch: fetchLater }, person);
  };
  const id = await comesBackAfter(59 * minute, { name: 'Alex', ...alex });
  await world.until('the person is connected', () =>
    world
      .app()
      .view()
      .logins.some((login) => login.id === id && login.state === 'active'),
  );
  await assert.rejects(comesBackAfter(61 * minute, { name: 'Sam', ...sam }), /took too long/);
});

test('after a sleep of the machine everything is read again at once, not when the waits are over', async () => {
  await using world = await createWorld({ settings: { MONZO_BRIDGE_POLL_SECONDS: '3600' } });
  await world.connect('alex');
  await world.clock.advance(minute);
  // The machine sleeps for eight hours: monotonic time stands still, and the bank goes on.
  const id = world.bank.purchase(alex.current, { amount: 350, merchant: 'Blue Door Coffee' });
  world.clock.jump(8 * hour);
  await world.clock.advance(31_000);
  const log = await eventsOf(world);
  assert.equal(log.filter(({ transaction_id }) => transaction_id === id).length, 1);
  assert.equal(shownBalance(world), world.bank.account(alex.current).balance);
});

test('a clock that is set every minute costs no more than one look in five minutes', async () => {
  await using world = await createWorld();
  await world.connect('alex');
  const callsInAnHour = async (pass: () => Promise<void>) => {
    world.bank.calls.splice(0);
    for (let minutes = 0; minutes < 60; minutes += 1) await pass();
    return world.bank.calls.length;
  };
  await world.clock.advance(30 * minute);
  const usual = await callsInAnHour(() => world.clock.advance(minute));
  for (const step of [10_000, day]) {
    let steps = 0;
    const set = await callsInAnHour(() => {
      world.bridgeClock.setAhead((steps += 1) % 2 === 0 ? 0 : step);
      return world.clock.advance(minute);
    });
    const ofOneLook = 16;
    assert.ok(set <= usual + 13 * ofOneLook, `${set} calls instead of ${usual}`);
  }
});

test('after a sleep without the bank nothing is told of a wrong clock, and old values become unavailable', async () => {
  await using world = await createWorld();
  await world.connect('alex');
  await world.clock.advance(minute);
  const letThrough = world.faults.add({ kind: 'reset_before' });
  world.clock.jump(8 * hour);
  const isAvailable = () =>
    world
      .app()
      .view()
      .accounts.some(({ available }) => available);
  for (let minutes = 0; minutes < 22; minutes += 1) {
    assert.equal(clockPart(world)?.sentence, null);
    await world.clock.advance(minute);
  }
  assert.equal(isAvailable(), false, 'read eight hours ago');
  letThrough();
  await world.clock.advance(2 * minute);
  assert.equal(isAvailable(), true);
  assert.equal(clockPart(world)?.state, 'ok');
  await assertNoticed(world, 'after the sleep');
});

test('what an earlier life of a clock that was ahead has stored is told and overcome, not waited for', async () => {
  await using world = await createWorld();
  await world.connect('alex');
  const pending = world.bank.purchase(alex.current, { amount: 100, merchant: 'Corner Shop' });
  await world.clock.advance(cadence);
  await world.stop();
  const database = openDatabase(join(world.directory, 'monzo-bridge.sqlite'));
  for (const [table, column] of [
    ['reading', 'at'],
    ['events_since', 'since'],
    ['bank_transaction', 'seen_at'],
    ['login', 'active_since'],
    ['login', 'approved_at'],
    ['login', 'last_success'],
  ] as const)
    database.run(`UPDATE ${table} SET ${column} = ${column} + ${2 * day}`, []);
  database.close();
  // Monzo does not always say that a row was updated.
  Object.assign(world.bank.model.transactions.get(pending) ?? {}, { notes: 'for the office' });
  const heal = world.faults.add({ kind: 'status', status: 500, match: () => true });
  await world.restart();
  assert.match(clockPart(world)?.sentence ?? '', /dated about 2 days ahead/);
  heal();
  await world.clock.advance(minute);
  assert.equal(clockPart(world)?.state, 'ok');
  await assertNoticed(world, 'with a future behind it');
  const log = await eventsOf(world);
  assert.ok(
    log.some(({ transaction_id, type }) => transaction_id === pending && type === 'transaction.amended'),
  );
});

test('a clock that is years ahead at a start deletes nothing before the bank has told the time', async () => {
  await using world = await createWorld();
  await world.connect('alex');
  await world.clock.advance(5_000);
  const id = world.bank.purchase(alex.current, { amount: 350, merchant: 'Blue Door Coffee' });
  await world.clock.advance(cadence);
  await world.stop();
  world.bridgeClock.setAhead(4_000 * day);
  const letThrough = world.faults.add({ kind: 'reset_before' });
  await world.restart();
  await world.clock.advance(10 * minute);
  letThrough();
  await world.clock.advance(10 * minute);
  // And while the bank is away, a clock that is set counts for nothing either.
  const letThroughAgain = world.faults.add({ kind: 'reset_before' });
  world.bridgeClock.setAhead(8_000 * day);
  await world.clock.advance(7 * hour);
  letThroughAgain();
  world.bridgeClock.setAhead(0);
  await world.clock.advance(20 * minute);
  const event = (await eventsOf(world)).find(({ transaction_id }) => transaction_id === id);
  assert.equal(event?.data['id'], id);
});
