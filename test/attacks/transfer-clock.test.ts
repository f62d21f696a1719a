import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alex } from '../../sim/household.ts';
import { createCrashes } from '../support/crash.ts';
import {
  changeTransfer,
  hasUndecided,
  isList,
  isMove,
  learnIds,
  move,
  holiday,
  movesAt,
  outcomesTold,
  sends,
  setRails,
  transferOf,
  transfersOf,
  worldWithAlex,
  type Told,
} from '../support/money.ts';
import type { World } from '../support/world.ts';

const seconds = 1_000;
const minutes = 60 * seconds;
const hours = 60 * minutes;
const days = 24 * hours;

const told = ({ http, money_moved: moved, code }: Told) => [http, moved, code];
const moved = [200, 'yes', undefined];

/** A move that is refused because the clock is so wrong, which then is put right. */
async function refusedWhile(world: World, ahead: number): Promise<void> {
  world.bridgeClock.setAhead(ahead);
  assert.deepEqual(told(await move(world, { request_id: `while ${ahead}` })), [409, 'no', 'clock_differs']);
  assert.deepEqual(told(await move(world, { request_id: 'trial', dry_run: true })), [
    409,
    'no',
    'clock_differs',
  ]);
  world.bridgeClock.setAhead(0);
}

const balanceOf = ({ bank }: World) => bank.account(alex.current).balance;

for (const [label, ahead] of [
  ['two days', 2 * days],
  ['an hour', hours],
  ['two days the other way', -2 * days],
] as const) {
  test(`after a clock that was wrong by ${label} the floor holds, and the next move is dated truly`, async () => {
    await using world = await worldWithAlex();
    await refusedWhile(world, ahead);
    world.bank.purchase(alex.current, { amount: 5_000, merchant: 'Blue Door Coffee' });
    const floor = balanceOf(world) - 9_900;
    setRails(world, { floor: { '*': (floor / 100).toFixed(2) } });
    assert.deepEqual(told(await move(world, { request_id: 'a', amount: '100' })), [403, 'no', 'below_floor']);
    const made = await move(world, { request_id: 'a', amount: '99' });
    assert.deepEqual(told(made), moved);
    assert.equal(balanceOf(world), floor);
    const { created = 0, settledAt } = transferOf(world, made) ?? {};
    for (const at of [created, settledAt ?? 0])
      assert.ok(Math.abs(at - world.clock.now()) < minutes, new Date(at).toISOString());
  });

  test(`a clock that is wrong by ${label} opens no cap of a day a second time`, async () => {
    await using world = await worldWithAlex();
    setRails(world, { per_day: { '*': '150' } });
    assert.deepEqual(told(await move(world, { request_id: 'a', amount: '100' })), moved);
    await refusedWhile(world, ahead);
    assert.deepEqual(told(await move(world, { request_id: 'b', amount: '100' })), [403, 'no', 'per_day_cap']);
    await world.restart();
    assert.deepEqual(told(await move(world, { request_id: 'b', amount: '50.01' })), [
      403,
      'no',
      'per_day_cap',
    ]);
    assert.deepEqual(told(await move(world, { request_id: 'b', amount: '50' })), moved);
  });

  test(`a start with a clock that is wrong by ${label} and then put right moves money at once`, async () => {
    await using world = await worldWithAlex();
    await world.stop();
    world.bridgeClock.setAhead(ahead);
    await world.restart();
    await world.clock.advance(30 * seconds);
    await refusedWhile(world, ahead);
    assert.deepEqual(told(await move(world)), moved);
    assert.deepEqual(told(await move(world)), [429, 'no', 'cooldown']);
    await world.clock.advance(61 * seconds);
    assert.deepEqual(told(await move(world)), moved);
  });

  test(`a clock that goes wrong by ${label} neither ends nor stretches the cooldown`, async () => {
    await using world = await worldWithAlex();
    assert.deepEqual(told(await move(world)), moved);
    await refusedWhile(world, ahead);
    assert.deepEqual(told(await move(world)), [429, 'no', 'cooldown']);
    await world.clock.advance(61 * seconds);
    assert.deepEqual(told(await move(world)), moved);
  });

  test(`an open move is decided in time though the clock went wrong by ${label} meanwhile`, async () => {
    await using world = await worldWithAlex();
    const lost = world.faults.add({ kind: 'timeout_before', match: isMove });
    assert.equal((await move(world, { request_id: 'r' }))['money_moved'], 'unknown');
    world.bridgeClock.setAhead(ahead);
    await world.clock.advance(5 * minutes);
    assert.equal(transfersOf(world)[0]?.state, 'open', 'nothing is concluded meanwhile');
    lost();
    const sends = world.bank.calls.filter(({ method }) => method === 'PUT').length;
    await world.clock.advance(5 * minutes);
    assert.equal(
      world.bank.calls.filter(({ method }) => method === 'PUT').length,
      sends,
      'nothing is sent by a wrong clock',
    );
    world.bridgeClock.setAhead(0);
    await world.until('it is decided', () => !hasUndecided(world), 20 * minutes);
    assert.equal(movesAt(world).length, transfersOf(world)[0]?.state === 'moved' ? 1 : 0);
  });
}

