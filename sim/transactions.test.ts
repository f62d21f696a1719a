import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { openTestBank, type TestBank } from './test-bank.ts';
import { alex, joint, sam, signIn } from './household.ts';
import { bankDayStart, days, hours, minutes, readTime, wireTime } from './wire-time.ts';
import type { Switches } from './switches.ts';

type Row = Record<string, unknown>;

async function open(switches: Partial<Switches> = {}) {
  const testBank = openTestBank({ switches });
  const { access } = await signIn(testBank.bank, testBank.fetch);
  return { testBank, access };
}

async function list(testBank: TestBank, access: string, query: Readonly<Record<string, string>> = {}) {
  const params = new URLSearchParams({ account_id: alex.current, ...query });
  const answer = await testBank.ask(access, `GET /transactions?${params.toString()}`);
  return { code: answer.body['code'], rows: (answer.body['transactions'] ?? []) as Row[] };
}

async function read(testBank: TestBank, access: string, id: string): Promise<Row> {
  return (await testBank.ask(access, `GET /transactions/${id}`)).body['transaction'] as Row;
}

test('timestamps have no trailing zeros in their fraction and are read back the same', () => {
  assert.equal(wireTime(Date.parse('2026-01-02T10:00:00.120Z')), '2026-01-02T10:00:00.12Z');
  assert.equal(wireTime(Date.parse('2026-01-02T10:00:00.000Z')), '2026-01-02T10:00:00Z');
  assert.equal(wireTime(Date.parse('2026-01-02T10:00:00.001Z')), '2026-01-02T10:00:00.001Z');
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4e12 }), (instant) => readTime(wireTime(instant)) === instant),
  );
});

test('the day starts at 04:00 in London, summer or winter', () => {
  assert.equal(wireTime(bankDayStart(Date.parse('2026-07-02T02:59:00Z'))), '2026-07-01T03:00:00Z');
  assert.equal(wireTime(bankDayStart(Date.parse('2026-07-02T03:00:00Z'))), '2026-07-02T03:00:00Z');
  assert.equal(wireTime(bankDayStart(Date.parse('2026-12-02T12:00:00Z'))), '2026-12-02T04:00:00Z');
});

test('a purchase is pending, then settles in place with another amount', async () => {
  const { testBank, access } = await open();
  const account = testBank.bank.account(alex.current);
  const before = account.balance;
  const id = testBank.bank.purchase(alex.current, { amount: -500, merchant: 'Corner Shop' });
  const pending = await read(testBank, access, id);
  assert.deepEqual([pending['amount'], pending['settled'], pending['amount_is_pending']], [-500, '', true]);
  assert.equal(account.balance, before - 500);
  testBank.bank.settle(id, { amount: -450 });
  const settled = await read(testBank, access, id);
  assert.deepEqual([settled['amount'], settled['amount_is_pending']], [-450, false]);
  assert.equal(settled['settled'], wireTime(testBank.clock.now()));
  assert.ok(Date.parse(String(settled['updated'])) > Date.parse(String(pending['updated'])));
  assert.equal(account.balance, before - 450);
  assert.throws(() => testBank.bank.settle(id), /settled already/);
});

test('a reversed payment has amount zero, is never settled, and the money is back', async () => {
  const { testBank, access } = await open();
  const before = testBank.bank.account(alex.current).balance;
  const id = testBank.bank.purchase(alex.current, { amount: 500 });
  testBank.bank.reverse(id);
  const row = await read(testBank, access, id);
  assert.deepEqual([row['amount'], row['settled'], row['merchant']], [0, '', null]);
  assert.equal(testBank.bank.account(alex.current).balance, before);
});

test('a declined payment has amount zero and the attempt in local_amount', async () => {
  const { testBank, access } = await open();
  const before = testBank.bank.account(alex.current).balance;
  const row = await read(
    testBank,
    access,
    testBank.bank.decline(alex.current, { amount: 900, reason: 'INVALID_PIN' }),
  );
  assert.deepEqual(
    [row['amount'], row['local_amount'], row['decline_reason'], row['settled'], row['include_in_spending']],
    [0, -900, 'INVALID_PIN', '', false],
  );
  assert.equal(testBank.bank.account(alex.current).balance, before);
});

