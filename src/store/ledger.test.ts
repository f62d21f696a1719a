import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import * as fc from 'fast-check';
import type { Account, Balance, Pot } from '../domain/account.ts';
import { nothingKnown, nothingMissing, type Knowledge } from '../domain/fold.ts';
import type { HeldTransaction } from '../domain/held-transaction.ts';
import { BridgeError } from '../errors.ts';
import { openDatabase } from './database.ts';
import { createEventLog } from './event-log.ts';
import { createLedger } from './ledger.ts';
import { migrate } from './migrations.ts';
import { readPage } from './transaction-pages.ts';
import {
  heldSample,
  knowledgeOf,
  sampleEvent,
  sampleTransaction,
  temporaryDirectory,
} from '../../test/support/store-samples.ts';
import { migrations } from './schema.ts';

function open(t: TestContext, beforeWrite?: (sql: string) => void) {
  const database = openDatabase(join(temporaryDirectory(t), 'a.sqlite'), { beforeWrite });
  t.after(() => database.close());
  migrate(database, migrations);
  return {
    database,
    ledger: createLedger(database, 'Europe/London'),
    log: createEventLog(database),
  };
}

const content = fc.string({ unit: 'binary', maxLength: 12 });
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });
const instant = fc.integer({ min: 0, max: 4_000_000_000_000 });
const plain = { noNullPrototype: true } as const;
const anyHeld: fc.Arbitrary<HeldTransaction> = fc.record(
  {
    transaction: fc.record(
      {
        id: fc.constantFrom('tx_1', 'tx_2', 'tx_3'),
        accountId: fc.constantFrom('acc_1', 'acc_2'),
        created: instant,
        updated: instant,
        settles: maybe(instant),
        amountIsPending: fc.boolean(),
        amount: fc.maxSafeInteger(),
        currency: content,
        localAmount: fc.maxSafeInteger(),
        localCurrency: content,
        declineReason: maybe(content),
        description: content,
        notes: content,
        category: content,
        split: maybe(fc.array(fc.tuple(content, fc.integer()), { minLength: 2, maxLength: 3 })),
        scheme: content,
        isLoad: fc.boolean(),
        merchantId: maybe(content),
        merchantName: maybe(content),
        atm: fc.boolean(),
        counterparty: maybe(content),
        counterpartyAccount: maybe(content),
        counterpartyBank: maybe(content),
        isDirectDebit: fc.boolean(),
        originalId: maybe(fc.constantFrom('tx_1', 'tx_2', 'tx_9')),
        spender: maybe(content),
        inSpending: fc.boolean(),
        potId: maybe(content),
        externalId: maybe(content),
        raw: content,
      },
      plain,
    ),
    status: fc.constantFrom('pending', 'settled', 'declined', 'reversed'),
    seenAt: instant,
    seenBy: fc.constantFrom('login_1', null),
    firstFields: content,
  },
  plain,
);

const account = (id: string): Account => ({
  id,
  type: 'uk_retail',
  currency: 'GBP',
  closed: false,
  created: 1,
  owners: [{ userId: 'user_1', firstName: 'Alex' }],
});
const balance: Balance = {
  balance: 5_000,
  totalBalance: null,
  spendToday: -350,
  spendSince: 1,
  currency: 'GBP',
};
const pot: Pot = {
  id: 'pot_1',
  accountId: 'acc_1',
  name: 'Rainy "day"',
  type: 'default',
  currency: 'GBP',
  balance: 1,
  goal: null,
  locked: false,
  deleted: false,
  created: 1,
};

const household: Knowledge = {
  accounts: new Map([
    ['alex', { at: 1, value: [account('acc_1'), account('acc_joint')] }],
    ['sam', { at: 2, value: [account('acc_joint')] }],
  ]),
  balances: new Map(['acc_1', 'acc_joint'].map((id) => [id, { at: 3, value: balance }])),
  pots: new Map(['acc_1', 'acc_joint'].map((id) => [id, { at: 4, value: [pot] }])),
  missing: nothingMissing,
  slugs: new Map([['acc_1', 'alex_current_account']]),
  eventsSince: new Map(['acc_1', 'acc_joint'].map((id) => [id, 5])),
  transactions: new Map(),
};

test('any transaction is read back as it was saved, new or changed', (t) => {
  const { ledger } = open(t);
  fc.assert(
    fc.property(anyHeld, (held) => {
      ledger.save(nothingKnown, knowledgeOf(held));
      const { id } = held.transaction;
      assert.deepEqual(ledger.held([id, 'tx_none']), new Map([[id, held]]));
      assert.deepEqual(ledger.byId(id), held);
    }),
    { numRuns: 300 },
  );
  assert.ok(ledger.count() <= 3);
});

