import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alex, joint } from '../../sim/household.ts';
import { departures } from '../../sim/switches.ts';
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
  setRails,
  transferOf,
  worldWithAlex,
  type Told,
} from '../support/money.ts';
import { answered, post } from '../support/people.ts';

const minutes = 60_000;

const short = (told: Told) => [told.http, told['status'], told['money_moved']];

test('a deposit moves the money once, however often it is asked for, and answers with both balances', async () => {
  await using world = await worldWithAlex();
  const before = world.bank.account(alex.current).balance;
  const told = await move(world, { request_id: 'r' });
  assert.deepEqual(short(told), [200, 'done', 'yes']);
  assert.equal(told['account_balance_minor'], before - 500);
  assert.equal(told['account_balance'], (before - 500) / 100);
  assert.equal(told['pot_balance_minor'], world.bank.pot(holiday).balance);
  const again = await move(world, { request_id: 'r', amount: 5 });
  assert.deepEqual([...short(again), again['repeated']], [200, 'done', 'yes', true]);
  assert.match(String(again['first_moved_at']), /^2026-/);
  assert.equal(again['transfer_id'], told['transfer_id']);
  assert.equal(movesAt(world).length, 1);
  assert.equal(again['transaction_id'], movesAt(world)[0]?.id);
  const account = world
    .app()
    .view()
    .accounts.find(({ id }) => id === alex.current);
  assert.equal(account?.balance, before - 500);
});

test('money comes back out of the pot, and out of a joint one through either partner', async () => {
  await using world = await worldWithAlex();
  await world.connect('sam');
  const before = world.bank.account(joint.account).balance;
  const told = await move(world, { pot: 'Bills', transfer_type: 'withdraw' });
  assert.deepEqual(short(told), [200, 'done', 'yes']);
  assert.equal(world.bank.account(joint.account).balance, before + 500);
  assert.equal(told['account_balance_minor'], before + 500);
});

test('however many are asked for at once, the bank is read for all of them together', async () => {
  await using world = await worldWithAlex();
  setRails(world, { per_day: { '*': '1000' } });
  world.faults.add({ kind: 'slow', ms: 500, match: isList });
  const before = world.bank.calls.length;
  const wish = { pot: holiday, transfer_type: 'deposit', amount: '5.00' };
  // One clock for all of them: it waits until every request has come.
  const asked = Array.from({ length: 20 }, (_, index) =>
    world.api('/api/commands/pot_transfer', post({ ...wish, request_id: `r${index}` })),
  );
  for (const answer of await answered(world, Promise.all(asked)))
    assert.equal(((await answer.json()) as { readonly status: string }).status, 'done');
  const lists = world.bank.calls.slice(before).filter(isList);
  assert.ok(lists.length < asked.length, `${lists.length} lists`);
});

for (const kind of ['timeout_after', 'reset_after', 'truncated'] as const)
  test(`a move whose answer is lost (${kind}) is found out about before the caller has to leave`, async () => {
    await using world = await worldWithAlex();
    world.faults.add({ kind, match: isMove, times: 1 });
    const asked = world.clock.now();
    const told = await move(world);
    assert.deepEqual(short(told), [200, 'done', 'yes']);
    assert.ok(world.clock.now() - asked <= 20_000);
    assert.equal(movesAt(world).length, 1);
    assert.deepEqual(await outcomesTold(world), []);
  });

test('a bank that never answers leaves the truth: unknown, not to be repeated, and told once it is known', async () => {
  await using world = await worldWithAlex();
  const lost = world.faults.add({ kind: 'timeout_after', match: isMove });
  const hidden = world.faults.add({ kind: 'status', status: 500, match: onceSent(world, isList) });
  const asked = world.clock.now();
  const told = await move(world, { request_id: 'r' });
  assert.ok(world.clock.now() - asked <= 20_000);
  assert.deepEqual(short(told), [202, 'unknown', 'unknown']);
  assert.match(String(told['sentence']), /Do not repeat it.*transfer_/);
  const again = await move(world, { request_id: 'r' });
  assert.deepEqual([...short(again), again['repeated']], [202, 'unknown', 'unknown', true]);
  const alike = await move(world);
  assert.deepEqual([alike.http, alike['code'], alike['money_moved']], [409, 'outcome_unknown', 'no']);
  hidden();
  await world.until('the outcome is known', () => transferOf(world, told)?.state === 'moved');
  lost();
  assert.deepEqual(await outcomesTold(world), ['transfer_completed:yes']);
  assert.equal(movesAt(world).length, 1);
});

