import assert from 'node:assert/strict';
import { test } from 'node:test';
import { departures } from '../../sim/switches.ts';
import { backup } from '../support/backup.ts';
import {
  ask,
  auditOf,
  holiday,
  isMove,
  learnIds,
  move,
  movesAt,
  onceSent,
  outcomesTold,
  sends,
  setRails,
  stateOf,
  transferOf,
  transfersOf,
  worldWithAlex,
  type Told,
} from '../support/money.ts';
import type { World } from '../support/world.ts';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
/** By then a move without an answer is no longer sent, and the list has been read that decides about it. */
const decided = 36 * minute;
/** The same of a move that was accepted, which is sent once. */
const givenUp = 18 * minute;

const everyId = [['externalId=as_recorded', {}] as const, ...departures(['externalId'])];

interface Item {
  readonly sentence: string | null;
  readonly fitting_transactions: readonly {
    readonly transaction_id: string;
    readonly amount_minor: number;
  }[];
}

async function itemOf(world: World, told: Told): Promise<Item> {
  return (await (await world.api(`/api/transfers/${String(told['transfer_id'])}`)).json()) as Item;
}

const fittingOf = (of: Item | Told) =>
  (of['fitting_transactions' as keyof typeof of] as Item['fitting_transactions'] | undefined)?.map(
    ({ transaction_id: id }) => id,
  );

const pauseOf = async (world: World) =>
  (await (await world.api('/api/pause')).json()) as { readonly paused: boolean };

for (const [label, switches] of departures(['externalId']))
  test(`a move whose answer is lost is never told as not made where rows do not show its id (${label})`, async () => {
    await using world = await worldWithAlex({ switches });
    world.faults.add({ kind: 'timeout_after', match: isMove });
    const told = await move(world, { request_id: 'r' });
    await world.clock.advance(decided);
    const state = transferOf(world, told)?.state;
    assert.ok(state === 'unresolved' || state === 'moved', String(state));
    assert.equal(movesAt(world).length, 1);
    assert.equal((await pauseOf(world)).paused, false, 'no other bridge moved money');
    if (state === 'moved') return assert.equal(told['money_moved'], 'yes');
    // What may be it is shown in the answer, over HTTP and in the audit.
    const [made] = movesAt(world);
    assert.equal(transferOf(world, told)?.reason?.code, 'not_shown');
    const again = await move(world, { request_id: 'r' });
    const item = await itemOf(world, told);
    assert.deepEqual(fittingOf(again), [made?.id]);
    assert.deepEqual(fittingOf(item), [made?.id]);
    const audited = auditOf(world).find(({ decision }) => decision === 'unresolved')?.sentence;
    for (const sentence of [again['sentence'], item.sentence, audited])
      assert.match(
        String(sentence),
        /does not prove.*One transaction could be it: 5\.00 GBP into the pot, at 2026-11-02 09:0/,
      );
    assert.equal(
      (await ask(world, 'pot_transfer', { pot: holiday, transfer_type: 'deposit', amount: '5' }))['code'],
      'outcome_unknown',
    );
    await ask(world, 'decide_transfer', { transfer_id: told['transfer_id'], money_moved: 'yes' });
    assert.equal(transferOf(world, told)?.transactionId, made?.id);
  });

test('an id that was cut shows the move that it is the beginning of, and no other bridge', async () => {
  await using world = await worldWithAlex({ switches: { externalId: 'cut' } });
  world.faults.add({ kind: 'timeout_after', match: isMove });
  const told = await move(world, { request_id: 'r' });
  assert.equal(told['money_moved'], 'yes');
  assert.equal(transferOf(world, told)?.transactionId, movesAt(world)[0]?.id);
  // Somebody else's id, cut as well, is nobody's.
  world.bank.potMove(holiday, 'deposit', { amount: 700, key: `mb-${'f'.repeat(32)}` });
  await ask(world, 'refresh');
  assert.equal((await pauseOf(world)).paused, false);
});