test('the household is read back complete, without transactions', (t) => {
  const { ledger } = open(t);
  assert.deepEqual(ledger.household(), nothingKnown);
  ledger.save(nothingKnown, household);
  assert.deepEqual(ledger.household(), household);
  const after = {
    ...household,
    accounts: new Map([...household.accounts].filter(([id]) => id !== 'sam')),
    pots: new Map([...household.pots, ['acc_1', { at: 9, value: [] }] as const]),
    eventsSince: new Map([['acc_1', 5]]),
  };
  ledger.save(household, after);
  assert.deepEqual(ledger.household(), after);
});

test('only what differs by reference is written', (t) => {
  const writes: string[] = [];
  const { ledger } = open(t, (sql) => writes.push(sql));
  const first = heldSample();
  const before = { ...household, transactions: knowledgeOf(first).transactions };
  ledger.save(nothingKnown, before);
  const writesOf = (after: Knowledge) => {
    writes.length = 0;
    ledger.save(before, after);
    return writes.map((sql) => /(INTO|FROM) (\w+)/.exec(sql)?.[2] ?? sql);
  };
  assert.deepEqual(writesOf(before), []);
  const balances = new Map([...before.balances, ['acc_1', { at: 9, value: balance }] as const]);
  assert.deepEqual(writesOf({ ...before, balances }), [
    'BEGIN IMMEDIATE',
    'reading',
    'balance_day',
    'COMMIT',
  ]);
  const transactions = new Map([...before.transactions, ['tx_2', heldSample({ id: 'tx_2' })] as const]);
  assert.deepEqual(writesOf({ ...before, transactions }), ['BEGIN IMMEDIATE', 'bank_transaction', 'COMMIT']);
  const eventsSince = new Map([...before.eventsSince, ['acc_3', 9] as const]);
  assert.deepEqual(writesOf({ ...before, eventsSince }), ['BEGIN IMMEDIATE', 'events_since', 'COMMIT']);
});

test('pending transactions, the newest transaction and counts', (t) => {
  const { ledger } = open(t);
  const pending: HeldTransaction = { ...heldSample({ id: 'tx_2', created: 900 }), status: 'pending' };
  const other = heldSample({ id: 'tx_3', accountId: 'acc_2', created: 2_000 });
  const ahead = heldSample({ id: 'tx_4', accountId: 'acc_2', created: 5_000 });
  ledger.save(nothingKnown, knowledgeOf(heldSample(), pending, other, ahead));
  assert.deepEqual(ledger.pending(), [{ id: 'tx_2', accountId: 'acc_1', created: 900, seenAt: 3_000 }]);
  assert.deepEqual(
    ['acc_1', 'acc_2', 'acc_3'].map((id) => ledger.newestCreated(id)),
    [1_000, 2_000, null],
  );
  assert.deepEqual([ledger.count(), ledger.count('acc_1'), ledger.count('acc_3')], [4, 2, 0]);
  ledger.save(nothingKnown, knowledgeOf({ ...pending, status: 'settled' }));
  assert.deepEqual(ledger.pending(), []);
});

test('a pot transfer is found by the end of its external id', (t) => {
  const { ledger } = open(t);
  const rows = ['user_1:mb-abc', 'mb-abc', 'user_1:mb-abcd', 'MB-ABC', null, 'x%mb_abc'].map(
    (externalId, index) => heldSample({ id: `tx_${index}`, externalId }),
  );
  ledger.save(nothingKnown, knowledgeOf(...rows));
  const found = (suffix: string) =>
    ledger.withExternalIdEnding(suffix).map(({ transaction }) => transaction.id);
  assert.deepEqual(found('mb-abc'), ['tx_0', 'tx_1']);
  assert.deepEqual(found(':mb-abc'), ['tx_0']);
  assert.deepEqual(found('%'), []);
  assert.deepEqual(found(''), []);
  const several = ledger.withExternalIdEndingInAny(['', 'mb-ab', 'mb-abc', ':mb-abcd']);
  assert.deepEqual(several.map(({ transaction }) => transaction.id).toSorted(), ['tx_0', 'tx_1', 'tx_2']);
});

test('a forgotten account leaves nothing but the ids of its events', (t) => {
  const { database, ledger, log } = open(t);
  ledger.save(nothingKnown, {
    ...household,
    transactions: knowledgeOf(heldSample(), heldSample({ id: 'tx_j', accountId: 'acc_joint' })).transactions,
  });
  const event = sampleEvent('tx_1');
  const joint = sampleEvent('tx_j', { accountId: 'acc_joint' });
  log.append([event, joint]);
  ledger.forgetAccount('acc_1');
  const left = ledger.household();
  const known = [...left.balances.keys(), ...left.pots.keys(), ...left.eventsSince.keys()];
  assert.deepEqual(known, ['acc_joint', 'acc_joint', 'acc_joint']);
  assert.deepEqual([ledger.count('acc_1'), ledger.count('acc_joint')], [0, 1]);
  assert.deepEqual(
    log.after(0, 9).map((logged) => logged.event.id),
    [joint.id],
  );
  assert.deepEqual(log.append([event]), []);
  const kept = database.get('SELECT * FROM event WHERE id = ?', [event.id], (row) => ({ ...row }));
  assert.ok(kept && !JSON.stringify(kept).includes('PRET'));
  assert.equal(kept['balance'], null);
});

