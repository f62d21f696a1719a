import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import * as fc from 'fast-check';
import { nothingKnown } from '../domain/fold.ts';
import { heldSample, knowledgeOf, temporaryDirectory } from '../../test/support/store-samples.ts';
import { openDatabase } from './database.ts';
import { createLedger } from './ledger.ts';
import { migrate } from './migrations.ts';
import { migrations } from './schema.ts';
import { readPage, type TransactionFilter } from './transaction-pages.ts';
import { readTags } from './transaction-search.ts';
import { readSums, sumOfParts, type SumsPart, type TransactionSum } from './transaction-sums.ts';

function open(t: TestContext) {
  const database = openDatabase(join(temporaryDirectory(t), 'a.sqlite'));
  t.after(() => database.close());
  migrate(database, migrations);
  const sums = (filter: TransactionFilter, size: number) => {
    const parts: SumsPart[] = [];
    let after: SumsPart['next'] = null;
    do {
      const part = readSums(database, { ...filter, size, after });
      parts.push(part);
      after = part.next;
    } while (after !== null);
    return { sums: sumOfParts(parts.flatMap((part) => part.sums)), parts: parts.length };
  };
  return { database, sums, ledger: createLedger(database, 'Europe/London') };
}

/** Shop, refund, pot move, income, declined, foreign, split and tagged rows, several at an instant. */
const rows = Array.from({ length: 60 }, (_, index) => {
  const isPot = index % 10 === 3;
  const isDeclined = index % 10 === 4;
  const amount = isDeclined ? 0 : (index % 4) * 100 - 150;
  return heldSample({
    id: `tx_${String((index * 7) % 60).padStart(2, '0')}`,
    accountId: index % 3 === 0 ? 'acc_2' : 'acc_1',
    created: 1_000 + Math.floor(index / 4),
    category: index % 2 === 0 ? 'eating_out' : 'general',
    amount,
    localAmount: isDeclined ? -999 : index % 10 === 5 ? 777 : amount,
    localCurrency: index % 10 === 5 ? 'USD' : 'GBP',
    currency: index % 7 === 0 ? 'JPY' : 'GBP',
    declineReason: isDeclined ? 'OTHER' : null,
    merchantName: isPot ? null : index % 2 === 0 ? 'Pret' : 'Boots 1.50',
    ...(isPot && { scheme: 'uk_retail_pot', potId: 'pot_1', description: 'pot_1', merchantId: null }),
    split:
      index % 10 === 6 && amount === 50
        ? [
            ['eating_out', 30],
            ['gifts', 20],
          ]
        : null,
    notes: index % 6 === 0 ? `lunch #Work ${index}` : '',
  });
});

const conditions = {
  accountId: fc.constantFrom('acc_1', 'acc_2', 'acc_3'),
  since: fc.integer({ min: 998, max: 1_017 }),
  before: fc.integer({ min: 998, max: 1_017 }),
  category: fc.constantFrom('eating_out', 'general', 'gifts'),
  flows: fc.constantFrom(['spending' as const], ['internal' as const, 'refund' as const]),
  merchant: fc.constantFrom('Pret', 'Nobody'),
  potId: fc.constantFrom('pot_1', 'pot_2'),
  tag: fc.constantFrom('work', 'play'),
  q: fc.constantFrom('pret', 'lunch', '1.50', '-1.50', '0,5 pret', '7.77', '9.99', '#', '  ', 'boots -1,50'),
  least: fc.constantFrom('0.6', '1'),
};

const filter: fc.Arbitrary<TransactionFilter> = fc
  .tuple(fc.record(conditions), fc.subarray(Object.keys(conditions), { maxLength: 3 }))
  .map(([all, names]) => Object.fromEntries(Object.entries(all).filter(([name]) => names.includes(name))));

test('sums are those of all rows that a list with the same filters shows, in parts of any size', (t) => {
  const { database, ledger, sums } = open(t);
  ledger.save(nothingKnown, knowledgeOf(...rows));
  let several = 0;
  let found = 0;
  fc.assert(
    fc.property(filter, fc.integer({ min: 1, max: 30 }), (wanted, size) => {
      const listed = readPage(database, { ...wanted, limit: 1_000 }).rows;
      const byCurrency = Map.groupBy(listed, ({ transaction }) => transaction.currency);
      const expected = [...byCurrency].map(([currency, own]): TransactionSum => {
        const parts = own.map((row) => ({
          flow: row.flow,
          amount:
            wanted.category === undefined || row.shares === null
              ? row.transaction.amount
              : (row.shares.find(([name]) => name === wanted.category)?.[1] ?? 0),
        }));
        const sum = (sign: number, isIn: (flow: string) => boolean) =>
          parts
            .filter((part) => Math.sign(part.amount) === sign && part.flow !== 'none' && isIn(part.flow))
            .reduce((whole, part) => whole + part.amount, 0);
        return {
          currency,
          in: sum(1, () => true),
          out: sum(-1, () => true),
          internalIn: sum(1, (flow) => flow === 'internal'),
          internalOut: sum(-1, (flow) => flow === 'internal'),
          count: parts.length,
          unmoved: parts.filter((part) => part.flow === 'none').length,
        };
      });
      const answer = sums(wanted, size);
      if (answer.parts > 1) several += 1;
      if (listed.length > 0) found += 1;
      const inOrder = (all: readonly TransactionSum[]) =>
        all.toSorted((a, b) => (a.currency < b.currency ? -1 : 1));
      assert.deepEqual(inOrder(answer.sums), inOrder(expected));
    }),
    { numRuns: 400 },
  );
  // Otherwise the property would prove little.
  assert.ok(several > 100, `only ${several} of 400 runs took several parts`);
  assert.ok(found > 100, `only ${found} of 400 runs found anything`);
});

