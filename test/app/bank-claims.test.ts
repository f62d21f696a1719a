import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { createFakeClock } from '../../sim/fake-clock.ts';
import { callerOf } from '../../sim/api.ts';
import type { Call } from '../../sim/call.ts';
import { alex, joint, sam } from '../../sim/household.ts';
import { exchange } from '../../src/monzo/exchange.ts';
import { createBankWatch } from '../../src/monzo/watch/bank-watch.ts';
import { backUp, restore } from '../support/backup.ts';
import { day, hour, minute, notedIn, openWithAlex, withAddress } from '../support/bank-positions.ts';
import { move } from '../support/money.ts';
import { answered } from '../support/people.ts';
import { approvedLater, sleptFor } from '../support/sights-of-lists.ts';
import { temporaryDirectory } from '../support/store-samples.ts';

/** What happens every day and says nothing about the bank, although it looks as if it did. */

for (const pageOrder of ['oldest_first', 'newest_first'] as const)
  test(`two equal payments to one shop are no sign that a payment is charged on another row (${pageOrder})`, async () => {
    await using world = await openWithAlex({ switches: { pageOrder } });
    const coffee = { amount: 320, merchant: 'Corner Coffee' };
    const first = world.bank.purchase(alex.current, coffee);
    await world.clock.advance(10 * minute);
    world.faults.add({ kind: 'refused' });
    await world.clock.advance(hour);
    const second = world.bank.purchase(alex.current, coffee);
    for (const id of [first, second]) world.bank.settle(id);
    world.faults.clear();
    await world.clock.advance(2 * hour);
    assert.deepEqual((await notedIn(world)).get('charge'), ['same_row']);
  });

test('a refresh token that was used meanwhile is not old, however long the approval has lapsed', async () => {
  await using world = await openWithAlex({});
  world.bank.lapseApproval(alex.userId);
  await world.clock.advance(hour);
  for (const days of [29, 2]) {
    world.clock.jump(days * day);
    await world.clock.advance(hour);
  }
  const renewals = world.bank.calls.filter(({ path }) => path === '/oauth2/token').length;
  assert.ok(renewals > 2);
  assert.deepEqual((await notedIn(world)).get('old_refresh_token'), []);
});

test('a refresh token out of a backup says nothing of its age', async (t) => {
  await using world = await openWithAlex({});
  const file = join(temporaryDirectory(t), 'a.sqlite');
  await backUp(world, file);
  world.clock.jump(2 * day);
  await world.clock.advance(hour);
  world.clock.jump(31 * day);
  await restore(world, file);
  await world.clock.advance(hour);
  const noted = await notedIn(world);
  assert.equal(noted.get('refused_refresh')?.length, 1);
  assert.deepEqual(noted.get('old_refresh_token'), []);
});

test('a row that is younger than clocks are exact is not late', async () => {
  await using world = await openWithAlex({});
  world.bridgeClock.setAhead(900);
  for (let round = 0; round < 5; round += 1) {
    const refresh = () =>
      answered(
        world,
        world.api('/api/commands/refresh', {
          method: 'POST',
          body: '{}',
          headers: { 'content-type': 'application/json' },
        }),
      );
    await refresh();
    await world.clock.advance(150 * (round + 1));
    world.bank.purchase(alex.current, { amount: 410 + round, merchant: 'Hotel' });
    await refresh();
    await world.clock.advance(hour + 50);
  }
  assert.deepEqual((await notedIn(world)).get('new_rows'), ['on_time']);
});

test('an answer that says nothing of a repeated move is not taken for its acceptance', async () => {
  const noted: string[] = [];
  const failures: string[] = [];
  const clock = createFakeClock(Date.UTC(2026, 10, 2));
  const watch = createBankWatch({
    clock,
    lastUse: null,
    note: (question) => void noted.push(question),
    onFailure: (message) => void failures.push(message),
  });
  const form = { source_account_id: alex.current, amount: '100', dedupe_id: 'one' };
  for (const [status, text] of [
    [200, '{"id":"pot_1"}'],
    [502, '<html>'],
    [400, '{}'],
  ] as const)
    await exchange(
      {
        clock,
        apiUrl: 'http://bank.invalid',
        callBank: async () => ({ status, headers: {}, body: [Buffer.from(text)] }),
        onJudged: (answer) => watch.heard(answer, 'login_1'),
      },
      { method: 'PUT', path: '/pots/pot_1/deposit', form, priority: 'money' },
    ).catch(() => null);
  assert.deepEqual(
    [noted.includes('refusals'), noted.includes('repeated_move'), failures],
    [true, false, []],
  );
});

test('a refund before Monzo begins the day anew is no sign that it has', async () => {
  await using world = await openWithAlex({ switches: { spendResetLag: 3_600_000 } });
  const buy = (amount: number) => world.bank.purchase(alex.current, { amount, merchant: 'Hotel' });
  await world.clock.advance(8 * hour);
  buy(900);
  const refunded = buy(4_100);
  await world.clock.advance(Date.UTC(2026, 10, 3, 4, 1) - world.clock.now());
  world.bank.reverse(refunded);
  await world.clock.advance(3 * hour);
  assert.deepEqual((await notedIn(world)).get('spend_reset'), []);
});