test('spend_today is negative, counts from 04:00 and leaves out transfers and income', async () => {
  const { testBank, access } = await open();
  testBank.bank.purchase(alex.current, { amount: 300 });
  testBank.bank.salary(alex.current, { amount: 100_000 });
  testBank.bank.potMove(alex.pots.holiday, 'deposit', { amount: 1_000 });
  const balance = async () => (await testBank.ask(access, `GET /balance?account_id=${alex.current}`)).body;
  assert.equal((await balance())['spend_today'], -300);
  assert.deepEqual((await balance())['local_spend'], [{ spend_today: -300, currency: 'GBP' }]);
  await testBank.clock.advance(20 * hours);
  assert.equal((await balance())['spend_today'], 0);
  assert.deepEqual((await balance())['local_spend'], []);
});

test('abroad, the balance names the other currency until the person is home again', async () => {
  const { testBank, access } = await open();
  const use = { amount: 605, localAmount: 970, localCurrency: 'CAD' };
  const row = await read(testBank, access, testBank.bank.foreignPurchase(alex.current, use));
  assert.deepEqual([row['amount'], row['local_amount'], row['local_currency']], [-605, -970, 'CAD']);
  const balance = async () => (await testBank.ask(access, `GET /balance?account_id=${alex.current}`)).body;
  assert.equal((await balance())['local_currency'], 'CAD');
  testBank.bank.comeHome(alex.current);
  assert.deepEqual([(await balance())['local_currency'], (await balance())['local_exchange_rate']], ['', 0]);
});

test('lists have 30 transactions by default, at most 100, oldest first, 30 days back', async () => {
  const { testBank, access } = await open();
  testBank.bank.addHistory(alex.current, { days: 60, perDay: 5 });
  const { rows } = await list(testBank, access);
  assert.equal(rows.length, 30);
  const created = rows.map((row) => Date.parse(String(row['created'])));
  assert.deepEqual(
    created,
    created.toSorted((one, other) => one - other),
  );
  assert.ok((created[0] ?? 0) >= testBank.clock.now() - 30 * days);
  assert.equal((await list(testBank, access, { limit: '500' })).rows.length, 100);
  assert.equal((await list(testBank, access, { limit: '0' })).code, 'bad_request.bad_param.limit');
});

test('paging by the last id returns every transaction once', async () => {
  const { testBank, access } = await open();
  const total = testBank.bank.addHistory(alex.current, { days: 80, perDay: 9 });
  const seen: string[] = [];
  let since = wireTime(testBank.clock.now() - 81 * days);
  for (;;) {
    const { rows } = await list(testBank, access, { since, limit: '100' });
    seen.push(...rows.map((row) => String(row['id'])));
    if (rows.length < 100) break;
    since = seen.at(-1) ?? '';
  }
  assert.equal(seen.length, total);
  assert.equal(new Set(seen).size, total);
});

test('a timestamp in since is inclusive or exclusive, one in before likewise', async () => {
  for (const [sinceTimestamp, beforeTimestamp, expected] of [
    ['inclusive', 'exclusive', [1, 0]],
    ['exclusive', 'inclusive', [0, 1]],
  ] as const) {
    const { testBank, access } = await open({ sinceTimestamp, beforeTimestamp });
    testBank.bank.purchase(alex.current, { amount: 1 });
    const instant = wireTime(testBank.clock.now());
    const earlier = wireTime(testBank.clock.now() - hours);
    await testBank.clock.advance(minutes);
    const from = (await list(testBank, access, { since: instant })).rows.length;
    const until = (await list(testBank, access, { since: earlier, before: instant })).rows.length;
    assert.deepEqual([from, until], expected);
  }
});

