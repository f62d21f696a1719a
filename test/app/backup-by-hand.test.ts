import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alex } from '../../sim/household.ts';
import { eventsAfter, toldOnce } from '../support/told-events.ts';
import { backup, partOf } from '../support/backup.ts';
import { ask, move, movesAt, worldWithAlex, type Told } from '../support/money.ts';
import { comeBack, loginOf } from '../support/people.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const seldom = { MONZO_BRIDGE_POLL_SECONDS: '3600' };

const told = (answer: Told) => [
  answer.http,
  answer['code'] ?? answer['money_moved'],
  answer['repeated'] ?? false,
];

test('a copy of yesterday that is put back by hand moves nothing twice, misses nothing and says what it is', async (t) => {
  await using world = await worldWithAlex({ settings: seldom, switches: { dedupeMemory: 'one_day' } });
  const login = world.app().view().logins[0]?.id ?? '';
  const putBack = await backup(t, world);
  await world.clock.advance(minute);
  const bought = [world.bank.purchase(alex.current, { amount: 400, merchant: 'Blue Door Coffee' })];
  assert.equal((await move(world, { request_id: 'since', amount: '7' })).http, 200);
  await world.clock.advance(32 * hour);
  const [newest] = (await eventsAfter(world)).slice(-1);
  assert.ok(newest);
  bought.push(world.bank.purchase(alex.current, { amount: 500, merchant: 'Corner Shop' }));
  await putBack();
  await world.until('the login is tried', () => loginOf(world, login).state !== 'active');
  await comeBack(world, (ms) => world.clock.advance(ms));
  assert.deepEqual(told(await move(world, { request_id: 'since', amount: '7' })), [200, 'yes', true]);
  assert.deepEqual(told(await move(world, { request_id: 'new' })), [409, 'paused', false]);
  assert.match(partOf(world, 'money')?.sentence ?? '', /this database is an old copy/);
  assert.equal(movesAt(world).length, 1);
  const once = await toldOnce(world);
  assert.ok(bought.every((id) => once.has(id)));
  // A client that had read up to the newest event hears of all that come now.
  const heard = new Set((await eventsAfter(world, newest.seq)).map((event) => event.transaction_id));
  assert.ok(bought.every((id) => heard.has(id)));
});

for (const [name, isBehind] of [
  ['', false],
  [', also where the clock of the machine is as old', true],
] as const)
  test(`a copy that is older than what the bank lists pauses money before anything moves${name}`, async (t) => {
    await using world = await worldWithAlex({ settings: seldom, switches: { dedupeMemory: 'one_day' } });
    const login = world.app().view().logins[0]?.id ?? '';
    const putBack = await backup(t, world);
    await world.clock.advance(minute);
    assert.equal((await move(world, { request_id: 'long ago', amount: '7' })).http, 200);
    await world.stop();
    world.clock.jump(100 * day);
    if (isBehind) world.bridgeClock.setAhead(-100 * day);
    await putBack();
    // As a machine without a clock of its own, which asks for the time after the start.
    world.bridgeClock.setAhead(0);
    if (!isBehind) assert.match(partOf(world, 'money')?.sentence ?? '', /^No bridge ran with this database/);
    await world.until('the login is tried', () => loginOf(world, login).state !== 'active');
    await comeBack(world, (ms) => world.clock.advance(ms));
    await world.until('the login works', () => loginOf(world, login).state === 'active');
    // Nothing that the bank still lists shows the move.
    world.bank.model.transactions.forEach((row) => world.bank.model.vanished.add(row.id));
    assert.deepEqual(told(await move(world, { request_id: 'long ago', amount: '7' })), [
      409,
      'paused',
      false,
    ]);
    assert.match(partOf(world, 'money')?.sentence ?? '', /^No bridge ran with this database/);
    assert.equal(movesAt(world).length, 1);
    // It was for that start alone.
    assert.equal((await ask(world, 'resume')).http, 200);
    await world.restart();
    assert.equal(partOf(world, 'money')?.state, 'ok');
    assert.equal((await move(world, { request_id: 'new' })).http, 200);
  });

test('a bridge that was on for months without the bank is no old copy', async () => {
  await using world = await worldWithAlex({ settings: seldom });
  world.faults.add({ kind: 'status', status: 503, match: () => true });
  for (let month = 0; month < 4; month += 1) {
    world.clock.jump(30 * day);
    await world.restart();
    assert.equal(partOf(world, 'money')?.state, 'ok');
  }
});
