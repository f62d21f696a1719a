import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import * as fc from 'fast-check';
import { nothingKnown } from '../domain/fold.ts';
import { flowOf, type Flow } from '../domain/spending.ts';
import { displayName, kindOf, type Transaction } from '../domain/transaction.ts';
import { BridgeError } from '../errors.ts';
import { openDatabase } from './database.ts';
import { createLedger } from './ledger.ts';
import { migrate } from './migrations.ts';
import { readPage, type PageRequest, type TransactionFilter } from './transaction-pages.ts';
import { heldSample, knowledgeOf, temporaryDirectory } from '../../test/support/store-samples.ts';
import { migrations } from './schema.ts';

function open(t: TestContext) {
  const database = openDatabase(join(temporaryDirectory(t), 'a.sqlite'));
  t.after(() => database.close());
  migrate(database, migrations);
  const page = (request: PageRequest) => readPage(database, request);
  return { database, page, ledger: createLedger(database, 'Europe/London') };
}

const flowFor = (transaction: Transaction) =>
  flowOf({ transaction, status: 'settled', isOwn: () => false, isCharged: false });

const sizeOf = ({ currency }: Transaction, text: string | undefined, fallback: number) =>
  text === undefined ? fallback : Number(text) * (currency === 'JPY' ? 1 : 100);

/** 40 rows, four at each instant, so that a page often ends between rows of one instant. */
const rows = Array.from({ length: 40 }, (_, index) =>
  heldSample({
    id: `tx_${String((index * 7) % 40).padStart(2, '0')}`,
    accountId: index % 3 === 0 ? 'acc_2' : 'acc_1',
    created: 1_000 + Math.floor(index / 4),
    category: index % 2 === 0 ? 'eating_out' : 'general',
    scheme: index % 5 === 0 ? 'bacs' : 'mastercard',
    merchantId: index % 5 === 0 ? null : 'merch_1',
    merchantName: index % 5 === 0 ? null : index % 2 === 0 ? 'Pret' : 'Boots',
    counterparty: index % 5 === 0 ? 'Sam' : null,
    amount: (index % 4) * 100 - 150,
    currency: index % 7 === 0 ? 'JPY' : 'GBP',
    potId: index % 9 === 0 ? 'pot_1' : null,
    inSpending: index % 6 !== 0,
  }),
);

const conditions = {
  accountId: fc.constantFrom('acc_1', 'acc_2', 'acc_3'),
  since: fc.integer({ min: 998, max: 1_012 }),
  before: fc.integer({ min: 998, max: 1_012 }),
  category: fc.constantFrom('eating_out', 'general'),
  kind: fc.constantFrom('card_payment' as const, 'direct_debit' as const),
  potId: fc.constantFrom('pot_1', 'pot_2'),
  flows: fc.subarray<Flow>(['spending', 'refund', 'excluded'], { minLength: 1 }),
  merchant: fc.constantFrom('Pret', 'Sam', 'merch_1', 'Nobody'),
  least: fc.constantFrom('0.5', '1', '0.505'),
  most: fc.constantFrom('1', '1.499', '100'),
};

/** At most three conditions: more of them leave hardly any rows, and so no second page. */
const filter: fc.Arbitrary<TransactionFilter> = fc
  .tuple(fc.record(conditions), fc.subarray(Object.keys(conditions), { maxLength: 3 }))
  .map(([all, names]) => Object.fromEntries(Object.entries(all).filter(([name]) => names.includes(name))));

function matchesOf(wanted: TransactionFilter): readonly Transaction[] {
  return rows
    .map(({ transaction }) => transaction)
    .filter((row) => wanted.accountId === undefined || row.accountId === wanted.accountId)
    .filter((row) => wanted.since === undefined || row.created >= wanted.since)
    .filter((row) => wanted.before === undefined || row.created < wanted.before)
    .filter((row) => wanted.category === undefined || row.category === wanted.category)
    .filter((row) => wanted.kind === undefined || kindOf(row) === wanted.kind)
    .filter((row) => wanted.potId === undefined || row.potId === wanted.potId)
    .filter((row) => wanted.flows === undefined || wanted.flows.includes(flowFor(row)))
    .filter(
      (row) => wanted.merchant === undefined || [displayName(row), row.merchantId].includes(wanted.merchant),
    )
    .filter((row) => Math.abs(row.amount) >= sizeOf(row, wanted.least, 0))
    .filter((row) => Math.abs(row.amount) <= sizeOf(row, wanted.most, Number.POSITIVE_INFINITY))
    .sort((a, b) => b.created - a.created || (a.id < b.id ? 1 : -1));
}

