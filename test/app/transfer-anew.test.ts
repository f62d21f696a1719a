import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alex } from '../../sim/household.ts';
import { dedupeIdOf } from '../../src/domain/transfer.ts';
import {
  ask,
  auditOf,
  hasUndecided,
  holiday,
  isMove,
  move,
  movesAt,
  outcomesTold,
  sends,
  transferOf,
  worldWithAlex,
} from '../support/money.ts';

const minutes = 60_000;
const refusedWith = (status: number, code: string) =>
  ({ kind: 'status', status, code, match: isMove, times: 1 }) as const;

test('what Monzo refused can be asked for again under the same id, and moves once', async () => {
  await using world = await worldWithAlex();
  const id = world.bank.purchase(alex.current, { amount: 3_00 });
  await world.clock.advance(5 * minutes);
  let made = 0;
  for (const [index, [status, code, ids]] of (
    [
      [400, 'bad_request.insufficient_funds', { request_id: 'rent' }],
      [403, 'forbidden.insufficient_permissions', { request_id: 'approval' }],
      [400, 'bad_request.pot_locked', { event_id: `${id}:created` }],
    ] as const
  ).entries()) {
    const body = { ...ids, amount: `${index + 1}.00` };
    world.faults.add(refusedWith(status, code));
    const refused = await move(world, body);
    assert.deepEqual([refused['money_moved'], movesAt(world).length], ['no', made], code);
    made += 1;
    await world.clock.advance(10 * minutes);
    const told = await Promise.all([move(world, body), move(world, body), move(world, body)]);
    assert.deepEqual(
      told.map((one) => [one.http, one['money_moved']]),
      [
        [200, 'yes'],
        [200, 'yes'],
        [200, 'yes'],
      ],
    );
    assert.equal(told.filter((one) => one['repeated'] === true).length, 2);
    const [one] = told;
    assert.notEqual(one['transfer_id'], refused['transfer_id'], 'what was told of the first stays true');
    assert.deepEqual(
      [transferOf(world, refused)?.state, transferOf(world, one)?.state],
      ['not_moved', 'moved'],
    );
    const allowed = auditOf(world).flatMap(({ decision, transferId }) =>
      decision === 'allowed' ? [transferId] : [],
    );
    assert.deepEqual(allowed.slice(0, 2).toSorted(), [refused['transfer_id'], one['transfer_id']].toSorted());
    assert.equal(movesAt(world).length, made);
  }
  const another = await move(world, { request_id: 'rent', amount: '2.00' });
  assert.equal(another['code'], 'request_id_reused');
  await world.restart();
  assert.equal((await move(world, { request_id: 'rent', amount: '1.00' }))['repeated'], true);
  assert.equal(movesAt(world).length, made);
});

test('a pot that was unlocked in the app gives its money at once to the same request', async () => {
  await using world = await worldWithAlex();
  const pot = alex.pots.locked;
  const body = { pot, transfer_type: 'withdraw', request_id: 'r' };
  const refused = await move(world, body);
  assert.deepEqual([refused['code'], refused['transfer_id'], sends(world).length], ['pot_locked', null, 0]);
  assert.match(
    String(refused['detail']),
    /“Rainy day” is locked.*Unlock it in the Monzo app, then ask again\.$/,
  );
  world.bank.pot(pot).lockedUntilMs = null;
  await world.clock.advance(1_000);
  const told = await move(world, body);
  assert.equal(told['money_moved'], 'yes', String(told['detail']));
});

test('a second try whose outcome is unknown is one move like any other', async () => {
  await using world = await worldWithAlex();
  world.faults.add(refusedWith(400, 'bad_request.insufficient_funds'));
  assert.equal((await move(world, { request_id: 'r' }))['code'], 'insufficient_funds');
  world.faults.add({ kind: 'timeout_after', match: isMove, times: 1 });
  world.faults.add(refusedWith(400, 'bad_request.insufficient_funds'));
  const told = await move(world, { request_id: 'r' });
  await world.until('it is known', () => transferOf(world, told)?.state === 'moved', 40 * minutes);
  assert.equal((await move(world, { request_id: 'r' }))['repeated'], true);
  assert.equal(movesAt(world).length, 1);
});

test('a refused move that the bank shows all the same is not made again', async () => {
  await using world = await worldWithAlex();
  world.faults.add(refusedWith(400, 'bad_request.insufficient_funds'));
  const refused = await move(world, { request_id: 'r' });
  const key = dedupeIdOf({ potId: holiday, direction: 'deposit', requestId: 'r' });
  world.bank.potMove(holiday, 'deposit', { amount: 500, key });
  const told = await move(world, { request_id: 'r' });
  assert.deepEqual([told['money_moved'], told['repeated']], ['yes', true]);
  assert.equal(told['transfer_id'], refused['transfer_id']);
  assert.deepEqual([movesAt(world).length, sends(world).length], [1, 1]);
  assert.deepEqual(await outcomesTold(world), ['transfer_completed:yes']);
});

test('where Monzo shows no ids, a refused move that it may have made all the same is left to a person', async () => {
  await using world = await worldWithAlex({ switches: { externalId: 'absent', dedupeMemory: 'one_hour' } });
  const code = 'bad_request.insufficient_funds';
  world.faults.add({ kind: 'status_after', status: 400, code, match: isMove, times: 1 });
  const refused = await move(world, { request_id: 'r' });
  await world.clock.advance(120 * minutes);
  const told = await Promise.all([move(world, { request_id: 'r' }), move(world, { request_id: 'r' })]);
  for (const one of told) {
    assert.deepEqual([one['money_moved'], one['transfer_id']], ['unknown', refused['transfer_id']]);
    assert.match(String(one['sentence']), /does not prove that it did not take place.*Check the Monzo app/);
  }
  assert.deepEqual([movesAt(world).length, sends(world).length], [1, 1]);
  const id = String(refused['transfer_id']);
  await ask(world, 'decide_transfer', { transfer_id: id, money_moved: 'no' });
  assert.equal((await move(world, { request_id: 'r' }))['code'], 'decided', 'what a person recorded stays');
  assert.equal(sends(world).length, 1);
});

test('that Monzo had the id before is no refusal, because it may have moved the money then', async () => {
  await using world = await worldWithAlex();
  for (const code of ['bad_request.insufficient_funds', 'bad_request.duplicate_dedupe_id']) {
    world.faults.add(refusedWith(400, code));
    const told = await move(world, { request_id: 'r' });
    if (code.includes('funds')) assert.equal(told['money_moved'], 'no');
  }
  await world.until('it is known', () => !hasUndecided(world), 40 * minutes);
  assert.deepEqual(
    [movesAt(world).length, (await move(world, { request_id: 'r' }))['money_moved']],
    [1, 'yes'],
  );
});
