import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alex } from '../../sim/household.ts';
import { answered } from '../support/people.ts';
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
  transfersOf,
  worldWithAlex,
  isBalance,
} from '../support/money.ts';

const minutes = 60_000;

test('a disk that is full before the move keeps it from being made', async () => {
  let isFull = false;
  await using world = await worldWithAlex({ isDiskFull: () => isFull });
  isFull = true;
  const told = await move(world, { request_id: 'r' });
  assert.deepEqual([told.http, told['code'], told['money_moved']], [503, 'disk_full', 'no']);
  assert.equal(
    (await move(world, { amount: '500' }))['code'],
    'per_move_cap',
    'the audit’s trouble hides nothing',
  );
  assert.equal(movesAt(world).length, 0);
  isFull = false;
  assert.equal((await move(world, { request_id: 'r' }))['money_moved'], 'yes');
});

test('a disk that fills up while the move is on its way makes nobody say that it was not made', async () => {
  let isFull = false;
  await using world = await worldWithAlex({ isDiskFull: () => isFull && movesAt(world).length > 0 });
  isFull = true;
  const told = await move(world, { request_id: 'r' });
  assert.deepEqual([told.http, told['money_moved']], [202, 'unknown']);
  await world.clock.advance(2 * minutes);
  assert.equal((await move(world, { request_id: 'r' }))['money_moved'], 'unknown');
  isFull = false;
  await world.until('it is written down', () => transfersOf(world)[0]?.state === 'moved');
  assert.deepEqual(await outcomesTold(world), ['transfer_completed:yes']);
  isFull = true;
  assert.deepEqual((await move(world, { request_id: 'r' }))['money_moved'], 'yes');
  isFull = false;
  assert.equal(movesAt(world).length, 1);
});

test('a stop while a move is on its way leaves it for the next start, which finds out and tells', async () => {
  await using world = await worldWithAlex();
  world.faults.add({ kind: 'timeout_after', match: isMove, times: 1 });
  const asked = move(world, { request_id: 'r' }).catch(() => null);
  await world.until('it is sent', () => movesAt(world).length === 1);
  await world.restart();
  await asked;
  await world.until('its outcome is known', () => transfersOf(world)[0]?.state === 'moved');
  assert.deepEqual(await outcomesTold(world), ['transfer_completed:yes']);
  assert.equal((await move(world, { request_id: 'r' }))['repeated'], true);
  assert.equal(movesAt(world).length, 1);
});

test('a login that goes away leaves its open moves to a person', async () => {
  await using world = await worldWithAlex();
  world.faults.add({ kind: 'timeout_after', match: isMove });
  world.faults.add({ kind: 'status', status: 500, match: onceSent(world, isList) });
  const told = await move(world, { request_id: 'r' });
  assert.equal(told['money_moved'], 'unknown');
  const [login] = world.app().view().logins;
  await answered(world, world.api(`/api/logins/${login?.id}?keep_history=true`, { method: 'DELETE' }));
  world.faults.clear();
  await world.until('it is for a person', () => transfersOf(world)[0]?.state === 'unresolved', 40 * minutes);
  const decided = await ask(world, 'decide_transfer', {
    transfer_id: told['transfer_id'],
    money_moved: 'yes',
  });
  assert.deepEqual([decided.http, decided['money_moved']], [200, 'yes']);
  const again = await ask(world, 'decide_transfer', { transfer_id: told['transfer_id'], money_moved: 'no' });
  assert.equal(again['code'], 'not_unresolved');
  assert.ok(auditOf(world).some(({ action, door }) => action === 'decide_transfer' && door !== 'bridge'));
});

test('a repetition is answered even where the move itself would be refused by now', async () => {
  await using world = await worldWithAlex();
  assert.equal((await move(world, { request_id: 'r' }))['money_moved'], 'yes');
  world.bank.closePot(holiday);
  await ask(world, 'refresh');
  assert.equal((await move(world, { request_id: 'r' }))['repeated'], true);
  assert.equal((await move(world, { request_id: 'new' }))['code'], 'pot_deleted');
  assert.equal((await move(world, { request_id: 'r', pot: alex.pots.deleted }))['code'], 'pot_deleted');
});

test('a repetition is answered while its login is not approved, however it names the pot', async () => {
  await using world = await worldWithAlex();
  const request = { pot: 'Holiday', request_id: 'r' };
  assert.equal((await move(world, request))['money_moved'], 'yes');
  world.bank.lapseApproval(alex.userId);
  await world.until('it is noticed', () => world.app().view().logins[0]?.state === 'needs_approval');
  const again = await move(world, request);
  assert.deepEqual([again['money_moved'], again['repeated']], ['yes', true]);
  assert.equal((await move(world, { ...request, request_id: 'new' }))['code'], 'no_login');
});

test('what the bank cannot show before the move is told as what it is, and nothing is sent', async () => {
  await using world = await worldWithAlex();
  for (const [fault, code] of [
    [{ kind: 'timeout_before' }, 'timeout'],
    [{ kind: 'status', status: 503 }, 'bank_down'],
    [{ kind: 'html' }, 'bank_down'],
  ] as const) {
    const clear = world.faults.add({ ...fault, match: isBalance });
    const told = await move(world, { request_id: 'r' });
    assert.deepEqual(
      [told.http, told['code'], told['money_moved'], told['transfer_id']],
      [503, code, 'no', null],
    );
    assert.match(String(told['detail']), /Nothing was moved\./);
    clear();
  }
  assert.equal(world.bank.calls.filter(({ method }) => method === 'PUT').length, 0);
});

test('a move of another amount under an id of ours stops the money', async () => {
  await using world = await worldWithAlex();
  world.faults.add({ kind: 'timeout_before', match: isMove });
  assert.equal((await move(world, { request_id: 'r' }))['money_moved'], 'unknown');
  const { dedupeId } = transfersOf(world)[0] ?? assert.fail('there is no transfer');
  world.bank.potMove(holiday, 'deposit', { amount: 900, key: dedupeId });
  await world.until('it is seen', () => transfersOf(world)[0]?.state === 'moved');
  assert.match((await move(world, { request_id: 'other' }))['detail'] as string, /another amount/);
});