test('a request that only Monzo remembers is found by a part of its id', async (t) => {
  await using world = await worldWithAlex({ switches: { externalId: 'cut', dedupeMemory: 'one_hour' } });
  const restore = await backup(t, world);
  assert.equal((await move(world, { request_id: 'r' }))['money_moved'], 'yes');
  await world.clock.advance(2 * hour);
  await restore();
  const told = await move(world, { request_id: 'r' });
  assert.deepEqual([told['money_moved'], told['repeated'], movesAt(world).length], ['yes', true, 1]);
});

test('a request from before a restored backup that nothing names is not told as moved again', async (t) => {
  await using world = await worldWithAlex({ switches: { externalId: 'absent' } });
  const restore = await backup(t, world);
  assert.equal((await move(world, { request_id: 'r' }))['money_moved'], 'yes');
  await world.clock.advance(2 * hour);
  await restore();
  const told = await move(world, { request_id: 'r' });
  assert.deepEqual([told['money_moved'], movesAt(world).length], ['unknown', 1]);
  assert.match(String(told['sentence']), /^Monzo accepted this move, but neither the pot/);
  await world.clock.advance(givenUp);
  assert.equal(transferOf(world, told)?.state, 'unresolved');
});

test('only after a list has shown an accepted move by its id does a list without one prove something', async () => {
  await using world = await worldWithAlex();
  const unreached = async (id: string) => {
    const lost = world.faults.add({ kind: 'timeout_before', match: isMove });
    const told = await move(world, { request_id: id, amount: '6' });
    await world.clock.advance(decided);
    lost();
    return transferOf(world, told)?.state;
  };
  assert.equal(await unreached('first'), 'unresolved');
  assert.equal((await move(world, { request_id: 'shown' }))['money_moved'], 'yes');
  assert.equal(await unreached('second'), 'not_moved');
  const { items } = (await (await world.api('/api/logins')).json()) as {
    readonly items: readonly { readonly learnt: readonly string[] }[];
  };
  assert.match(items[0]?.learnt.join(' ') ?? '', /own moves by their id/);
});

test('a list proves nothing where it shows what may be the move, although ids were shown before', async () => {
  await using world = await worldWithAlex();
  assert.equal((await move(world, { request_id: 'shown', amount: '6' }))['money_moved'], 'yes');
  await world.clock.advance(hour);
  world.bank.turn({ externalId: 'absent' });
  world.faults.add({ kind: 'timeout_after', match: isMove });
  const told = await move(world, { request_id: 'r' });
  await world.clock.advance(decided);
  assert.equal(transferOf(world, told)?.state, 'unresolved');
});

for (const deferredMove of ['never', 'declined_later'] as const)
  test(`a move that is accepted and not made is not told as moved (${deferredMove})`, async () => {
    await using world = await worldWithAlex({ switches: { deferredMove } });
    learnIds(world);
    const told = await move(world, { request_id: 'r' });
    assert.deepEqual([told.http, told['money_moved']], [202, 'unknown']);
    assert.match(
      String(told['sentence']),
      /^Monzo accepted this move, but neither the pot .* yet\..*Do not repeat it/,
    );
    assert.equal((await itemOf(world, told)).sentence?.startsWith('Monzo accepted this move'), true);
    await world.clock.advance(givenUp);
    assert.equal(stateOf(world), 'unresolved');
    assert.equal(transferOf(world, told)?.reason?.code, 'accepted_not_seen');
    assert.equal(sends(world).length, 1, 'what Monzo has is not sent again');
    const { sentence } = await itemOf(world, told);
    const declined = deferredMove === 'declined_later' ? ' Monzo shows a declined transaction of it' : '';
    assert.match(
      sentence ?? '',
      new RegExp(`No transaction of 5\\.00 GBP into the pot was found.*${declined}.*Check the Monzo app`),
    );
    assert.deepEqual(await outcomesTold(world), []);
    const capped = await move(world, { request_id: 'next', amount: '100' });
    setRails(world, { per_day: { '*': '104' } });
    assert.equal((await move(world, { request_id: 'more', amount: '100' }))['code'], 'per_day_cap');
    assert.equal(capped['money_moved'], 'unknown');
  });

