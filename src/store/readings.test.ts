import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { aBalance, aPot, noon, withoutShop } from '../../test/support/samples.ts';
import { heldSample, knowledgeOf, temporaryDirectory } from '../../test/support/store-samples.ts';
import { nothingKnown, type Knowledge } from '../domain/fold.ts';
import { openDatabase, type Database, type Row } from './database.ts';
import { createLedger } from './ledger.ts';
import { migrate } from './migrations.ts';
import { readBalances } from './readings.ts';
import { migrations } from './schema.ts';

const london = 'Europe/London';
const hour = 3_600_000;
const day = 24 * hour;

function open(t: TestContext) {
  const database = openDatabase(join(temporaryDirectory(t), 'a.sqlite'));
  t.after(() => database.close());
  migrate(database, migrations);
  return { database, ledger: createLedger(database, london) };
}

const all = (database: Database, sql: string) => database.all(sql, [], (row): Row => ({ ...row }));

test('the last reading of each local day is kept, in any time zone', (t) => {
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

test('a balance includes later transactions of the day, and a pot the transfers from its account', (t) => {
  const { database, ledger } = open(t);
  const potMove = (id: string, created: number, amount: number) =>
    heldSample({
      ...withoutShop,
      id,
      created,
      amount,
      scheme: 'uk_retail_pot',
      potId: 'pot_1',
      category: 'savings',
    });
  const rows = [
    heldSample({ id: 'tx_1', created: noon - 2 * day, amount: 1_000 }),
    potMove('tx_2', noon - day, -400),
    heldSample({ id: 'tx_3', created: noon + 2 * hour, amount: -50 }),
    potMove('tx_4', noon + 3 * hour, 100),
    heldSample({ id: 'tx_5', created: noon + hour, amount: -7, currency: 'EUR' }),
    { ...heldSample({ id: 'tx_6', created: noon - day, amount: -99 }), status: 'reversed' as const },
  ];
  ledger.save(nothingKnown, knowledgeOf(...rows));
  ledger.save(nothingKnown, {
    ...nothingKnown,
    balances: new Map([['acc_1', { at: noon, value: aBalance({ balance: 600 }) }]]),
    pots: new Map([['acc_1', { at: noon, value: [aPot({ id: 'pot_1', balance: 400 })] }]]),
  });
  const { series, totals } = readBalances(database, {
    all: [
      { kind: 'account', id: 'acc_1', currency: 'GBP' },
      { kind: 'pot', id: 'pot_1', currency: 'GBP' },
      { kind: 'account', id: 'acc_2', currency: 'EUR' },
    ],
    since: '2026-03-08',
    before: '2026-03-12',
  });
  const shown = series.map(({ points }) => points.map(({ balance }) => balance));
  assert.deepEqual(shown, [[1_000, 600, 600], [400, 400], []]);
  assert.deepEqual(
    totals.map(({ currency, points }) => [currency, points.map(({ balance }) => balance)]),
    [
      ['GBP', [1_000, 1_000, 1_000]],
      ['EUR', []],
    ],
  );
});