test('what never reached the bank is known not to have taken place, a quarter of an hour after the last send', async () => {
  await using world = await worldWithAlex();
  learnIds(world);
  world.faults.add({ kind: 'timeout_before', match: isMove });
  const told = await move(world, { request_id: 'r' });
  assert.equal(told['money_moved'], 'unknown');
  const alike = await move(world);
  assert.deepEqual([alike.http, alike['code'], alike['money_moved']], [409, 'outcome_unknown', 'no']);
  const sends = () => world.bank.calls.filter(({ method }) => method === 'PUT');
  await world.until('it is over', () => transferOf(world, told)?.state !== 'open', 40 * minutes);
  const [first, last] = [sends()[0]?.at ?? 0, sends().at(-1)?.at ?? 0];
  assert.ok(
    last - first < 15 * minutes,
    'nothing is sent later than a quarter of an hour after the first send',
  );
  assert.ok(last - first > 10 * minutes, 'it is sent again for as long as that is safe');
  assert.ok(world.clock.now() - last >= 15 * minutes);
  assert.equal(transferOf(world, told)?.state, 'not_moved');
  assert.deepEqual(await outcomesTold(world), ['transfer_failed:no']);
  const again = await move(world, { request_id: 'r' });
  assert.deepEqual([again.http, again['code'], again['money_moved']], [409, 'not_at_bank', 'no']);
  assert.equal(movesAt(world).length, 0);
});

test('where nobody can look, a person is asked, and the person’s word counts', async () => {
  await using world = await worldWithAlex();
  world.faults.add({ kind: 'timeout_after', match: isMove });
  const hidden = world.faults.add({ kind: 'status', status: 500, match: onceSent(world, isList) });
  const told = await move(world, { request_id: 'r' });
  const id = told['transfer_id'];
  const early = await ask(world, 'decide_transfer', { transfer_id: id, money_moved: 'no' });
  assert.equal(early['code'], 'not_unresolved');
  await world.until(
    'it is for a person',
    () => transferOf(world, told)?.state === 'unresolved',
    60 * minutes,
  );
  const money = () =>
    world
      .app()
      .health()
      .find(({ part }) => part === 'money');
  assert.match(money()?.sentence ?? '', /transfer_/);
  assert.match(String((await move(world, { request_id: 'r' }))['sentence']), /Monzo app/);
  const audited = auditOf(world).find(({ decision }) => decision === 'unresolved');
  assert.equal(audited?.code, 'undecidable');
  assert.match(audited.sentence ?? '', /could not find out.*Check the Monzo app/);
  const decided = await ask(world, 'decide_transfer', { transfer_id: id, money_moved: 'no' });
  assert.deepEqual(short(decided), [200, 'done', 'no']);
  assert.equal((await move(world, { request_id: 'r' }))['code'], 'decided');
  assert.equal(
    (await ask(world, 'decide_transfer', { transfer_id: 'x', money_moved: 'no' }))['code'],
    'unknown_transfer',
  );
  hidden();
  world.bank.purchase(alex.current, { amount: 100 });
  await world.until('the bank’s word counts more', () => transferOf(world, told)?.state === 'moved');
  assert.deepEqual(await outcomesTold(world), ['transfer_failed:no', 'transfer_completed:yes']);
  assert.equal(money()?.state, 'ok');
});

