import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import * as fc from 'fast-check';
import { localDay } from '../domain/time.ts';
import { nothingKnown, type HeldTransaction, type Knowledge } from '../domain/fold.ts';
import { flowOf } from '../domain/spending.ts';
import type { Transaction, TransactionStatus } from '../domain/transaction.ts';
import { heldSample, knowledgeOf, temporaryDirectory } from '../../test/support/store-samples.ts';
import { aBalance, aPot, noon } from '../../test/support/samples.ts';
import { openDatabase, type Database, type Row } from './database.ts';
import { createLedger, type Ledger } from './ledger.ts';
import { migrate } from './migrations.ts';
import { migrations } from './schema.ts';

const london = 'Europe/London';

function open(t: TestContext) {
  const database = openDatabase(join(temporaryDirectory(t), 'a.sqlite'));
  t.after(() => database.close());
  migrate(database, migrations);
  // Many small commits, and no power cut in sight.
  database.execute('PRAGMA synchronous = OFF');
  return { database, ledger: createLedger(database, london) };
}

const all = (database: Database, sql: string) => database.all(sql, [], (row): Row => ({ ...row }));

function assertSummariesAreTrue(database: Database): void {
  const key = 'day, account_id, currency, flow, category';
  assert.deepEqual(
    all(database, `SELECT * FROM day_summary ORDER BY ${key}`),
    all(
      database,
      `SELECT ${key}, sum(amount) AS amount, count(*) AS count FROM bank_transaction GROUP BY ${key} ORDER BY ${key}`,
    ),
  );
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

/** The ledger as the write path uses it: what is known is carried along, the time zone may change at a start. */
class Life {
  readonly #database: Database;
  ledger: Ledger;
  timeZone = london;
  known: Knowledge = nothingKnown;

  constructor(database: Database) {
    this.#database = database;
    this.ledger = createLedger(database, london);
  }

  live(one: Step): void {
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

test('summaries equal the sum over all rows whatever happens, and every row is judged by the rules of the day', (t) => {
  const { database } = open(t);
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 25 }), (steps) => {
      database.execute('DELETE FROM bank_transaction; DELETE FROM events_since; DELETE FROM setting');
      const life = new Life(database);
      for (const one of steps) {
        life.live(one);
        assertSummariesAreTrue(database);
      }
      while (life.ledger.reviseSome(2)) assertSummariesAreTrue(database);
      assertSummariesAreTrue(database);
      const isOwn = (accountId: string) => life.known.eventsSince.has(accountId);
      for (const row of all(database, 'SELECT id, day, flow FROM bank_transaction')) {
        const held =
          life.ledger
            .held([String(row['id'])])
            .values()
            .next().value ?? heldSample();
        const { transaction, status } = held;
        assert.deepEqual(
          [row['day'], row['flow']],
          [localDay(transaction.created, life.timeZone), flowOf({ transaction, status, isOwn })],
        );
      }
    }),
    { numRuns: 150 },
  );
});

test('rows from before there were days and flows are judged bit by bit, once', (t) => {
  const database = openDatabase(join(temporaryDirectory(t), 'old.sqlite'));
  t.after(() => database.close());
  const [first = { version: 1, name: '', sql: '' }] = migrations;
  migrate(database, [first]);
  const raw = (number: number) =>
    JSON.stringify({
      include_in_spending: number !== 1,
      counterparty: { account_id: number === 2 ? 'acc_9' : '' },
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
});

test('a balance is kept once a day, as it was read last, whatever the time zone', (t) => {
  const { database, ledger } = open(t);
  const days = () =>
    all(database, 'SELECT subject, day, balance FROM balance_day ORDER BY subject, day').map(Object.values);
  let known: Knowledge = nothingKnown;
  const read = (at: number, balance: number) => {
    const balances = new Map([['acc_1', { at, value: aBalance({ balance }) }]]);
    const pots = new Map([
      ['acc_1', { at, value: [aPot({ id: 'pot_1', balance: 1 }), aPot({ id: 'pot_2', deleted: true })] }],
    ]);
    const next = { ...known, balances, pots };
    ledger.save(known, next);
    known = next;
  };
  for (const [hours, balance] of [
    [0, 10],
    [5, 20],
    [11, 30],
    [20, 40],
  ] as const)
    read(noon + hours * hour, balance);
  assert.deepEqual(days(), [
    ['acc_1', '2026-03-10', 30],
    ['acc_1', '2026-03-11', 40],
    ['pot_1', '2026-03-10', 1],
    ['pot_1', '2026-03-11', 1],
  ]);
  const moved = createLedger(database, 'Asia/Tokyo');
  while (moved.reviseSome(9));
  assert.deepEqual(days(), [
    ['acc_1', '2026-03-11', 40],
    ['pot_1', '2026-03-11', 1],
  ]);
  moved.forgetAccount('acc_1');
  assert.deepEqual(days(), []);
});
