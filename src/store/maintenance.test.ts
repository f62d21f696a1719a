import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import * as fc from 'fast-check';
import { noon } from '../../test/support/samples.ts';
import { heldSample, knowledgeOf, temporaryDirectory } from '../../test/support/store-samples.ts';
import { nothingKnown, type Knowledge } from '../domain/fold.ts';
import type { HeldTransaction } from '../domain/held-transaction.ts';
import { flowOf } from '../domain/spending.ts';
import { localDay } from '../domain/time.ts';
import { kindOf, type Transaction, type TransactionStatus } from '../domain/transaction.ts';
import { openDatabase, type Database, type Row } from './database.ts';
import { createLedger, type Ledger } from './ledger.ts';
import { migrate } from './migrations.ts';
import { migrations } from './schema.ts';

const london = 'Europe/London';

function open(t: TestContext) {
  const database = openDatabase(join(temporaryDirectory(t), 'a.sqlite'));
  t.after(() => database.close());
  migrate(database, migrations);
  // Many small commits; durability is not tested here.
  database.execute('PRAGMA synchronous = OFF');
  return { database, ledger: createLedger(database, london) };
}

const all = (database: Database, sql: string) => database.all(sql, [], (row): Row => ({ ...row }));

/** Each row counts once, and with a share in each of its categories. */
function assertSummariesAreTrue(database: Database): void {
  const expected = new Map<string, readonly number[]>();
  for (const row of all(database, 'SELECT * FROM bank_transaction')) {
    const place = ['day', 'account_id', 'currency', 'flow'].map((name) => row[name]);
    const shares = JSON.parse(String(row['shares'] ?? null)) as readonly [string, number][] | null;
    for (const [index, [category, share]] of (
      shares ?? [[String(row['category']), Number(row['amount'])] as const]
    ).entries()) {
      const key = JSON.stringify([...place, category]);
      const [amount = 0, count = 0, uses = 0] = expected.get(key) ?? [];
      expected.set(key, [amount + share, count + (index === 0 ? 1 : 0), uses + 1]);
    }
  }
  const held = database.all('SELECT * FROM day_summary', [], (row) => {
    const key = ['day', 'account_id', 'currency', 'flow', 'category'].map((name) => row[name]);
    const sums = ['amount', 'count', 'uses'].map((name) => Number(row[name]));
    return [JSON.stringify(key), sums] as const;
  });
  assert.deepEqual(new Map(held), expected);
}

const accounts = ['acc_1', 'acc_2', 'acc_3'];
const hour = 3_600_000;

const anyRow: fc.Arbitrary<HeldTransaction> = fc
  .record({
    id: fc.constantFrom('tx_1', 'tx_2', 'tx_3', 'tx_4', 'tx_5'),
    accountId: fc.constantFrom(...accounts),
    created: fc.integer({ min: 0, max: 60 }).map((hours) => noon + hours * hour),
    amount: fc.constantFrom(-350, -10, 0, 1_250),
    currency: fc.constantFrom('GBP', 'EUR'),
    category: fc.constantFrom('groceries', 'general'),
    counterpartyAccount: fc.constantFrom(null, ...accounts),
    counterpartyBank: fc.constantFrom(null, '040004 12345678'),
    originalId: fc.constantFrom(null, null, 'tx_1', 'tx_2'),
    split: fc.constantFrom(null, [
      ['eating_out', -300],
      ['groceries', -50],
    ] as const),
    inSpending: fc.boolean(),
    scheme: fc.constantFrom('mastercard', 'uk_retail_pot', 'bacs'),
  })
  .chain((told: Partial<Transaction>) =>
    fc.constantFrom<TransactionStatus>('pending', 'settled', 'reversed').map((status) => ({
      ...heldSample({ ...told, merchantId: null, merchantName: null }),
      status,
    })),
  );

type Step =
  | { readonly do: 'save'; readonly rows: readonly HeldTransaction[] }
  | { readonly do: 'own'; readonly accountId: string }
  | { readonly do: 'forget' | 'forgetSome'; readonly accountId: string }
  | { readonly do: 'revise' | 'move'; readonly timeZone: string };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.array(anyRow, { minLength: 1, maxLength: 4 }).map((rows) => ({ do: 'save' as const, rows })),
  fc.constantFrom(...accounts).map((accountId) => ({ do: 'own' as const, accountId })),
  fc.record({
    do: fc.constantFrom('forget' as const, 'forgetSome' as const),
    accountId: fc.constantFrom(...accounts),
  }),
  fc.record({
    do: fc.constantFrom('revise' as const, 'move' as const),
    timeZone: fc.constantFrom(london, 'Asia/Tokyo', 'America/New_York'),
  }),
);

/** The ledger as the write path uses it: `known` is carried along, and the time zone may change at a restart. */
class LedgerUser {
  readonly #database: Database;
  ledger: Ledger;
  timeZone = london;
  known: Knowledge = nothingKnown;

  constructor(database: Database) {
    this.#database = database;
    this.ledger = createLedger(database, london);
  }

