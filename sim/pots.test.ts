import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { openTestBank, type TestBank } from './test-bank.ts';
import { alex, joint, sam, signIn } from './household.ts';
import { hours, minutes } from './wire-time.ts';
import { departures, switchPositions } from './switches.ts';
import type { Switches } from './switches.ts';

const { pots } = alex;

interface MoveRequest {
  readonly pot: string;
  readonly amount: number | string;
  readonly key?: string;
  readonly account?: string;
}

const deposit = (testBank: TestBank, access: string, request: MoveRequest) =>
  testBank.ask(access, `PUT /pots/${request.pot}/deposit`, {
    source_account_id: request.account ?? alex.current,
    amount: String(request.amount),
    dedupe_id: request.key ?? 'key',
  });

const withdraw = (testBank: TestBank, access: string, request: MoveRequest) =>
  testBank.ask(access, `PUT /pots/${request.pot}/withdraw`, {
    destination_account_id: request.account ?? alex.current,
    amount: String(request.amount),
    dedupe_id: request.key ?? 'key',
  });

async function open(switches: Partial<Switches> = {}) {
  const testBank = openTestBank({ switches });
  const { access } = await signIn(testBank.bank, testBank.fetch);
  return {
    testBank,
    access,
    holiday: testBank.bank.pot(pots.holiday),
    current: testBank.bank.account(alex.current),
  };
}

test('the history of a pot adds up to its balance, is not announced, and changes no balance', async () => {
  const { testBank, holiday, current } = await open();
  const [before, potBefore] = [current.balance, holiday.balance];
  testBank.bank.addPotHistory(alex.current, 100);
  assert.deepEqual([current.balance, holiday.balance], [before, potBefore]);
  const rows = [...testBank.bank.model.transactions.values()].filter(
    ({ description }) => description === holiday.id,
  );
  assert.deepEqual(
    rows.map(({ amount, createdMs, settledMs }) => [amount, createdMs, settledMs]),
    [
      [
        -potBefore,
        testBank.bank.model.now() - 100 * 86_400_000,
        testBank.bank.model.now() - 100 * 86_400_000,
      ],
    ],
  );
});

test('a deposit moves the money, answers with the pot and adds a transaction', async () => {
  const { testBank, access, holiday, current } = await open();
  const [before, potBefore] = [current.balance, holiday.balance];
  const answer = await deposit(testBank, access, { pot: holiday.id, amount: 2_500, key: 'mb-1' });
  assert.deepEqual(
    [answer.status, answer.body['id'], answer.body['balance']],
    [200, holiday.id, potBefore + 2_500],
  );
  assert.equal(current.balance, before - 2_500);
  const { body } = await testBank.ask(access, `GET /transactions?account_id=${alex.current}`);
  const row = (body['transactions'] as Record<string, unknown>[]).at(-1) ?? {};
  assert.equal(row['amount'], -2_500);
  assert.equal(row['scheme'], 'uk_retail_pot');
  assert.equal(row['description'], holiday.id);
  assert.equal(row['dedupe_id'], `${holiday.id}:${alex.current}:deposit:${alex.userId}:mb-1`);
  assert.equal((row['metadata'] as Record<string, string>)['external_id'], `${alex.userId}:mb-1`);
});

test('lists show the id of a move as the switch says, at any moment', async () => {
  const { testBank, access, holiday } = await open();
  const key = `mb-${'0123456789abcdef'.repeat(2)}`;
  await deposit(testBank, access, { pot: holiday.id, amount: 100, key });
  const shown = async (externalId: Switches['externalId']) => {
    testBank.bank.turn({ externalId });
    const list = await testBank.ask(
      access,
      `GET /transactions?account_id=${alex.current}&since=2026-11-23T00:00:00Z`,
    );
    const rows = list.body['transactions'] as readonly Readonly<Record<string, unknown>>[];
    const { metadata, dedupe_id: dedupeId } = rows.at(-1) ?? {};
    const id = (metadata as Readonly<Record<string, string>>)['external_id'] ?? null;
    assert.equal(String(dedupeId).endsWith(`:${key}`), externalId === 'as_recorded', externalId);
    return id;
  };
  const whole = `${alex.userId}:${key}`;
  assert.equal(await shown('as_recorded'), whole);
  assert.equal(await shown('absent'), null);
  assert.equal(await shown('cut'), whole.slice(0, 36));
  assert.notEqual(await shown('changed'), whole);
});