test('pages list everything that matches a filter once, newest first', (t) => {
  const { ledger, page } = open(t);
  ledger.save(nothingKnown, knowledgeOf(...rows));
  let several = 0;
  let filtered = 0;
  fc.assert(
    fc.property(filter, fc.integer({ min: 1, max: 9 }), (wanted, limit) => {
      const listed: string[] = [];
      let pages = 0;
      let cursor: string | null | undefined;
      while (cursor !== null) {
        const shown = page({ ...wanted, limit, cursor });
        assert.ok(shown.rows.length <= limit && (shown.next === null || shown.rows.length === limit));
        listed.push(...shown.rows.map(({ transaction }) => transaction.id));
        cursor = shown.next;
        pages += 1;
        assert.ok(pages <= rows.length, 'the list does not end');
      }
      if (pages > 1) several += 1;
      if (pages > 1 && listed.length < rows.length) filtered += 1;
      assert.deepEqual(
        listed,
        matchesOf(wanted).map(({ id }) => id),
      );
    }),
    { numRuns: 200 },
  );
  // Otherwise the property would prove little.
  assert.ok(several > 50, `only ${several} of 200 runs reached a second page`);
  assert.ok(filtered > 25, `only ${filtered} of 200 runs reached a second page of a filtered list`);
});

test('a forged cursor is refused', (t) => {
  const { page } = open(t);
  const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const forged = [
    '',
    'nonsense',
    encoded(1),
    encoded([1]),
    encoded(['1', 'tx']),
    encoded([1, 2]),
    encoded(null),
  ];
  for (const cursor of [...forged, encoded([1.5, 'tx']), encoded([1, 'tx', 2])]) {
    assert.throws(
      () => page({ cursor, limit: 1 }),
      (thrown) => thrown instanceof BridgeError && thrown.code === 'bad_cursor',
      cursor,
    );
  }
});

test('search finds words and beginnings of words in every text field, also after a change', (t) => {
  const { ledger, page } = open(t);
  const rows = [
    heldSample({ id: 'tx_1', merchantName: 'Café Nero', description: 'NERO' }),
    heldSample({ id: 'tx_2', counterparty: 'Sam Smith', merchantName: null, description: 'rent' }),
    heldSample({ id: 'tx_3', merchantName: null, description: 'x', notes: 'with "Sam" 🍕' }),
  ];
  ledger.save(nothingKnown, knowledgeOf(...rows));
  const found = (q: string) => page({ q, limit: 9 }).rows.map(({ transaction }) => transaction.id);
  assert.deepEqual(found('cafe'), ['tx_1']);
  assert.deepEqual(found('CAF ner'), ['tx_1']);
  assert.deepEqual(found('sam'), ['tx_3', 'tx_2']);
  assert.deepEqual(found('sam smith'), ['tx_2']);
  assert.deepEqual(found('"sam'), ['tx_3', 'tx_2']);
  assert.deepEqual(found('🍕'), ['tx_3']);
  assert.deepEqual(found('sam OR rent'), []);
  assert.deepEqual(found('  '), ['tx_3', 'tx_2', 'tx_1']);
  ledger.save(nothingKnown, knowledgeOf(heldSample({ id: 'tx_1', merchantName: 'Pret' })));
  assert.deepEqual([found('nero'), found('pret')], [[], ['tx_1']]);
  ledger.forgetAccount('acc_1');
  ledger.save(nothingKnown, knowledgeOf(heldSample({ id: 'tx_4', merchantName: 'Boots', description: '' })));
  assert.deepEqual([found('pret'), found('boots')], [[], ['tx_4']]);
});

test('a search for a common word is paged like any other', (t) => {
  const { database, ledger, page } = open(t);
  const rows = Array.from({ length: 2_100 }, (_, index) =>
    heldSample({ id: `tx_${index}`, created: index, description: index % 21 === 0 ? 'odd' : 'even' }),
  );
  ledger.save(nothingKnown, knowledgeOf(...rows));
  const first = page({ q: 'pret', limit: 2 });
  assert.deepEqual(
    first.rows.map((row) => row.transaction.created),
    [2_099, 2_098],
  );
  const second = page({ q: 'pret odd', limit: 2, cursor: first.next ?? '' });
  assert.deepEqual(
    second.rows.map((row) => row.transaction.created),
    [2_079, 2_058],
  );
  database.execute(`INSERT INTO transaction_text (transaction_text) VALUES ('integrity-check')`);
});

test('no search text throws, and a row is found by each of its words', (t) => {
  const { ledger, page } = open(t);
  const risky = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({
      unit: fc.constantFrom('"', "'", '*', '(', ')', ':', '^', '-', '+', ' ', 'a', 'NEAR', 'NOT', '\0', '{'),
    }),
  );
  fc.assert(
    fc.property(risky, (q) => {
      assert.ok(Array.isArray(page({ q, limit: 1 }).rows));
    }),
    { numRuns: 500 },
  );
  fc.assert(
    fc.property(
      fc.array(fc.stringMatching(/^[a-z0-9"'*:.-]*[a-z][a-z0-9"'*:.-]*$/), { minLength: 1 }),
      (words) => {
        ledger.save(nothingKnown, knowledgeOf(heldSample({ notes: words.join(' ') })));
        for (const q of words) assert.equal(page({ q, limit: 1 }).rows.length, 1, q);
      },
    ),
  );
});
