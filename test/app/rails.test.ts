import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alex } from '../../sim/household.ts';
import {
  ask,
  holiday,
  isMove,
  move,
  movesAt,
  setRails,
  auditOf,
  worldWithAlex,
  type Told,
} from '../support/money.ts';

const refusal = (told: Told) => [told.http, told['code'], told['money_moved'], told['transfer_id']];

test('more than the cap of one move is refused, for all accounts and for one', async () => {
  await using world = await worldWithAlex();
  assert.deepEqual(refusal(await move(world, { amount: '100.01' })), [403, 'per_move_cap', 'no', null]);
  setRails(world, { accounts: { [alex.current]: { per_move: { GBP: '20' } } } });
  assert.deepEqual(refusal(await move(world, { amount: '20.01' })), [403, 'per_move_cap', 'no', null]);
  assert.equal((await move(world, { amount: '20' })).http, 200);
  setRails(world, { per_move: { EUR: '100' } });
  assert.match(String((await move(world, { amount: '0.01' }))['detail']), /at most 0\.00 GBP/);
  assert.equal(movesAt(world).length, 1);
});

test('the cap of a day counts deposits, withdrawals and what is not confirmed yet, and ends with the day', async () => {
  await using world = await worldWithAlex();
  setRails(world, { per_day: { '*': '20' }, cooldown_seconds: 0 });
  assert.equal((await move(world, { amount: '8' })).http, 200);
  assert.equal((await move(world, { amount: '7', transfer_type: 'withdraw' })).http, 200);
  const lost = world.faults.add({ kind: 'timeout_before', match: isMove });
  assert.equal((await move(world, { amount: '4' })).http, 202);
  const told = await move(world, { amount: '1.01' });
  assert.deepEqual(refusal(told), [403, 'per_day_cap', 'no', null]);
  assert.match(String(told['detail']), /1\.00 GBP more/);
  setRails(world, { accounts: { [alex.current]: { per_day: { '*': '19' } } } });
  assert.deepEqual(refusal(await move(world, { amount: '1' })), [403, 'per_day_cap', 'no', null]);
  lost();
  await world.clock.advance(15 * 3_600_000);
  assert.equal((await move(world, { amount: '9' })).http, 200);
});

test('the account keeps its floor by the balance the bank has now, less what may have gone', async () => {
  await using world = await worldWithAlex();
  const balance = world.bank.account(alex.current).balance;
  setRails(world, { floor: { '*': String(balance / 100 - 10) } });
  world.bank.purchase(alex.current, { amount: 300 });
  assert.deepEqual(refusal(await move(world, { amount: '7.01' })), [403, 'below_floor', 'no', null]);
  const lost = world.faults.add({ kind: 'timeout_before', match: isMove });
  assert.equal((await move(world, { amount: '4' })).http, 202);
  assert.deepEqual(refusal(await move(world, { amount: '3.01' })), [403, 'below_floor', 'no', null]);
  lost();
  assert.equal((await move(world, { amount: '50', transfer_type: 'withdraw' })).http, 200);
});

test('only the pots of the list can be moved, while there is one', async () => {
  await using world = await worldWithAlex();
  setRails(world, { pots: [alex.pots.tax] });
  assert.deepEqual(refusal(await move(world)), [403, 'pot_not_allowed', 'no', null]);
  setRails(world, { pots: null });
  assert.equal((await move(world)).http, 200);
});

test('a loop without a request id moves once in a minute; one with its own id is another move', async () => {
  await using world = await worldWithAlex();
  assert.equal((await move(world)).http, 200);
  assert.deepEqual(refusal(await move(world)), [429, 'cooldown', 'no', null]);
  assert.equal((await move(world, { request_id: 'meant' })).http, 200);
  assert.equal((await move(world, { amount: '5.01' })).http, 200);
  await world.clock.advance(60_000);
  assert.equal((await move(world)).http, 200);
  assert.equal(movesAt(world).length, 4);
});

test('a trial says what would be, moves nothing and uses no request id up', async () => {
  await using world = await worldWithAlex();
  const before = world.bank.account(alex.current).balance;
  const told = await move(world, { request_id: 'r', dry_run: true });
  assert.deepEqual(
    [told.http, told['status'], told['money_moved'], told['transfer_id'], told['dry_run']],
    [200, 'done', 'no', null, true],
  );
  assert.deepEqual(
    [told['account_balance_minor'], told['account_balance_after_minor']],
    [before, before - 500],
  );
  const withdrawal = await move(world, { transfer_type: 'withdraw', dry_run: true });
  assert.equal(withdrawal['account_balance_after_minor'], before + 500);
  assert.deepEqual(refusal(await move(world, { amount: '100.01', dry_run: true }))[1], 'per_move_cap');
  assert.equal((await move(world, { request_id: 'r', amount: '6' }))['money_moved'], 'yes');
  setRails(world, { dry_run: true });
  assert.deepEqual([(await move(world))['money_moved'], movesAt(world).length], ['no', 1]);
});

