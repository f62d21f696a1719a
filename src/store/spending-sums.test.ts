import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import * as fc from 'fast-check';
import { noon } from '../../test/support/samples.ts';
import { heldSample, knowledgeOf, temporaryDirectory } from '../../test/support/store-samples.ts';
import { nothingKnown } from '../domain/fold.ts';
import type { HeldTransaction } from '../domain/held-transaction.ts';
import { flowOf } from '../domain/spending.ts';
import { localDay } from '../domain/time.ts';
import { displayName, type Transaction } from '../domain/transaction.ts';
import { openDatabase } from './database.ts';
import { createLedger } from './ledger.ts';
import { migrate } from './migrations.ts';
import { migrations } from './schema.ts';
import { readSpending, type SpendingGroup } from './spending-sums.ts';

const timeZone = 'Europe/London';
const hour = 3_600_000;

function open(t: TestContext) {
  const database = openDatabase(join(temporaryDirectory(t), 'a.sqlite'));
  t.after(() => database.close());
  migrate(database, migrations);
  database.execute('PRAGMA synchronous = OFF');
  return { database, ledger: createLedger(database, timeZone) };
}

const anyRow: fc.Arbitrary<Partial<Transaction>> = fc.record({
  accountId: fc.constantFrom('acc_1', 'acc_2'),
  created: fc.integer({ min: 0, max: 40 * 24 }).map((hours) => noon + hours * hour),
  amount: fc.integer({ min: -500, max: 500 }),
  currency: fc.constantFrom('GBP', 'EUR'),
  category: fc.constantFrom('groceries', 'general'),
  merchantName: fc.constantFrom('Pret', 'Boots', null),
  scheme: fc.constantFrom('mastercard', 'bacs', 'uk_retail_pot'),
  inSpending: fc.boolean(),
});

const keys: Readonly<Record<SpendingGroup, (transaction: Transaction) => string>> = {
  day: ({ created }) => localDay(created, timeZone),
  month: ({ created }) => localDay(created, timeZone).slice(0, 7),
  category: ({ category }) => category,
  merchant: displayName,
};

const request = fc.record(
  {
    by: fc.constantFrom<SpendingGroup>('day', 'month', 'category', 'merchant'),
    accountId: fc.constantFrom('acc_1', 'acc_2', 'acc_3'),
    since: fc.constantFrom('2026-03-15', '2026-03-29'),
    before: fc.constantFrom('2026-03-30', '2026-04-10'),
  },
  { requiredKeys: ['by'] },
);

function addedUp(rows: readonly HeldTransaction[], by: (transaction: Transaction) => string) {
  const sums = new Map<string, number[]>();
  for (const { transaction, status } of rows) {
    const flow = flowOf({ transaction, status, isOwn: () => false, isCharged: false });
    const place = ['spending', 'refund', 'income'].indexOf(flow);
    if (place === -1) continue;
    const key = `${by(transaction)} ${transaction.currency}`;
    const sum = sums.get(key) ?? [0, 0, 0, 0];
    sums.set(key, sum);
    sum[place] = (sum[place] ?? 0) + Math.abs(transaction.amount);
    sum[3] = (sum[3] ?? 0) + 1;
  }
  return sums;
}

test('every grouping equals the sum of its rows, for any account and any days', (t) => {
  const { database, ledger } = open(t);
  fc.assert(
    fc.property(fc.array(anyRow, { maxLength: 20 }), request, (told, query) => {
      database.execute('DELETE FROM bank_transaction');
      const rows = told.map((row, index) => heldSample({ ...row, id: `tx_${index}`, merchantId: null }));
      ledger.save(nothingKnown, knowledgeOf(...rows));
      const wanted = rows.filter(({ transaction: { accountId, created } }) => {
        const made = localDay(created, timeZone);
        const isIn = made >= (query.since ?? '') && made < (query.before ?? '9999');
        return isIn && (query.accountId === undefined || accountId === query.accountId);
      });
      const { groups, totals } = readSpending(database, { ...query, timeZone, limit: 500 });
      const found = groups.map(
        ({ key, currency, spent, refunded, income, count }) =>
          [`${key} ${currency}`, [spent, refunded, income, count]] as const,
      );
      assert.deepEqual(new Map(found), addedUp(wanted, keys[query.by]));
      const all = totals.map(
        ({ currency, spent, refunded, income, count }) =>
          [` ${currency}`, [spent, refunded, income, count]] as const,
      );
      assert.deepEqual(
        new Map(all),
        addedUp(wanted, () => ''),
      );
      const net = groups.map(({ spent, refunded }) => spent - refunded);
      const isByTime = query.by === 'day' || query.by === 'month';
      const names = groups.map(({ key }) => key);
      assert.deepEqual(isByTime ? names : net, isByTime ? names.toSorted() : net.toSorted((a, b) => b - a));
    }),
  );
});