test('forgetting a login deletes what only it could see, and its history unless that is kept', (t) => {
  for (const keepHistory of [true, false]) {
    const { ledger } = open(t);
    const rows = [heldSample(), heldSample({ id: 'tx_j', accountId: 'acc_joint' })];
    ledger.save(nothingKnown, { ...household, transactions: knowledgeOf(...rows).transactions });
    assert.deepEqual(ledger.forgetLogin('alex', { keepHistory }), ['acc_1']);
    const left = ledger.household();
    assert.deepEqual([...left.accounts.keys()], ['sam']);
    assert.deepEqual([...left.balances.keys(), ...left.pots.keys()], ['acc_joint', 'acc_joint']);
    assert.deepEqual([...left.eventsSince.keys()], keepHistory ? ['acc_1', 'acc_joint'] : ['acc_joint']);
    assert.deepEqual([ledger.count('acc_1'), ledger.count('acc_joint')], [keepHistory ? 1 : 0, 1]);
    assert.deepEqual(ledger.forgetLogin('sam', { keepHistory }), ['acc_joint']);
    assert.deepEqual(ledger.forgetLogin('nobody', { keepHistory }), []);
  }
});

test('a write refused by a full disk leaves nothing behind', (t) => {
  const { database, ledger, log } = open(t);
  const row = (index: number) => heldSample({ id: `tx_${index}`, raw: 'x'.repeat(5_000) });
  ledger.save(nothingKnown, knowledgeOf(row(0)));
  const pages = database.get('PRAGMA page_count', [], (one) => Number(one['page_count'])) ?? 0;
  database.get(`PRAGMA max_page_count = ${pages + 20}`, [], () => true);
  const ingest = () =>
    database.transaction(() => {
      const rows = Array.from({ length: 50 }, (_, index) => row(index + 1));
      log.append(rows.map(({ transaction }) => sampleEvent(transaction.id)));
      ledger.save(nothingKnown, { ...household, transactions: knowledgeOf(...rows).transactions });
    });
  for (let attempt = 0; attempt < 2; attempt += 1) {
    assert.throws(ingest, (thrown) => thrown instanceof BridgeError && thrown.code === 'disk_full');
    assert.deepEqual([ledger.count(), log.last(), ledger.household().accounts.size], [1, 0, 0]);
  }
  database.get('PRAGMA max_page_count = 1000000', [], () => true);
  ingest();
  assert.deepEqual([ledger.count(), log.after(0, 99).length], [51, 50]);
  database.execute(`INSERT INTO transaction_text (transaction_text) VALUES ('integrity-check')`);
  assert.equal(
    database.get('PRAGMA integrity_check', [], (one) => one['integrity_check']),
    'ok',
  );
});

test('a read-only connection reads the ledger while it is written', (t) => {
  const { database, ledger } = open(t);
  ledger.save(nothingKnown, knowledgeOf(heldSample()));
  const reader = openDatabase(database.path, { readOnly: true });
  t.after(() => reader.close());
  const reading = createLedger(reader, 'Europe/London');
  database.transaction(() => {
    ledger.save(nothingKnown, knowledgeOf(heldSample({ id: 'tx_2' })));
    assert.equal(reading.count(), 1);
    assert.equal(readPage(reader, { q: 'pret', limit: 9 }).rows.length, 1);
  });
  assert.deepEqual(reading.byId('tx_2')?.transaction, sampleTransaction({ id: 'tx_2' }));
});

test('the row so many before the newest is the place from which new ones are listed', (t) => {
  const { ledger } = open(t);
  const rows = [1_000, 1_000, 1_000, 2_000, 2_500].map((created, index) =>
    heldSample({ id: `tx_${index}`, created }),
  );
  const gone: HeldTransaction = { ...heldSample({ id: 'tx_8', created: 2_600 }), status: 'reversed' };
  const ahead = heldSample({ id: 'tx_9', created: 90_000 });
  ledger.save(nothingKnown, knowledgeOf(...rows, gone, ahead));
  const before = (rowsBack: number, instant = Number.MAX_SAFE_INTEGER) =>
    ledger.rowBefore('acc_1', instant, rowsBack)?.id;
  assert.deepEqual(
    [0, 1, 2, 4, 9].map((back) => before(back)),
    ['tx_4', 'tx_3', 'tx_2', 'tx_0', 'tx_0'],
  );
  assert.deepEqual([before(1, 2_000), before(0, 1_000)], ['tx_1', undefined]);
  assert.equal(ledger.rowBefore('acc_2', 2_000, 1), null);
});