test('an amount finds rows that have it: in either direction, abroad, and where it was declined', (t) => {
  const { database, ledger } = open(t);
  ledger.save(
    nothingKnown,
    knowledgeOf(
      heldSample({ id: 'tx_1', created: 1, amount: -4_999, localAmount: -4_999 }),
      heldSample({ id: 'tx_2', created: 2, amount: 4_999, localAmount: 4_999 }),
      heldSample({ id: 'tx_3', created: 3, amount: -4_200, localAmount: -4_999, localCurrency: 'EUR' }),
      heldSample({ id: 'tx_4', created: 4, amount: 0, localAmount: -4_999, declineReason: 'OTHER' }),
      heldSample({ id: 'tx_5', created: 5, amount: -100, localAmount: -4_999, localCurrency: 'JPY' }),
      heldSample({ id: 'tx_6', created: 6, amount: -700, localAmount: -700, notes: 'paid 49.99 in all' }),
      heldSample({ id: 'tx_7', created: 7, amount: -4_999, localAmount: -4_999, merchantName: 'Boots' }),
    ),
  );
  const found = (q: string) =>
    readPage(database, { q, limit: 99 })
      .rows.map(({ transaction }) => transaction.id.slice(3))
      .join('');
  assert.equal(found('49.99'), '764321');
  assert.equal(found('49,99'), '764321');
  assert.equal(found('-49.99'), '76431');
  assert.equal(found('+49.99'), '62');
  assert.equal(found('4999'), '5', 'yen have no decimal places');
  assert.equal(found('boots 49.99'), '7');
  assert.equal(found('49.99 boots'), '7');
  assert.equal(found('1.00'), '5');
  assert.equal(found('49.98'), '');
});

test('tags are listed with how often they are there, and found whole', (t) => {
  const { database, ledger } = open(t);
  const notes = ['#work #lunch', '#Work', '#workshop', 'a#work', 'order #12', ''];
  ledger.save(
    nothingKnown,
    knowledgeOf(
      ...notes.map((text, index) => heldSample({ id: `tx_${index}`, created: index, notes: text })),
    ),
  );
  assert.deepEqual(readTags(database), [
    ['work', 2],
    ['lunch', 1],
    ['workshop', 1],
  ]);
  const found = (tag: string) =>
    readPage(database, { tag, limit: 99 }).rows.map(({ transaction }) => transaction.id);
  assert.deepEqual(found('work'), ['tx_1', 'tx_0']);
  assert.deepEqual(found('12'), []);
});

test('searches by amount, by tag and for sums go by their indexes', (t) => {
  const { database } = open(t);
  const asked: string[] = [];
  const spy: typeof database = {
    ...database,
    all: (sql, parameters, read) => {
      const plan = database.all(`EXPLAIN QUERY PLAN ${sql}`, parameters, (row) => String(row['detail']));
      asked.push(plan.join('\n'));
      return database.all(sql, parameters, read);
    },
  };
  const planOf = (ask: () => unknown) => {
    asked.length = 0;
    ask();
    return asked.join('\n');
  };
  const byAmount = planOf(() => readPage(spy, { q: '49.99', limit: 9 }));
  assert.match(byAmount, /USING COVERING INDEX transaction_by_amount/);
  assert.match(byAmount, /transaction_by_local_amount/);
  assert.match(
    planOf(() => readPage(spy, { tag: 'work', limit: 9 })),
    /INDEX transaction_tagged/,
  );
  assert.match(
    planOf(() => readTags(spy)),
    /COVERING INDEX transaction_tagged/,
  );
  const all = planOf(() => readSums(spy, { accountId: 'acc_1', after: null }));
  assert.match(all, /SEARCH bank_transaction USING COVERING INDEX transaction_filter/);
  assert.match(all, /bank_transaction USING INDEX transaction_charged/);
  assert.doesNotMatch(all, /transaction_by_account/);
  const words = planOf(() => readSums(spy, { accountId: 'acc_1', q: 'coffee', after: null }));
  assert.match(words, /SEARCH bank_transaction USING INTEGER PRIMARY KEY/);
});
