import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../sim/fake-clock.ts';
import { alex, household, joint } from '../../sim/household.ts';
import { dedupeIdOf } from '../../src/domain/transfer.ts';
import {
  ask,
  auditOf,
  holiday,
  isList,
  isMove,
  learnIds,
  move,
  movesAt,
  onceSent,
  outcomesTold,
  rewritten,
  transferOf,
  worldWithAlex,
  stateOf,
  sends,
  isBalance,
} from '../support/money.ts';
import { answered, post } from '../support/people.ts';
import { createWorld, type World } from '../support/world.ts';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

const refresh = (world: World) => answered(world, world.api('/api/commands/refresh', post({})));

const declined = rewritten((row) => [{ ...row, decline_reason: 'OTHER' }]);
const notYetShown = rewritten(() => []);

test('a list that shows a move settles it at once, and its caller hears of it then', async () => {
  await using world = await worldWithAlex();
  world.faults.add({ kind: 'reset_after', match: isMove });
  const hidden = world.faults.add({ kind: 'wrong_shape', match: isList, rewrite: notYetShown });
  const asked = world.clock.now();
  const body = { pot: holiday, transfer_type: 'deposit', amount: '5.00', request_id: 'r' };
  let toldAfter = Infinity;
  const answer = world.api('/api/commands/pot_transfer', post(body)).finally(() => {
    toldAfter = world.clock.now() - asked;
  });
  // It is looked for after 2, 7 and 17 seconds.
  await world.until('it was looked for twice', () => world.clock.now() - asked >= 9 * second);
  assert.equal(toldAfter, Infinity);
  hidden();
  await refresh(world);
  const told = (await (await answered(world, answer)).json()) as Readonly<Record<string, unknown>>;
  assert.ok(toldAfter < 15 * second, `told after ${toldAfter} ms`);
  const [made] = movesAt(world);
  assert.deepEqual([told['money_moved'], told['transaction_id']], ['yes', made?.id]);
  assert.equal(auditOf(world).find(({ decision }) => decision === 'moved')?.transactionId, made?.id);
});

test('a declined transaction with the id of a move does not show that the money moved', async () => {
  await using world = await worldWithAlex({ switches: { deferredMove: 'declined_later' } });
  learnIds(world);
  world.faults.add({ kind: 'timeout_after', match: isMove });
  assert.equal((await move(world, { request_id: 'r' }))['money_moved'], 'unknown');
  await world.clock.advance(hour);
  assert.equal(stateOf(world), 'not_moved');
  assert.deepEqual(await outcomesTold(world), ['transfer_failed:no']);
});

test('a move whose transaction changes later is recorded as seen once', async () => {
  await using world = await worldWithAlex();
  const told = await move(world, { request_id: 'r' });
  for (const notes of ['one', 'two'])
    await ask(world, 'annotate', { transaction_id: told['transaction_id'], notes });
  assert.equal(auditOf(world).filter(({ decision }) => decision === 'seen').length, 1);
});

test('a restart takes up a move that never reached the bank: sends it again, and ends it', async () => {
  await using world = await worldWithAlex();
  learnIds(world);
  world.faults.add({ kind: 'timeout_before', match: isMove });
  const asked = move(world, { request_id: 'r' }).catch(() => null);
  await world.until('it was sent', () => sends(world).length > 0);
  await world.restart();
  await asked;
  const before = sends(world).length;
  await world.clock.advance(hour);
  assert.ok(sends(world).length > before);
  assert.deepEqual(await outcomesTold(world), ['transfer_failed:no']);
});

test('a move that is for a person is still looked for, and a complete list ends it', async () => {
  await using world = await worldWithAlex();
  learnIds(world);
  world.faults.add({ kind: 'timeout_before', match: isMove });
  const hidden = world.faults.add({ kind: 'status', status: 500, match: onceSent(world, isList) });
  const told = await move(world, { request_id: 'r' });
  await world.clock.advance(hour);
  assert.equal(transferOf(world, told)?.state, 'unresolved');
  hidden();
  await world.clock.advance(hour);
  assert.equal(transferOf(world, told)?.state, 'not_moved');
  assert.deepEqual(await outcomesTold(world), ['transfer_failed:no']);
});

test('a disk that is full when a move is to be given to a person only delays that', async () => {
  let isFull = false;
  await using world = await worldWithAlex({ isDiskFull: () => isFull });
  world.faults.add({ kind: 'timeout_before', match: isMove });
  world.faults.add({ kind: 'status', status: 500, match: onceSent(world, isList) });
  assert.equal((await move(world, { request_id: 'r' }))['money_moved'], 'unknown');
  await world.clock.advance(10 * minute);
  isFull = true;
  await world.clock.advance(hour);
  assert.equal(stateOf(world), 'open');
  isFull = false;
  await world.clock.advance(hour);
  assert.equal(stateOf(world), 'unresolved');
});

test('a move is not sent again while the bank’s clock and ours differ', async () => {
  await using world = await worldWithAlex();
  world.faults.add({ kind: 'timeout_before', match: isMove });
  await move(world, { request_id: 'r' });
  const right = world.faults.add({ kind: 'clock_skew', ms: 2 * minute });
  await refresh(world);
  const before = sends(world).length;
  await world.clock.advance(5 * minute);
  assert.equal(sends(world).length, before);
  right();
  await world.clock.advance(5 * minute);
  assert.ok(sends(world).length > before);
});

