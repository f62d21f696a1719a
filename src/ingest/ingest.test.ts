import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { RecordedEvent } from '../domain/event.ts';
import type { Observation, TransactionsSeen } from '../domain/fold.ts';
import { BridgeError } from '../errors.ts';
import { rowsInMemory } from '../limits.ts';
import { openStore } from '../store/store.ts';
import { aBalance, aList, aTransaction, anAccount, noon } from '../../test/support/samples.ts';
import { clockAt, sampleKey, temporaryDirectory } from '../../test/support/store-samples.ts';
import { Ingest } from './ingest.ts';

function ingestFor(t: TestContext) {
  const disk = { refuses: null as string | null, writes: 0, rowsRead: 0 };
  const opened = openStore({
    directory: temporaryDirectory(t),
    clock: clockAt(noon),
    secretKey: sampleKey,
    beforeWrite: (sql) => {
      if (sql.startsWith('BEGIN')) disk.writes += 1;
      if (disk.refuses !== null && sql.startsWith(disk.refuses))
        throw new BridgeError('disk_full', 'There is no space left.', { retryable: true });
    },
  });
  t.after(() => opened.close());
  const held: typeof opened.ledger.held = (ids) => {
    disk.rowsRead += ids.length;
    return opened.ledger.held(ids);
  };
  const store = { ...opened, ledger: { ...opened.ledger, held } };
  const commits: (readonly RecordedEvent[])[] = [];
  const onCommit = (events: readonly RecordedEvent[]) => void commits.push(events);
  const ingest = new Ingest({ store, onCommit, reconcile: () => [] });
  return { ingest, store, commits, disk };
}

const accounts: Observation = {
  kind: 'accounts',
  at: noon,
  loginId: 'login_1',
  list: aList([anAccount()]),
};
const rows = (count: number, at = noon + 1_000): TransactionsSeen => ({
  kind: 'transactions',
  loginId: 'login_1',
  at,
  accountId: 'acc_1',
  transactions: Array.from({ length: count }, (_, number) =>
    aTransaction({ id: `tx_${number}`, created: noon + number }),
  ),
});

test('many rows are committed in slices of a hundred, with the balance in the first', (t) => {
  const { ingest, commits, store } = ingestFor(t);
  ingest.beginEvents(['acc_1'], noon);
  commits.length = 0;
  const balance: Observation = {
    kind: 'balance',
    askedAt: 0,
    at: noon + 900,
    accountId: 'acc_1',
    balance: aBalance({ balance: 500 }),
  };
  const events = ingest.observe([balance, rows(250)]);
  assert.deepEqual(
    commits.map(({ length }) => length),
    [100, 100, 50],
  );
  assert.equal(events.length, 250);
  assert.equal(store.ledger.count(), 250);
  assert.equal(events[0]?.balance, 500);
});

test('what says nothing new commits nothing and tells nobody', (t) => {
  const { ingest, commits } = ingestFor(t);
  ingest.observe([accounts, rows(3)]);
  commits.length = 0;
  assert.deepEqual(ingest.newsIn(rows(3)), []);
  assert.deepEqual(
    ingest.newsIn(rows(4)).map(({ id }) => id),
    [rows(4).transactions[3]?.id],
  );
  assert.deepEqual(ingest.observe([rows(3)]), []);
  assert.deepEqual(commits, []);
});

test('events begin once: a second decision changes nothing', (t) => {
  const { ingest } = ingestFor(t);
  ingest.beginEvents(['acc_1'], noon);
  ingest.beginEvents(['acc_1', 'acc_2'], noon + 5_000);
  assert.deepEqual(
    [...ingest.knowledge().eventsSince],
    [
      ['acc_1', noon],
      ['acc_2', noon + 5_000],
    ],
  );
});

test('a vanished row is told, an unknown one is not', (t) => {
  const { ingest } = ingestFor(t);
  ingest.observe([rows(1)]);
  assert.deepEqual(
    ingest.observe([
      { kind: 'transaction_gone', at: noon + 9_000, accountId: 'acc_1', transactionId: 'tx_9' },
    ]),
    [],
  );
  const [event] = ingest.observe([
    { kind: 'transaction_gone', at: noon + 9_000, accountId: 'acc_1', transactionId: 'tx_0' },
  ]);
  assert.equal(event?.type, 'transaction.reversed');
});

