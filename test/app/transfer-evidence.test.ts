import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Call } from '../../sim/call.ts';
import { seededRandom } from '../../sim/fake-clock.ts';
import { alex, household, joint } from '../../sim/household.ts';
import { dedupeIdOf } from '../../src/domain/transfer.ts';
import {
  ask,
  auditOf,
  holiday,
  isList,
  isMove,
  move,
  movesAt,
  onceSent,
  outcomesTold,
  setRails,
  transferOf,
  transfersOf,
  worldWithAlex,
} from '../support/money.ts';
import { answered, post } from '../support/people.ts';
import { inSteps, until } from '../support/until.ts';
import { createWorld, type World } from '../support/world.ts';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

const stateOf = (world: World) => transfersOf(world)[0]?.state;
const sends = (world: World) => world.bank.calls.filter(({ method }) => method === 'PUT');
const isBalance = ({ path }: { readonly path: string }) => path === '/balance';
const refresh = (world: World) => answered(world, world.api('/api/commands/refresh', post({})));

interface Row {
  readonly decline_reason?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

type Rows = readonly Row[];

/** Changes what lists show of our moves. */
const rewritten = (change: (ours: Row) => Rows) => (body: unknown) => {
  const { transactions = [] } = body as { readonly transactions?: Rows };
  const isOurs = ({ metadata }: Row) => metadata?.['external_id']?.includes('mb-') === true;
  return { transactions: transactions.flatMap((row) => (isOurs(row) ? change(row) : [row])) };
};
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
  await using world = await worldWithAlex();
  world.faults.add({ kind: 'timeout_after', match: isMove });
  world.faults.add({ kind: 'wrong_shape', match: isList, rewrite: declined });
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

test('asking again for a move that is open sends it no more often, and sends grow rarer', async () => {
  const counts = [];
  for (const repetitions of [0, 6]) {
    await using world = await worldWithAlex();
    world.faults.add({ kind: 'timeout_before', match: isMove });
    await move(world, { request_id: 'r' });
    for (let index = 0; index < repetitions; index += 1) void move(world, { request_id: 'r' });
    await world.clock.advance(10 * minute);
    counts.push(sends(world).length);
  }
  assert.equal(counts[1], counts[0]);
  assert.ok((counts[0] ?? 0) <= 12, `${counts[0]} sends`);
});

test('asking again while the first send is under way sends nothing', async () => {
  await using world = await worldWithAlex();
  world.faults.add({ kind: 'slow', ms: 4 * second, match: isMove });
  const first = move(world, { request_id: 'r' });
  await world.until('it is under way', () => stateOf(world) === 'open');
  assert.equal(sends(world).length, 0, 'it has not arrived');
  const again = await move(world, { request_id: 'r' });
  assert.deepEqual([again['money_moved'], again['repeated']], ['yes', true]);
  assert.equal((await first)['money_moved'], 'yes');
  assert.equal(sends(world).length, 1);
});

test('a restart takes up a move that never reached the bank: sends it again, and ends it', async () => {
  await using world = await worldWithAlex();
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

test('the same request that comes five times at the same moment is one transfer', async () => {
  await using world = await worldWithAlex();
  const told = await Promise.all([1, 2, 3, 4, 5].map(() => move(world, { request_id: 'r' })));
  assert.deepEqual(
    told.map((one) => [one.http, one['money_moved']]),
    told.map(() => [200, 'yes']),
  );
  assert.equal(new Set(told.map((one) => one['transfer_id'])).size, 1);
  assert.equal(told.filter((one) => one['repeated'] === true).length, 4);
  assert.equal(sends(world).length, 1);
});

test('the same request is one transfer, although all of them had asked before any was recorded', async () => {
  await using world = await worldWithAlex();
  world.faults.add({ kind: 'slow', ms: second, match: isBalance });
  world.faults.add({ kind: 'slow', ms: 4 * second, match: isMove });
  const told = await Promise.all([1, 2, 3].map(() => move(world, { request_id: 'r' })));
  assert.deepEqual(
    told.map((one) => [one.http, one['money_moved']]),
    told.map(() => [200, 'yes']),
  );
  assert.deepEqual([transfersOf(world).length, sends(world).length], [1, 1]);
  const others = await Promise.all(['6', '7'].map((amount) => move(world, { request_id: 'other', amount })));
  const outcomes = others.map((one) => one['code'] ?? one['money_moved']);
  assert.deepEqual(outcomes.toSorted(), ['request_id_reused', 'yes']);
  assert.equal(movesAt(world).length, 2);
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

test('a balance that was asked for before a move ended is less that move', async () => {
  await using world = await worldWithAlex();
  const { balance } = world.bank.account(alex.current);
  setRails(world, { floor: { '*': String(balance / 100 - 7) } });
  world.faults.add({ kind: 'slow', ms: 2 * second, match: isMove });
  const first = move(world, { request_id: 'first' });
  await world.until('it is under way', () => stateOf(world) === 'open');
  assert.equal(sends(world).length, 0, 'it has not arrived');
  // The balance comes before the first move is made, and the list after it does not show it yet.
  world.faults.add({ kind: 'wrong_shape', match: isList, rewrite: notYetShown });
  world.faults.add({ kind: 'slow', ms: 4 * second, match: isList, times: 1 });
  const next = await move(world, { request_id: 'next' });
  assert.deepEqual([next['code'], next['money_moved']], ['below_floor', 'no']);
  assert.equal((await first)['money_moved'], 'yes');
});

test('a partner’s login finds out about a move whose own login has ended, and sends nothing', async () => {
  await using world = await worldWithAlex();
  await world.connect('sam');
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

test('a stop does not wait for what the bank has not answered', async () => {
  await using world = await worldWithAlex();
  world.faults.add({ kind: 'timeout_before', match: isMove });
  const asked = move(world, { request_id: 'r' }).catch(() => null);
  await world.until('it is under way', () => stateOf(world) === 'open');
  const before = world.clock.now();
  await answered(world, world.stop());
  assert.ok(world.clock.now() - before < 7 * second, 'a send is given up after eight');
  await asked;
});

test('a refusal that comes after a list has shown the move changes nothing', async () => {
  await using world = await worldWithAlex();
  world.faults.add({ kind: 'slow', ms: 4 * second, match: isMove });
  world.faults.add({ kind: 'status', status: 400, match: isMove });
  const asked = move(world, { request_id: 'r' });
  await world.until('it is under way', () => stateOf(world) === 'open');
  const { dedupeId: key } = transfersOf(world)[0] ?? assert.fail('there is no transfer');
  world.bank.potMove(holiday, 'deposit', { amount: 500, key });
  await refresh(world);
  assert.equal(stateOf(world), 'moved');
  assert.equal((await asked)['money_moved'], 'yes');
  await world.clock.advance(minute);
  assert.equal(stateOf(world), 'moved');
  assert.deepEqual(await outcomesTold(world), []);
  const decisions = auditOf(world).map(({ decision }) => decision);
  assert.deepEqual(decisions.toReversed(), ['allowed', 'moved', 'answered']);
});

for (const list of ['is complete', 'fails'] as const)
  test(`what a person records while a list is read stays when the list ${list}`, async () => {
    // Nothing but the search for the move lists the account.
    await using world = await worldWithAlex({ settings: { MONZO_BRIDGE_POLL_SECONDS: '3600' } });
    world.faults.add({ kind: 'timeout_before', match: isMove });
    const hidden = world.faults.add({ kind: 'status', status: 500, match: onceSent(world, isList) });
    const told = await move(world, { request_id: 'r' });
    await world.clock.advance(40 * minute);
    assert.equal(stateOf(world), 'unresolved');
    const read = Promise.withResolvers<void>();
    let isBeingRead = false;
    const match = (call: Call) => isList(call) && (isBeingRead = true);
    world.faults.add({ kind: 'held', until: read.promise, match });
    if (list === 'fails') world.faults.add({ kind: 'status', status: 500, match: isList });
    hidden();
    await until('a list is read', () => isBeingRead, { between: inSteps(world.clock, 5 * second) });
    await ask(world, 'decide_transfer', { transfer_id: told['transfer_id'], money_moved: 'yes' });
    read.resolve();
    await world.clock.advance(hour);
    assert.equal(stateOf(world), 'moved');
    assert.deepEqual(await outcomesTold(world), ['transfer_completed:yes']);
  });

test('a list that was begun too early proves nothing, whenever it ends', async () => {
  await using world = await worldWithAlex();
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