test('a repeated dedupe id moves money once, under every position of every switch', async () => {
  for (const [label, switches] of [['defaults', {}] as const, ...departures()]) {
    const { testBank, access, holiday } = await open(switches);
    const before = holiday.balance;
    await deposit(testBank, access, { pot: holiday.id, amount: 100 });
    const again = await deposit(testBank, access, { pot: holiday.id, amount: 100 });
    await testBank.clock.advance(5 * minutes);
    await deposit(testBank, access, { pot: holiday.id, amount: 200 });
    const isMade = !['never', 'declined_later'].includes(switches.deferredMove ?? 'at_once');
    assert.equal(holiday.balance, isMade ? before + 100 : before, label);
    assert.equal(again.status, switches.repeatedDedupe === 'error_400' ? 400 : 200, label);
  }
});

test('a deferred move is answered 200, and made or declined minutes later', async () => {
  for (const [deferredMove, rows, moved] of [
    ['later', [-100], 100],
    ['declined_later', [0], 0],
    ['never', [], 0],
  ] as const) {
    const { testBank, access, holiday } = await open({ deferredMove });
    const before = holiday.balance;
    const made = () =>
      testBank.bank.model.statements.get(alex.current)?.filter(({ scheme }) => scheme === 'uk_retail_pot') ??
      [];
    const known = made().length;
    const { status, body } = await deposit(testBank, access, { pot: holiday.id, amount: 100 });
    assert.deepEqual([status, (body as { readonly balance: number }).balance], [200, before]);
    await testBank.clock.advance(5 * minutes);
    await testBank.ask(access, 'GET /ping/whoami');
    assert.deepEqual(
      made()
        .slice(known)
        .map(({ amount }) => amount),
      rows,
      deferredMove,
    );
    assert.equal(holiday.balance, before + moved, deferredMove);
  }
});

test('a forgotten dedupe id moves money again', async () => {
  const { testBank, access, holiday } = await open({ dedupeMemory: 'one_hour' });
  const before = holiday.balance;
  await deposit(testBank, access, { pot: holiday.id, amount: 100 });
  await testBank.clock.advance(hours);
  await deposit(testBank, access, { pot: holiday.id, amount: 100 });
  assert.equal(holiday.balance, before + 200);
});

test('a dedupe id counts per pot, direction and, by default, person', async () => {
  for (const [dedupeScope, moved] of [
    ['per_person', 200],
    ['global', 100],
  ] as const) {
    const { testBank, access } = await open({ dedupeScope });
    const other = await signIn(testBank.bank, testBank.fetch, { person: sam });
    const bills = testBank.bank.pot(joint.pots.bills);
    const before = bills.balance;
    await deposit(testBank, access, { pot: bills.id, amount: 100, account: joint.account });
    await deposit(testBank, other.access, { pot: bills.id, amount: 100, account: joint.account });
    assert.equal(bills.balance, before + moved);
    await withdraw(testBank, access, { pot: bills.id, amount: 100, account: joint.account });
    assert.equal(bills.balance, before + moved - 100);
  }
});

test('the bank forgets no move when a switch changes in between', async () => {
  const { testBank, access, holiday } = await open();
  const before = holiday.balance;
  for (const dedupeScope of switchPositions.dedupeScope) {
    testBank.bank.turn({ dedupeScope });
    await deposit(testBank, access, { pot: holiday.id, amount: 100 });
  }
  assert.equal(holiday.balance, before + 100);
});

test('funds are checked after or before the dedupe id', async () => {
  for (const [moveChecks, status] of [
    ['after_dedupe', 200],
    ['before_dedupe', 400],
  ] as const) {
    const { testBank, access, holiday, current } = await open({ moveChecks });
    const all = current.balance;
    assert.equal((await deposit(testBank, access, { pot: holiday.id, amount: all })).status, 200);
    assert.equal((await deposit(testBank, access, { pot: holiday.id, amount: all })).status, status);
    assert.equal(current.balance, 0);
  }
});

