import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Call } from '../../sim/call.ts';
import type { CallFault } from '../../sim/faults.ts';
import { alex } from '../../sim/household.ts';
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
  rewritten,
  setRails,
  transfersOf,
  worldWithAlex,
  type Told,
  stateOf,
  sends,
  isBalance,
} from '../support/money.ts';
import { answered, post } from '../support/people.ts';
import { inSteps, until } from '../support/until.ts';
import type { World } from '../support/world.ts';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

/** Asks for a move; the clock stands still. */
const request = (world: World, body: object = { request_id: 'r' }) =>
  world.api(
    '/api/commands/pot_transfer',
    post({ pot: holiday, transfer_type: 'deposit', amount: '5.00', ...body }),
  );

/** A move that is recorded and sent, and reaches the bank, or a fault before it, when told to. */
async function onItsWay(world: World, fault?: CallFault) {
  const { promise, resolve: arrive } = Promise.withResolvers<void>();
  world.faults.add({ kind: 'held', until: promise, match: isMove });
  if (fault) world.faults.add(fault);
  const first = request(world);
  await until('it is under way', () => stateOf(world) === 'open');
  return { first, arrive };
}

const notYetShown = rewritten(() => []);

test('asking again for a move that is open sends it no more often, and sends grow rarer', async () => {
  const counts = [];
  for (const repetitions of [0, 6]) {
    await using world = await worldWithAlex();
    world.faults.add({ kind: 'timeout_before', match: isMove });
    await move(world, { request_id: 'r' });
    for (let index = 0; index < repetitions; index += 1) void move(world, { request_id: 'r' });
    await world.clock.advance(10 * minute);
    const [first] = sends(world);
    counts.push(sends(world).filter(({ at }) => at < (first?.at ?? 0) + 9 * minute).length);
  }
  assert.equal(counts[1], counts[0]);
  assert.ok((counts[0] ?? 0) <= 12, `${counts[0]} sends`);
});

test('asking again while the first send is under way sends nothing', async () => {
  await using world = await worldWithAlex();
  const { first, arrive } = await onItsWay(world);
  const again = request(world);
  const isRepeated = () => auditOf(world).some(({ decision }) => decision === 'repeated');
  await until('it is asked for again', isRepeated);
  arrive();
  const told = await Promise.all([first, again].map((answer) => answered(world, answer)));
  const bodies = await Promise.all(told.map((one) => one.json() as Promise<Told>));
  assert.deepEqual(
    bodies.map((one) => [one['money_moved'], one['repeated']]),
    [
      ['yes', undefined],
      ['yes', true],
    ],
  );
  assert.equal(sends(world).length, 1);
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

test('a balance that was asked for before a move ended is less that move', async () => {
  await using world = await worldWithAlex();
  const { balance } = world.bank.account(alex.current);
  setRails(world, { floor: { '*': String(balance / 100 - 7) } });
  const { first, arrive } = await onItsWay(world);
  // The balance comes before the first move is made, and the list after it does not show it yet.
  const listed = Promise.withResolvers<void>();
  world.faults.add({ kind: 'wrong_shape', match: isList, rewrite: notYetShown });
  world.faults.add({ kind: 'held', until: listed.promise, match: isList });
  const balances = () => world.bank.calls.filter(isBalance).length;
  const before = balances();
  const next = request(world, { request_id: 'next' });
  await until('the balance is read', () => balances() > before);
  await world.clock.advance(second);
  arrive();
  await until('the first move is made', () => stateOf(world) === 'moved');
  await world.clock.advance(second);
  listed.resolve();
  const told = (await (await answered(world, next)).json()) as Told;
  assert.deepEqual([told['code'], told['money_moved']], ['below_floor', 'no']);
  await answered(world, first);
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
  const { first, arrive } = await onItsWay(world, { kind: 'status', status: 400, match: isMove });
  const { dedupeId: key } = transfersOf(world)[0] ?? assert.fail('there is no transfer');
  world.bank.potMove(holiday, 'deposit', { amount: 500, key });
  const reading = world.api('/api/commands/refresh', post({}));
  await until('a list shows it', () => stateOf(world) === 'moved');
  arrive();
  await answered(world, reading);
  assert.equal(((await (await answered(world, first)).json()) as Told)['money_moved'], 'yes');
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