test('a range above 8760 hours is refused even while the full history is open', async () => {
  const { testBank, access } = await open();
  const since = (back: number) => wireTime(testBank.clock.now() - back);
  assert.equal((await list(testBank, access, { since: since(8760 * hours) })).code, undefined);
  const tooLong = await list(testBank, access, { since: since(8760 * hours + 1) });
  assert.equal(tooLong.code, 'bad_request.invalid_time_range');
  const backwards = { since: since(days), before: since(2 * days) };
  assert.equal((await list(testBank, access, backwards)).code, 'bad_request.bad_time_range');
  assert.deepEqual((await list(testBank, access, { before: since(31 * days) })).rows, []);
  const window = { since: since(700 * days), before: since(400 * days) };
  assert.equal((await list(testBank, access, window)).code, undefined);
});

test('accounts that are not the caller’s, misspelt or hidden answer 403', async () => {
  const { testBank, access } = await open();
  for (const account of [sam.current, `${alex.current} `, 'nonsense', alex.flexLoan]) {
    const answer = await list(testBank, access, { account_id: account });
    assert.equal(answer.code, 'forbidden.insufficient_permissions');
  }
  const theirs = testBank.bank.purchase(sam.current, { amount: 1 });
  assert.equal((await testBank.ask(access, `GET /transactions/${theirs}`)).status, 404);
});

test('both owners see the joint account and what each of them spent', async () => {
  const { testBank, access } = await open();
  const other = await signIn(testBank.bank, testBank.fetch, { person: sam });
  const id = testBank.bank.purchase(joint.account, { amount: 700, userId: sam.userId });
  for (const token of [access, other.access]) {
    const row = await read(testBank, token, id);
    assert.equal(row['user_id'], sam.userId);
    assert.equal((row['metadata'] as Record<string, string>)['spender_first_name'], 'Sam');
  }
});

test('only notes can be annotated; an empty text removes them', async () => {
  const { testBank, access } = await open();
  const id = testBank.bank.purchase(alex.current, { amount: 700 });
  const patch = (fields: Record<string, string>) => testBank.ask(access, `PATCH /transactions/${id}`, fields);
  await patch({ 'metadata[notes]': 'Tea\nfor two', 'metadata[mine]': 'x' });
  const row = await read(testBank, access, id);
  assert.equal(row['notes'], 'Tea\nfor two');
  assert.equal((row['metadata'] as Record<string, string>)['notes'], 'Tea\nfor two');
  assert.equal((row['metadata'] as Record<string, string>)['mine'], undefined);
  await patch({ 'metadata[notes]': '' });
  const bare = await read(testBank, access, id);
  assert.equal(bare['notes'], '');
  assert.ok(!Object.hasOwn(bare['metadata'] as object, 'notes'));
});

test('a transaction that is shown late is in no list and not found before, while newer ones are there', async () => {
  const { testBank, access } = await open();
  const { bank, clock } = testBank;
  const late = bank.purchase(alex.current, { amount: 1, merchant: 'Corner Shop' });
  bank.showLate(late, 5 * minutes);
  await clock.advance(minutes);
  const young = bank.purchase(alex.current, { amount: 2, merchant: 'Corner Shop' });
  const shown = async () => (await list(testBank, access)).rows.map(({ id }) => id);
  assert.deepEqual(await shown(), [young]);
  assert.equal(await read(testBank, access, late), undefined);
  await clock.advance(4 * minutes);
  assert.deepEqual(await shown(), [late, young]);
  assert.equal((await read(testBank, access, late))['id'], late);
  bank.showLate(late, minutes);
  bank.catchUp();
  assert.deepEqual(await shown(), [late, young]);
});

test('a payment dated in the future is listed at once, with a settlement later than now', async () => {
  const { testBank, access } = await open();
  const settledMs = testBank.clock.now() + 9 * hours;
  const row = await read(
    testBank,
    access,
    testBank.bank.incomingPayment(alex.current, { amount: 5, name: 'Jo', settledMs }),
  );
  assert.deepEqual([row['settled'], row['amount_is_pending']], [wireTime(settledMs), false]);
});