test('a refusal has the bank’s own error and moves nothing', async () => {
  const { testBank, access, current } = await open();
  const cases = [
    [deposit, { pot: pots.holiday, amount: current.balance + 1 }, 'bad_request.insufficient_funds'],
    [withdraw, { pot: pots.roundUps, amount: 999_999 }, 'bad_request.insufficient_funds'],
    [withdraw, { pot: pots.locked, amount: 1 }, 'bad_request.pot_locked'],
    [withdraw, { pot: pots.guarded, amount: 1 }, 'bad_request.pot_added_security'],
    [deposit, { pot: pots.deleted, amount: 1 }, 'bad_request.pot_deleted'],
    [deposit, { pot: pots.holiday, amount: 0 }, 'bad_request.bad_param.bad_param.amount'],
    [deposit, { pot: pots.holiday, amount: 1.5 }, 'bad_request.bad_param.bad_param.amount'],
    [deposit, { pot: pots.holiday, amount: 1, key: '' }, 'bad_request.missing_param.dedupe_id'],
    [
      deposit,
      { pot: pots.holiday, amount: 1, account: joint.account },
      'bad_request.bad_param.source_account_id',
    ],
    [deposit, { pot: pots.holiday, amount: 1, account: sam.current }, 'forbidden.insufficient_permissions'],
    [deposit, { pot: sam.pots.bike, amount: 1, account: sam.current }, 'not_found.pot'],
  ] as const;
  const total = () =>
    [...testBank.bank.model.pots.values()].reduce((sum, pot) => sum + pot.balance, current.balance);
  const before = total();
  for (const [move, request, code] of cases) {
    assert.equal((await move(testBank, access, request)).body['code'], code);
  }
  assert.equal(total(), before);
});

test('an amount in the query of a move is ignored', async () => {
  const { testBank, access, holiday } = await open();
  const query = `source_account_id=${alex.current}&amount=100&dedupe_id=a`;
  const answer = await testBank.ask(access, `PUT /pots/${holiday.id}/deposit?${query}`, {
    source_account_id: alex.current,
    dedupe_id: 'a',
  });
  assert.equal(answer.body['code'], 'bad_request.bad_param.bad_param.amount');
});

test('pots are listed by account, including deleted ones; the account is required', async () => {
  const { testBank, access } = await open();
  const { body } = await testBank.ask(access, `GET /pots?current_account_id=${alex.current}`);
  const rows = body['pots'] as Record<string, unknown>[];
  assert.equal(rows.length, 8);
  assert.ok(rows.some((pot) => pot['deleted'] === true));
  assert.equal(rows.filter((pot) => pot['name'] === 'Savings').length, 2);
  assert.equal(
    (await testBank.ask(access, 'GET /pots')).body['code'],
    'bad_request.missing_param.current_account_id',
  );
});

test('closing a pot returns its money, and it is listed as deleted', async () => {
  const { testBank, holiday, current } = await open();
  const sum = holiday.balance + current.balance;
  testBank.bank.closePot(holiday.id);
  assert.deepEqual([holiday.deleted, holiday.balance, current.balance], [true, 0, sum]);
});

test('random moves, including refused ones, neither create nor lose a penny', async () => {
  const moves = fc.array(
    fc.record({
      pot: fc.constantFrom(...Object.values(pots)),
      amount: fc.integer({ min: -5, max: 400_000 }),
      key: fc.constantFrom('a', 'b', 'c', 'd'),
      into: fc.boolean(),
    }),
    { maxLength: 40 },
  );
  await fc.assert(
    fc.asyncProperty(moves, async (requests) => {
      const { testBank, access, current } = await open();
      const own = () => [...testBank.bank.model.pots.values()].filter((pot) => pot.accountId === current.id);
      const total = () => own().reduce((sum, pot) => sum + pot.balance, current.balance);
      const before = total();
      for (const request of requests) {
        await (request.into ? deposit : withdraw)(testBank, access, request);
        assert.equal(total(), before);
        assert.ok(current.balance >= 0 && own().every((pot) => pot.balance >= 0));
      }
    }),
    { numRuns: 40 },
  );
});
