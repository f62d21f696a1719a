import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import * as fc from 'fast-check';
import { openDatabase } from './database.ts';
import { createEventLog } from './event-log.ts';
import { migrate } from './migrations.ts';
import { sampleEvent, temporaryDirectory } from '../../test/support/store-samples.ts';
import { migrations } from './schema.ts';

function openLog(t: TestContext) {
  const database = openDatabase(join(temporaryDirectory(t), 'a.sqlite'));
  t.after(() => database.close());
  migrate(database, migrations);
  return { database, log: createEventLog(database) };
}

test('an event is read back as it was, with its raw text unchanged', (t) => {
  const { log } = openLog(t);
  const plain = sampleEvent('tx_1');
  const late = sampleEvent('tx_2', {
    type: 'transaction.settled',
    recovered: true,
    balance: null,
    totalBalance: -5,
  });
  assert.deepEqual(log.append([plain, late]), [plain, late]);
  const logged = log.after(0, 10);
  assert.deepEqual(
    logged.map(({ event }) => event),
    [plain, late],
  );
  assert.deepEqual(log.byId(late.id), logged[1]);
  assert.equal(log.byId('tx_9:created'), undefined);
  assert.equal(log.last(), logged[1]?.seq);
});

test('each id is in the log once, at its first place, however often it is appended', (t) => {
  const { log } = openLog(t);
  assert.equal(log.last(), 0);
  assert.deepEqual(log.append([]), []);
  const known: string[] = [];
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 10 }), (numbers) => {
      const events = numbers.map((number) => sampleEvent(`tx_${number}`));
      const fresh = [...new Set(events.map(({ id }) => id))].filter((id) => !known.includes(id));
      assert.deepEqual(
        log.append(events).map(({ id }) => id),
        fresh,
      );
      known.push(...fresh);
      assert.deepEqual(
        log.after(0, 1_000).map(({ event }) => event.id),
        known,
      );
    }),
  );
});

test('events after a place are read in order, up to a limit', (t) => {
  const { log } = openLog(t);
  log.append(['a', 'b', 'c'].map((id) => sampleEvent(id)));
  const [first] = log.after(0, 1);
  assert.equal(first?.event.id, 'a:created');
  assert.deepEqual(
    log.after(first.seq, 10).map(({ event }) => event.id),
    ['b:created', 'c:created'],
  );
  assert.deepEqual(log.after(log.last(), 10), []);
});

test('events before a place are read newest first, without pruned ones', (t) => {
  const { database, log } = openLog(t);
  log.append(['a', 'b', 'c', 'd'].map((id) => sampleEvent(id)));
  const [newest, next] = log.before(Number.MAX_SAFE_INTEGER, 2);
  assert.deepEqual([newest?.event.id, next?.event.id], ['d:created', 'c:created']);
  database.run('UPDATE event SET detail = NULL, data = NULL WHERE id = ?', ['b:created']);
  assert.deepEqual(
    log.before(next?.seq ?? 0, 10).map(({ event }) => event.id),
    ['a:created'],
  );
  assert.deepEqual(log.before(1, 10), []);
});

test('outcomes of transfers are in the same log, each once', (t) => {
  const { log } = openLog(t);
  const outcome = {
    id: 'transfer_1:completed',
    type: 'transfer_completed',
    at: 7_000,
    accountId: 'acc_1',
    transferId: 'transfer_1',
    requestId: null,
    moneyMoved: 'yes',
  } as const;
  assert.equal(log.append([sampleEvent('a'), outcome, outcome]).length, 2);
  assert.deepEqual(log.byId(outcome.id)?.event, outcome);
  assert.equal(log.after(0, 10).length, 2);
});

test('appending is all or nothing', (t) => {
  const { database, log } = openLog(t);
  const broken = { ...sampleEvent('b'), at: 0.5 };
  assert.throws(() => log.append([sampleEvent('a'), broken]), /cannot store REAL/);
  assert.equal(log.last(), 0);
  assert.throws(() =>
    database.transaction(() => {
      log.append([sampleEvent('a')]);
      throw new Error('no');
    }),
  );
  assert.deepEqual(log.append([sampleEvent('a')]).length, 1);
});