test('that both owners of an account see the same of what nobody has touched is no sign that they always do', async () => {
  await using world = await openWithAlex({});
  await world.connect('sam');
  world.bank.purchase(joint.account, { amount: 900, userId: sam.userId });
  for (const { userId } of [alex, sam, alex]) {
    world.faults.add({
      kind: 'status',
      status: 503,
      match: (call) => callerOf(world.bank.model, call).userId === userId,
    });
    await world.clock.advance(20 * minute);
    world.faults.clear();
    await world.clock.advance(20 * minute);
  }
  assert.deepEqual((await notedIn(world)).get('owners_view'), []);
});

test('a list that is cut without a word is no sign of how far back lists go', async () => {
  await using world = await approvedLater({ switches: { reachBeyond: 'cut', reachDays: 30 } });
  await sleptFor(88 * day)(world);
  const reach = (await notedIn(world)).get('reach') ?? [];
  assert.deepEqual(
    reach.filter((position) => position !== 'listed_at_7'),
    [],
  );
});

test('a row that has vanished is no sign that rows are not found by their ids', async () => {
  await using world = await openWithAlex({});
  for (const amount of [500, 600, 700]) {
    const [gone] = [amount, amount + 1].map((one) =>
      world.bank.purchase(alex.current, { amount: one, merchant: 'Hotel' }),
    );
    await world.clock.advance(7 * minute);
    world.bank.vanish(gone ?? '');
    await world.clock.advance(6 * hour);
  }
  const asked = world.bank.calls.filter(
    ({ path, status }) => path.startsWith('/transactions/') && status === 404,
  );
  assert.notEqual(asked.length, 0);
  assert.ok(!(await notedIn(world)).get('by_id')?.includes('unknown'));
});

test('two equal payments to one shop, of which the first is still held, are no sign of how they are charged', async () => {
  await using world = await openWithAlex({});
  const ticket = { amount: 280, merchant: 'Underground' };
  world.bank.purchase(alex.current, ticket);
  await world.clock.advance(10 * minute);
  world.faults.add({ kind: 'refused' });
  await world.clock.advance(hour);
  world.bank.settle(world.bank.purchase(alex.current, ticket));
  world.faults.clear();
  await world.clock.advance(4 * hour);
  const noted = await notedIn(world);
  assert.deepEqual([noted.get('charge'), noted.get('hold_after_charge')], [[], []]);
});

test('a day on which more was spent than on the day before is no sign that it began late', async () => {
  await using world = await openWithAlex({});
  const buy = (amount: number) => world.bank.purchase(alex.current, { amount, merchant: 'Hotel' });
  await world.clock.advance(8 * hour);
  buy(300);
  await world.clock.advance(Date.UTC(2026, 10, 3, 3, 50) - world.clock.now());
  world.faults.add({ kind: 'refused' });
  await world.clock.advance(4 * hour);
  buy(5_000);
  world.faults.clear();
  await world.clock.advance(Date.UTC(2026, 10, 4, 5) - world.clock.now());
  const noted = (await notedIn(world)).get('spend_reset') ?? [];
  // Which is true, and seen only where the balance was asked for in time.
  assert.deepEqual(
    noted.filter((position) => position !== 'at_04'),
    [],
  );
});

test('equal moves that lists show without their ids are no sign that a move did not take place', async () => {
  await using world = await openWithAlex({ switches: { externalId: 'absent' } });
  for (const id of ['one', 'two']) assert.equal((await move(world, { request_id: id })).http, 200);
  await world.clock.advance(3 * hour);
  const noted = (await notedIn(world)).get('move_shown') ?? [];
  assert.ok(!noted.includes('not_within_an_hour'), noted.join());
});

test('one bad request for a list is no sign that it went back too far', async () => {
  await using world = await openWithAlex({});
  await world.clock.advance(hour);
  const isOld = ({ path, query }: Call) =>
    path === '/transactions' && Date.parse(query.get('since') ?? '') < world.clock.now() - 20 * day;
  world.faults.add({ kind: 'status', status: 400, code: 'bad_request.bad_param', times: 1, match: isOld });
  await world.clock.advance(13 * hour);
  const noted = await notedIn(world);
  assert.deepEqual(world.faults.kinds(), []);
  const refused = noted.get('reach')?.filter((position) => position.startsWith('refused'));
  assert.deepEqual([noted.get('reach_beyond'), refused], [[], []]);
});

test('a webhook that Monzo refuses for its address or its number says nothing of the account', async () => {
  await using world = await openWithAlex({
    switches: { webhookCap: '2_then_refused' },
    settings: withAddress,
  });
  await world.clock.advance(hour);
  const noted = (await notedIn(world)).get('account_parts') ?? [];
  assert.deepEqual(
    noted.filter((position) => / webhook 4/.test(position)),
    [],
  );
});

test('a webhook call that is repeated within a day is no sign that Monzo calls without a change', async () => {
  const noted: string[] = [];
  const clock = createFakeClock(Date.UTC(2026, 10, 2));
  const note = (question: string, position: string) => void noted.push(`${question} ${position}`);
  const watch = createBankWatch({ clock, lastUse: null, note, onFailure: assert.fail });
  const body = JSON.stringify({ type: 'transaction.created', data: { id: 'tx_1', settled: '' } });
  for (const pause of [0, 10 * minute, hour, 4 * hour]) {
    await clock.advance(pause);
    watch.rang(body);
  }
  assert.ok(noted.includes('ring_types transaction.created'), noted.join());
  assert.ok(!noted.includes('later_rings no_change'), noted.join());
  await clock.advance(2 * day);
  watch.rang(body);
  assert.ok(noted.includes('later_rings no_change'), noted.join());
});