for (const [label, switches] of everyId)
  test(`a move that is made minutes after it was accepted is told then, once (${label})`, async () => {
    await using world = await worldWithAlex({ switches: { ...switches, deferredMove: 'later' } });
    const told = await move(world, { request_id: 'r' });
    assert.equal(told['money_moved'], 'unknown');
    await world.clock.advance(3 * minute);
    assert.equal(stateOf(world), 'open');
    await world.until('it is made and seen', () => stateOf(world) === 'moved', 5 * minute);
    assert.deepEqual(await outcomesTold(world), ['transfer_completed:yes']);
    assert.equal(movesAt(world).length, 1);
    assert.equal(sends(world).length, 1);
  });

for (const [label, switches] of everyId)
  test(`of two moves of one pot at once, what the pot shows of one is not told of the other (${label})`, async () => {
    await using world = await worldWithAlex({ switches });
    world.bank.turn({ deferredMove: 'never' });
    const first = move(world, { request_id: 'never' });
    await world.until('it is accepted', () => transfersOf(world)[0]?.answer === 'accepted');
    world.bank.turn({ deferredMove: 'at_once' });
    const second = move(world, { request_id: 'made' });
    const [one, other] = await Promise.all([first, second]);
    await world.clock.advance(givenUp);
    assert.equal(movesAt(world).length, 1);
    assert.notEqual(one['money_moved'], 'yes');
    assert.notEqual(transferOf(world, one)?.state, 'moved');
    assert.ok(['yes', 'unknown'].includes(String(other['money_moved'])));
  });

test('an old answer, and interest beside the amount, show nothing by themselves; the list then does', async () => {
  await using world = await worldWithAlex();
  let balance = world.bank.pot(holiday).balance;
  world.faults.add({
    kind: 'wrong_shape',
    match: (call) => isMove(call),
    rewrite: (body) => ({ ...(body as object), balance }),
  });
  const told = await move(world, { request_id: 'old' });
  assert.deepEqual([told['money_moved'], told['transaction_id']], ['yes', movesAt(world)[0]?.id]);
  await world.clock.advance(hour);
  balance = world.bank.pot(holiday).balance + 503;
  world.bank.turn({ deferredMove: 'never' });
  assert.equal((await move(world, { request_id: 'interest' }))['money_moved'], 'unknown');
});

test('what the person moves in the app meanwhile is not told as the bridge’s, where ids are shown', async () => {
  await using world = await worldWithAlex({ switches: { deferredMove: 'never' } });
  learnIds(world);
  const told = await move(world, { request_id: 'r' });
  await world.clock.advance(minute);
  world.bank.potMove(holiday, 'deposit', { amount: 500 });
  await ask(world, 'refresh');
  await world.clock.advance(givenUp);
  assert.equal(transferOf(world, told)?.state, 'unresolved');
  assert.equal(fittingOf(await itemOf(world, told))?.length, 1);
});

test('a move is not looked for by its figures once a list has failed', async () => {
  await using world = await worldWithAlex({ switches: { externalId: 'absent' } });
  world.faults.add({ kind: 'timeout_before', match: isMove });
  world.faults.add({
    kind: 'status',
    status: 500,
    match: onceSent(world, ({ path }) => path === '/transactions'),
  });
  const told = await move(world, { request_id: 'r' });
  await world.clock.advance(decided);
  assert.equal(transferOf(world, told)?.reason?.code, 'undecidable');
});

test('after a start, what is due to be decided is decided within seconds', async () => {
  await using world = await worldWithAlex({ switches: { deferredMove: 'never' } });
  const told = await move(world, { request_id: 'r' });
  await world.stop();
  world.clock.jump(hour);
  await world.restart();
  await world.clock.advance(10 * second);
  assert.equal(transferOf(world, told)?.state, 'unresolved');
});