test('a disk that refuses changes nothing that is known, and health says so until it takes again', (t) => {
  const { ingest, disk, store } = ingestFor(t);
  ingest.observe([accounts]);
  const known = ingest.knowledge();
  disk.refuses = 'BEGIN';
  assert.throws(() => ingest.observe([rows(2)]), /no space/);
  assert.equal(ingest.knowledge(), known);
  assert.deepEqual(ingest.health(), { part: 'ledger', state: 'down', sentence: 'There is no space left.' });
  disk.refuses = null;
  ingest.observe([rows(2)]);
  assert.equal(ingest.health().state, 'ok');
  assert.equal(store.ledger.count(), 2);
});

for (const keepHistory of [true, false])
  test(`a forgotten login takes along what only it could see, ${keepHistory ? 'but' : 'and'} its history`, async (t) => {
    const { ingest, store } = ingestFor(t);
    ingest.observe([
      accounts,
      { ...accounts, loginId: 'login_2', list: aList([anAccount({ id: 'acc_2' }), anAccount()]) },
    ]);
    ingest.beginEvents(['acc_1', 'acc_2'], noon);
    const other = aTransaction({ id: 'tx_other', accountId: 'acc_2' });
    ingest.observe([
      rows(1),
      { kind: 'transactions', loginId: 'login_1', at: noon, accountId: 'acc_2', transactions: [other] },
    ]);
    await ingest.forget('login_2', { keepHistory });
    assert.deepEqual([...ingest.knowledge().accounts.keys()], ['login_1']);
    assert.equal(ingest.knowledge().eventsSince.has('acc_2'), keepHistory);
    assert.equal(store.ledger.count('acc_2'), keepHistory ? 1 : 0);
    assert.equal(store.ledger.count('acc_1'), 1, 'what another login sees stays');
    assert.deepEqual(ingest.knowledge(), store.ledger.household());
  });

test('a long history is forgotten a hundred rows at a time, and others are heard in between', async (t) => {
  const { ingest, store } = ingestFor(t);
  ingest.observe([accounts]);
  ingest.beginEvents(['acc_1'], noon);
  ingest.observe([rows(450)]);
  const left: number[] = [];
  const hear = () => {
    left.push(store.ledger.count());
    if (left.at(-1) !== 0) setImmediate(hear);
  };
  setImmediate(hear);
  await ingest.forget('login_1', { keepHistory: false });
  assert.deepEqual([...new Set(left)].toSorted((a, b) => b - a).slice(0, 4), [350, 250, 150, 50]);
  assert.deepEqual([store.ledger.count(), store.events.after(0, 999).length], [0, 0]);
});

test('what the disk holds of a page is read once, and of rows that were committed not at all', (t) => {
  const { ingest, store, disk } = ingestFor(t);
  assert.equal(ingest.newsIn(rows(100)).length, 100);
  ingest.observe([rows(100)]);
  assert.deepEqual(ingest.newsIn(rows(100, noon + 2_000)), []);
  assert.equal(disk.rowsRead, 100);
  const restarted = new Ingest({ store, onCommit: () => {}, reconcile: () => [] });
  for (let time = 0; time < 3; time += 1) assert.deepEqual(restarted.newsIn(rows(100)), []);
  assert.equal(disk.rowsRead, 200);
});

test('rows beyond those in memory are known all the same', (t) => {
  const { ingest, store } = ingestFor(t);
  ingest.beginEvents(['acc_1'], noon);
  assert.equal(ingest.observe([rows(1_200)]).length, 1_200);
  assert.deepEqual(ingest.observe([rows(1_200, noon + 2_000)]), []);
  assert.equal(store.events.last(), 1_200);
  const oldest = 1_200 - rowsInMemory;
  const { transactions, ...page } = rows(oldest + 1, noon + 3_000);
  const mixed = [...transactions.slice(-1), ...transactions.slice(0, 99)];
  assert.deepEqual(ingest.newsIn({ ...page, transactions: mixed }), [], 'one in memory and many on the disk');
});

test('a row that the disk did not take is not known, nor one that was forgotten', async (t) => {
  const { ingest, disk } = ingestFor(t);
  ingest.observe([accounts]);
  ingest.beginEvents(['acc_1'], noon);
  for (const statement of ['BEGIN', 'COMMIT']) {
    disk.refuses = statement;
    assert.throws(() => ingest.observe([rows(2)]), /no space/);
    assert.equal(ingest.newsIn(rows(2)).length, 2, statement);
  }
  disk.refuses = null;
  assert.equal(ingest.observe([rows(2)]).length, 2);
  assert.deepEqual(ingest.newsIn(rows(2)), []);
  await ingest.forget('login_1', { keepHistory: false });
  assert.equal(ingest.newsIn(rows(2)).length, 2);
});