test('a move that the bank surely refused did not take place', async () => {
  await using world = await worldWithAlex();
  const code = 'bad_request.insufficient_funds';
  world.faults.add({ kind: 'status', status: 400, code, match: isMove, times: 1 });
  const told = await move(world, { request_id: 'r' });
  assert.deepEqual([told.http, told['code'], told['money_moved']], [409, 'insufficient_funds', 'no']);
  assert.match(String(told['transfer_id']), /^transfer_/);
  assert.equal(movesAt(world).length, 0);
  assert.deepEqual(await outcomesTold(world), []);
});

for (const [refused, code, sentence] of [
  [
    { kind: 'status', status: 400, code: 'bad_request.pot_locked' },
    'pot_locked',
    /^Monzo refused because the pot is locked\. Nothing was moved\. Unlock it in the Monzo app/,
  ],
  [
    { kind: 'status', status: 400, code: 'bad_request.something_new' },
    'bank_refused',
    /^Monzo refused the move \(bad_request\.something_new\)\. Nothing was moved\. Look at the pot/,
  ],
  [{ kind: 'refused' }, 'unreachable', /^Monzo could not be reached\. Nothing was moved\. Check the network/],
] as const)
  test(`the answer, the list and the audit give one reason for a failed move (${code})`, async () => {
    await using world = await worldWithAlex();
    world.faults.add({ ...refused, match: isMove, times: 1 });
    const told = await move(world, { request_id: 'r' });
    assert.equal(told['code'], code);
    assert.match(String(told['detail']), sentence);
    const state = transferOf(world, told)?.state;
    const audited = auditOf(world).find(({ decision }) => decision === state);
    assert.deepEqual([audited?.code, audited?.sentence], [code, told['detail']]);
    await world.restart();
    const listed = await answered(world, world.api(`/api/transfers/${String(told['transfer_id'])}`));
    const item = (await listed.json()) as Readonly<Record<string, unknown>>;
    assert.deepEqual([item['code'], item['sentence']], [code, told['detail']]);
  });

test('a token that dies at the send is an answer like any other: nothing sends again without counting it', async () => {
  await using world = await worldWithAlex();
  world.faults.add({ kind: 'status', status: 401, match: isMove, times: 1 });
  const told = await move(world, { request_id: 'r' });
  assert.deepEqual([told['code'], told['money_moved']], ['token_dead', 'no']);
  assert.equal(world.bank.calls.filter(({ method }) => method === 'PUT').length, 1);
  assert.equal((await move(world, { request_id: 'another' }))['money_moved'], 'yes');
});

for (const status of [408, 409, 429])
  test(`an answer of ${status} says nothing about the money`, async () => {
    await using world = await worldWithAlex();
    world.faults.add({ kind: 'status', status, match: isMove });
    assert.equal((await move(world, { request_id: 'r' }))['money_moved'], 'unknown');
  });

for (const [label, switches] of departures([
  'repeatedDedupe',
  'dedupeOtherAmount',
  'moveChecks',
  'dedupeMemory',
  'dedupeScope',
  'deadToken',
]))
  test(`a refusal of a repetition proves nothing (${label})`, async () => {
    await using world = await worldWithAlex({ switches });
    world.faults.add({ kind: 'timeout_after', match: isMove, times: 1 });
    world.faults.add({ kind: 'status', status: 400, match: onceSent(world, isMove) });
    const hidden = world.faults.add({ kind: 'status', status: 500, match: onceSent(world, isList) });
    const told = await move(world, { request_id: 'r' });
    assert.equal(told['money_moved'], 'unknown');
    hidden();
    await world.until('it is found', () => transferOf(world, told)?.state === 'moved');
    assert.equal(movesAt(world).length, 1);
  });

test('what never left this machine gives its request id back', async () => {
  await using world = await worldWithAlex();
  const down = world.faults.add({ kind: 'refused', match: isMove });
  const told = await move(world, { request_id: 'r' });
  assert.deepEqual([told.http, told['code'], told['money_moved']], [503, 'unreachable', 'no']);
  assert.equal(transferOf(world, told)?.state, 'not_sent');
  down();
  assert.deepEqual(short(await move(world, { request_id: 'r', amount: '6' })), [200, 'done', 'yes']);
  assert.equal(movesAt(world).length, 1);
});