test('an outcome that was left open under a clock that was ahead is not believed to be “not moved” later', async () => {
  await using world = await worldWithAlex();
  world.faults.add({ kind: 'timeout_after', match: isMove });
  const hidden = world.faults.add({
    kind: 'wrong_shape',
    match: isList,
    rewrite: () => ({ transactions: [] }),
  });
  assert.equal((await move(world, { request_id: 'r' }))['money_moved'], 'unknown');
  await world.stop();
  world.bridgeClock.setAhead(2 * days);
  await world.restart();
  await world.clock.advance(minutes);
  world.bridgeClock.setAhead(0);
  await world.clock.advance(5 * minutes);
  assert.equal(transfersOf(world)[0]?.state, 'open', 'only minutes have passed in truth');
  hidden();
  await world.until('it is seen', () => !hasUndecided(world), 10 * minutes);
  assert.deepEqual(await outcomesTold(world), ['transfer_completed:yes']);
});

test('a list that was begun in a moment of a wrong clock does not prove that nothing moved', async () => {
  const crashes = createCrashes();
  await using world = await worldWithAlex({ crashes });
  world.faults.add({ kind: 'timeout_after', match: isMove });
  world.faults.add({ kind: 'wrong_shape', match: isList, rewrite: () => ({ transactions: [] }) });
  let moments = 0;
  crashes.arm((point) => {
    const isWrong = point === 'wait commands/transfer/outcome-resolver.ts';
    world.bridgeClock.setAhead(isWrong ? 2 * days : 0);
    if (isWrong) moments += 1;
    return false;
  });
  assert.equal((await move(world, { request_id: 'r' }))['money_moved'], 'unknown');
  await world.clock.advance(10 * minutes);
  assert.ok(moments > 5, `${moments}`);
  assert.equal(transfersOf(world)[0]?.state, 'open');
});

test('a machine that sleeps eight hours with an open move sends it no more, and finds out what became of it', async () => {
  await using world = await worldWithAlex();
  learnIds(world);
  const lost = world.faults.add({ kind: 'timeout_before', match: isMove });
  assert.equal((await move(world, { request_id: 'r' }))['money_moved'], 'unknown');
  lost();
  const before = sends(world).length;
  world.clock.jump(8 * hours);
  await world.until('it is decided', () => !hasUndecided(world), 40 * minutes);
  assert.equal(sends(world).length, before);
  assert.equal(transfersOf(world)[0]?.state, 'not_moved');
  assert.deepEqual(await outcomesTold(world), ['transfer_failed:no']);
  assert.deepEqual(told(await move(world, { request_id: 'next' })), moved);
});

test('a move that was just about to be sent when the machine fell asleep is not made when it wakes up', async () => {
  const crashes = createCrashes();
  await using world = await worldWithAlex({ crashes });
  let last = '';
  crashes.arm((point) => {
    const isWritten = point === 'write COMMIT after INSERT INTO audit' && last === 'write INSERT INTO audit';
    last = point;
    if (isWritten) world.clock.jump(8 * hours);
    if (isWritten) crashes.arm(null);
    return false;
  });
  const { http, money_moved: isMoved, code } = await move(world, { request_id: 'r' });
  assert.deepEqual([http, isMoved, code], [503, 'no', 'timeout']);
  assert.equal(movesAt(world).length, 0);
  assert.deepEqual(told(await move(world, { request_id: 'r' })), moved, 'the request id is free again');
});

test('a wall clock that stands still with a sleeping machine does not let a move be sent hours later', async () => {
  await using world = await worldWithAlex();
  learnIds(world);
  const lost = world.faults.add({ kind: 'timeout_before', match: isMove });
  assert.equal((await move(world, { request_id: 'r' }))['money_moved'], 'unknown');
  lost();
  const before = sends(world).length;
  // A virtual machine that is stopped and continued: only the bank has noticed.
  world.clock.jump(8 * hours);
  world.bridgeClock.setAhead(-8 * hours);
  await world.clock.advance(10 * minutes);
  assert.equal(sends(world).length, before);
  world.bridgeClock.setAhead(0);
  await world.until('it is decided', () => !hasUndecided(world), 40 * minutes);
  assert.equal(movesAt(world).length, 0);
});

test('several moves at once share one reading, and together do not go below the floor', async () => {
  await using world = await worldWithAlex();
  setRails(world, { floor: { '*': ((balanceOf(world) - 12_000) / 100).toFixed(2) } });
  world.faults.add({ kind: 'slow', ms: 400, match: isMove });
  const answers = await Promise.all(
    ['a', 'b', 'c'].map((id) => move(world, { request_id: id, amount: '50' })),
  );
  assert.deepEqual(answers.map(({ code }) => code ?? 'moved').toSorted(), ['below_floor', 'moved', 'moved']);
  assert.equal(movesAt(world).length, 2);
});

test('transfers dated ahead by an earlier version count today, and do not hide a move of another bridge', async () => {
  await using world = await worldWithAlex();
  setRails(world, { per_day: { '*': '150' } });
  const made = await move(world, { request_id: 'a', amount: '100' });
  await world.stop();
  const ahead = world.clock.now() + 2 * days;
  const dates = { created: ahead, firstSentAt: ahead, lastSentAt: ahead, settledAt: ahead };
  changeTransfer(world, made, { ...dates, transactionId: null });
  await world.restart();
  await world.clock.advance(5 * seconds);
  assert.deepEqual(told(await move(world, { request_id: 'b', amount: '60' })), [403, 'no', 'per_day_cap']);
  const small = await move(world, { request_id: 'b', amount: '5' });
  assert.deepEqual(told(small), moved);
  assert.ok(Math.abs((transferOf(world, small)?.created ?? 0) - world.clock.now()) < minutes);
  await world.clock.advance(minutes);
  world.bank.potMove(holiday, 'deposit', { amount: 700, key: `mb-${'a'.repeat(32)}` });
  assert.deepEqual(told(await move(world, { request_id: 'c', amount: '5' })), [409, 'no', 'paused']);
});