test('a request of which Monzo shows only a declined transaction is carried out', async () => {
  await using world = await worldWithAlex();
  const key = dedupeIdOf({ potId: holiday, direction: 'deposit', requestId: 'r' });
  world.faults.add({ kind: 'wrong_shape', match: isList, rewrite: declined });
  world.bank.potMove(holiday, 'deposit', { amount: 500, key });
  await refresh(world);
  const told = await move(world, { request_id: 'r' });
  assert.deepEqual([told['repeated'], sends(world).length], [undefined, 1]);
});

test('a request that an earlier installation carried out is a repetition, although only Monzo remembers it', async () => {
  await using world = await createWorld();
  const key = dedupeIdOf({ potId: holiday, direction: 'deposit', requestId: 'r' });
  world.bank.potMove(holiday, 'deposit', { amount: 500, key });
  await world.clock.advance(10 * minute);
  await world.connect('alex');
  await world.clock.advance(minute);
  assert.equal((await move(world, { request_id: 'r', amount: '6' }))['code'], 'request_id_reused');
  for (let attempt = 0; attempt < 2; attempt += 1) {
    const told = await move(world, { request_id: 'r' });
    assert.deepEqual([told.http, told['money_moved'], told['repeated']], [200, 'yes', true]);
    assert.deepEqual([told['request_id'], told['transaction_id']], ['r', movesAt(world)[0]?.id]);
  }
  assert.equal(sends(world).length, 0);
});

test('a partner’s login finds out about a move whose own login has ended, and sends nothing', async () => {
  await using world = await worldWithAlex();
  await world.connect('sam');
  learnIds(world);
  world.faults.add({ kind: 'timeout_before', match: isMove });
  await move(world, { pot: joint.pots.bills, request_id: 'r' });
  world.bank.lapseApproval(alex.userId);
  await refresh(world);
  const before = sends(world).length;
  await world.clock.advance(hour);
  assert.equal(stateOf(world), 'not_moved');
  assert.equal(sends(world).length, before);
});

test('a list reaches back far enough to show a move although the bank’s clock is behind', async () => {
  await using world = await worldWithAlex({
    bank: (now) => household({ now: () => now() - 50 * second, random: seededRandom(1) }),
    // Nothing but the search for the move lists the account meanwhile.
    settings: { MONZO_BRIDGE_POLL_SECONDS: '3600' },
  });
  world.faults.add({ kind: 'timeout_after', match: isMove });
  const hidden = world.faults.add({ kind: 'status', status: 500, match: onceSent(world, isList) });
  await move(world, { request_id: 'r' });
  await world.clock.advance(minute);
  hidden();
  await world.clock.advance(40 * minute);
  assert.equal(stateOf(world), 'moved');
});

test('a move from before all that Monzo lets be read stays for a person', async () => {
  await using world = await worldWithAlex();
  world.faults.add({ kind: 'timeout_before', match: isMove });
  world.faults.add({ kind: 'status', status: 500, match: onceSent(world, isList) });
  await move(world, { request_id: 'r' });
  await world.clock.advance(hour);
  await world.stop();
  world.clock.jump(86 * 24 * hour);
  world.faults.clear();
  await world.restart();
  await world.clock.advance(hour);
  assert.equal(stateOf(world), 'unresolved');
});

test('a move is answered at once, although nothing can be read after it', async () => {
  await using world = await worldWithAlex();
  world.faults.add({ kind: 'status', status: 500, match: onceSent(world, isBalance) });
  const asked = world.clock.now();
  assert.equal((await move(world, { request_id: 'r' }))['money_moved'], 'yes');
  assert.ok(world.clock.now() - asked <= 10 * second);
});

test('a list that was begun too early proves nothing, whenever it ends', async () => {
  await using world = await worldWithAlex();
  learnIds(world);
  world.faults.add({ kind: 'timeout_before', match: isMove });
  await move(world, { request_id: 'r' });
  await ask(world, 'pause');
  const last = sends(world).at(-1)?.at ?? 0;
  await world.clock.advance(last + 15 * minute - 4 * second - world.clock.now());
  // After the restart the second list begins 15 minutes and 6 seconds after the last send, and ends 8 seconds later.
  world.faults.add({ kind: 'slow', ms: 8 * second, match: isList });
  await world.restart();
  await world.clock.advance(21 * second);
  assert.equal(stateOf(world), 'open');
  await world.clock.advance(2 * minute);
  assert.equal(stateOf(world), 'not_moved');
});

test('after a restart too, only the time since the last send makes a list a proof', async () => {
  await using world = await worldWithAlex();
  learnIds(world);
  world.faults.add({ kind: 'timeout_before', match: isMove });
  await move(world, { request_id: 'r' });
  await world.clock.advance(15 * minute);
  const last = sends(world).at(-1)?.at ?? 0;
  await world.restart();
  await world.clock.advance(last + 15 * minute - world.clock.now());
  assert.equal(stateOf(world), 'open');
  await world.clock.advance(2 * minute);
  assert.equal(stateOf(world), 'not_moved');
});

test('a decision is made once: a failure of a transfer is no second row of the audit', async () => {
  await using world = await worldWithAlex();
  world.faults.add({ kind: 'status', status: 400, match: isMove, times: 1 });
  await move(world, { request_id: 'refused' });
  const rows = () => auditOf(world).filter(({ action }) => action === 'pot_transfer');
  assert.deepEqual(
    rows()
      .map(({ decision }) => decision)
      .toReversed(),
    ['allowed', 'answered', 'not_moved'],
  );
  world.faults.add({ kind: 'status', status: 503, match: ({ path }) => path === '/balance' });
  await move(world, { request_id: 'down' });
  assert.equal(rows()[0]?.decision, 'failed');
});