test('nothing moves while it is paused, not even what was sent before and may be sent again', async () => {
  await using world = await worldWithAlex();
  const lost = world.faults.add({ kind: 'timeout_before', match: isMove });
  assert.equal((await move(world, { request_id: 'r' })).http, 202);
  await ask(world, 'pause');
  lost();
  await world.clock.advance(10 * 60_000);
  assert.equal(movesAt(world).length, 0);
  assert.deepEqual(refusal(await move(world, { request_id: 'another' })), [409, 'paused', 'no', null]);
  assert.equal((await move(world, { request_id: 'r' }))['repeated'], true);
  await ask(world, 'resume');
  assert.equal((await move(world, { request_id: 'another' })).http, 200);
});

test('a request id means one move for ever, and an event one for each pot and direction', async () => {
  await using world = await worldWithAlex();
  world.bank.purchase(alex.current, { amount: 350 });
  await world.clock.advance(150_000);
  const events = (await (await world.api('/api/events')).json()) as {
    items: readonly { event_id: string }[];
  };
  const event = events.items[0]?.event_id;
  assert.equal((await move(world, { event_id: event })).http, 200);
  assert.equal((await move(world, { event_id: event }))['repeated'], true);
  assert.equal((await move(world, { event_id: event, transfer_type: 'withdraw' })).http, 200);
  const second = await move(world, { event_id: event, amount: '6' });
  assert.deepEqual(
    [second['code'], second['detail']],
    [
      'request_id_reused',
      'The same event has already moved 5.00 GBP into this pot, so this second move was refused. Nothing was moved. If two automations use this pot for the same transactions, give one of them another pot.',
    ],
  );
  assert.equal((await move(world, { event_id: 'tx_none:created' }))['code'], 'unknown_event');
  assert.equal((await move(world, { event_id: event, request_id: 'r' }))['code'], 'bad_request');
  assert.equal((await move(world, { request_id: 'r' })).http, 200);
  for (const other of [{ pot: alex.pots.tax }, { amount: '5.01' }, { transfer_type: 'withdraw' }])
    assert.deepEqual(refusal(await move(world, { request_id: 'r', ...other })), [
      409,
      'request_id_reused',
      'no',
      null,
    ]);
  assert.equal(movesAt(world).length, 3);
});

test('a clock that is wrong moves no money', async () => {
  await using world = await worldWithAlex();
  const wrong = world.faults.add({ kind: 'clock_skew', ms: 86_400_000 });
  assert.deepEqual(refusal(await move(world)), [409, 'clock_differs', 'no', null]);
  wrong();
  world.faults.add({ kind: 'clock_skew', ms: -50_000 });
  assert.equal((await move(world)).http, 200);
});

test('which moves are of today is not guessed where the bank does not tell the time', async () => {
  await using world = await worldWithAlex();
  assert.equal((await move(world, { amount: '60' })).http, 200);
  setRails(world, { per_day: { '*': '100' } });
  await world.clock.advance(10_000);
  const silent = world.faults.add({ kind: 'no_date' });
  world.bridgeClock.setAhead(86_400_000);
  assert.deepEqual(refusal(await move(world, { amount: '41' })), [409, 'bank_time_unknown', 'no', null]);
  world.bridgeClock.setAhead(0);
  silent();
  assert.deepEqual(refusal(await move(world, { amount: '41' })), [403, 'per_day_cap', 'no', null]);
});

test('commands that race cannot pass a cap together', async () => {
  await using world = await worldWithAlex();
  setRails(world, { per_day: { '*': '20' } });
  const answers = Promise.all([1, 2, 3, 4, 5].map((n) => move(world, { request_id: `r${n}`, amount: '6' })));
  const told = (await answers).map(({ http }) => http).toSorted();
  assert.deepEqual(told, [200, 200, 200, 403, 403]);
  assert.equal(world.bank.pot(holiday).balance, 45_000 + 1_800);
});

test('who asked for what, and what came of it, stands in the audit', async () => {
  await using world = await worldWithAlex();
  await move(world, { request_id: 'r' });
  await move(world, { amount: '500' });
  setRails(world, { cooldown_seconds: 5 });
  await ask(world, 'pause');
  const rows = auditOf(world);
  assert.deepEqual(
    rows.map(({ door, action, decision, code }) => `${door} ${action} ${decision} ${code ?? ''}`.trim()),
    [
      'http pause done',
      'page set_rails done',
      'http pot_transfer refused per_move_cap',
      'bridge pot_transfer seen',
      'bridge pot_transfer moved',
      'bridge pot_transfer answered accepted',
      'http pot_transfer allowed',
    ],
  );
});