  take(one: Step): void {
    if (one.do === 'save') {
      const before = {
        ...this.known,
        transactions: this.ledger.held(one.rows.map((row) => row.transaction.id)),
      };
      const transactions = new Map([...before.transactions, ...knowledgeOf(...one.rows).transactions]);
      this.ledger.save(before, { ...before, transactions });
    } else if (one.do === 'own') {
      const next = { ...this.known, eventsSince: new Map(this.known.eventsSince).set(one.accountId, 1) };
      this.ledger.save(this.known, next);
      this.known = next;
    } else if (one.do === 'forget') {
      this.ledger.forgetAccount(one.accountId);
      this.known = this.ledger.household();
    } else if (one.do === 'forgetSome') this.ledger.forgetSome(one.accountId, 1);
    else {
      if (one.do === 'move') this.timeZone = one.timeZone;
      this.ledger = createLedger(this.#database, this.timeZone);
      this.ledger.reviseSome(2);
    }
  }
}

test('day summaries always equal the sum over all rows, and every row follows the current rules', (t) => {
  const { database } = open(t);
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 25 }), (steps) => {
      database.execute('DELETE FROM bank_transaction; DELETE FROM events_since; DELETE FROM setting');
      const user = new LedgerUser(database);
      for (const one of steps) {
        user.take(one);
        assertSummariesAreTrue(database);
      }
      while (user.ledger.reviseSome(2)) assertSummariesAreTrue(database);
      assertSummariesAreTrue(database);
      const isOwn = (accountId: string) => user.known.eventsSince.has(accountId);
      for (const row of all(database, 'SELECT id, day, kind, flow, shares, payee FROM bank_transaction')) {
        const held =
          user.ledger
            .held([String(row['id'])])
            .values()
            .next().value ?? heldSample();
        const { transaction, status } = held;
        const { originalId, split, amount, created } = transaction;
        const [bill] = database.all(
          'SELECT category, flags, description FROM bank_transaction WHERE id = ? AND amount < 0',
          [originalId],
          (found): Row => ({ ...found }),
        );
        const flow = flowOf({
          transaction,
          status,
          isOwn,
          isCharged: false,
          bill: bill && { inSpending: Number(bill['flags']) === 0 },
        });
        const isPaidBack = bill !== undefined && flow === 'refund';
        const shares = isPaidBack ? [[bill['category'], amount]] : split;
        assert.deepEqual(row, {
          id: transaction.id,
          day: localDay(created, user.timeZone),
          kind: kindOf(transaction),
          flow,
          shares: shares && JSON.stringify(shares),
          payee: isPaidBack ? bill['description'] : null,
        });
      }
    }),
    { numRuns: 150 },
  );
});

test('days and flows of older rows are computed in steps, once', (t) => {
  const database = openDatabase(join(temporaryDirectory(t), 'old.sqlite'));
  t.after(() => database.close());
  const [first = { version: 1, name: '', sql: '' }] = migrations;
  migrate(database, [first]);
  const raw = (number: number) =>
    JSON.stringify({
      include_in_spending: number !== 1,
      counterparty:
        number === 2
          ? { account_id: 'acc_9', sort_code: '04-00-04', account_number: 1234567 }
          : { account_id: '' },
      metadata: number === 3 ? { spender_full_name: 'Sam Two', original_transaction_id: 'tx_2' } : null,
      categories: number === 3 ? { groceries: -1, general: -1, shopping: 'x', huge: 2 ** 60 } : null,
    });
  const old = database.all("SELECT name FROM pragma_table_info('bank_transaction')", [], (row) =>
    String(row['name']),
  );
  for (const number of [1, 2, 3, 4]) {
    const { transaction } = heldSample({ id: `tx_${number}`, created: noon });
    const values: Record<string, string | number | null> = {
      number,
      id: transaction.id,
      account_id: 'acc_1',
      created: noon,
      updated: noon,
      settles: null,
      merchant_id: null,
      merchant_name: null,
      counterparty: null,
      pot_id: null,
      external_id: null,
      external_id_reversed: null,
      decline_reason: null,
      amount: -number,
      local_amount: -number,
      flags: 0,
      seen_at: noon,
      status: 'settled',
      currency: 'GBP',
      raw: number === 4 ? 'no JSON' : raw(number),
    };
    const sql = `INSERT INTO bank_transaction (${old.join(', ')}) VALUES (${old.map(() => '?').join(', ')})`;
    database.run(
      sql,
      old.map((name) => (name in values ? (values[name] ?? null) : 'x')),
    );
  }
  migrate(database, migrations);
  assertSummariesAreTrue(database);
  const ledger = createLedger(database, london);
  const more: boolean[] = [];
  do more.push(ledger.reviseSome(3));
  while (more.at(-1));
  assert.deepEqual(more, [true, true, false]);
  assert.equal(createLedger(database, london).reviseSome(3), false);
  assertSummariesAreTrue(database);
  assert.deepEqual(
    all(database, 'SELECT flow, day, counterparty_account FROM bank_transaction ORDER BY number'),
    [
      ['excluded', null],
      ['spending', 'acc_9'],
      ['spending', null],
      ['spending', null],
    ].map(([flow, other]) => ({ flow, day: '2026-03-10', counterparty_account: other })),
  );
  const later = 'kind, counterparty_bank, spender, original_id, split, shares';
  const [, second, third] = all(database, `SELECT ${later} FROM bank_transaction ORDER BY number`);
  assert.equal(second?.['counterparty_bank'], '040004 01234567');
  assert.deepEqual(third, {
    kind: 'other',
    counterparty_bank: null,
    spender: 'Sam Two',
    original_id: 'tx_2',
    split: '[["general",-1],["groceries",-1],["x",-1]]',
    shares: '[["general",-1],["groceries",-1],["x",-1]]',
  });
});
