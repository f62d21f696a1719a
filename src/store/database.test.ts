import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { temporaryDirectory } from '../../test/support/store-samples.ts';
import { BridgeError } from '../errors.ts';
import { isBusy, openDatabase, storeFailure, type Database, type DatabaseOptions } from './database.ts';
import { integer, text } from './rows.ts';

const withCode = (code: string) => (thrown: unknown) => thrown instanceof BridgeError && thrown.code === code;

function open(t: TestContext, options: DatabaseOptions = {}): Database {
  const database = openDatabase(join(temporaryDirectory(t), 'a.sqlite'), options);
  t.after(() => database.close());
  return database;
}

function countOf(database: Database): number {
  return database.get('SELECT count(*) AS n FROM t', [], (row) => integer(row, 'n')) ?? -1;
}

test('survives a power cut: the write-ahead log is on and every commit is flushed', (t) => {
  const database = open(t);
  const pragma = (name: string) => database.get(`PRAGMA ${name}`, [], (row) => Object.values(row)[0]);
  assert.deepEqual(
    ['journal_mode', 'synchronous', 'foreign_keys', 'trusted_schema', 'busy_timeout'].map(pragma),
    ['wal', 2, 1, 0, 5_000],
  );
});

test('a transaction is all or nothing and cannot be nested', (t) => {
  const database = open(t);
  database.execute('CREATE TABLE t (a TEXT) STRICT');
  const insert = () => database.run('INSERT INTO t VALUES (?)', ['x']);
  assert.equal(
    database.transaction(() => insert() + insert()),
    2,
  );
  assert.throws(
    () =>
      database.transaction(() => {
        insert();
        throw new Error('no');
      }),
    /^Error: no$/,
  );
  assert.throws(() => database.transaction(() => database.transaction(insert)), /inside another/);
  assert.throws(
    () =>
      database.transaction(() => {
        insert();
        return Promise.resolve();
      }),
    /cannot wait/,
  );
  assert.equal(countOf(database), 2);
  database.transaction(() => database.atomically(insert));
  database.atomically(insert);
  assert.equal(countOf(database), 4);
});

test('beforeWrite sees every write and can prevent it', (t) => {
  const seen: string[] = [];
  let stopAt = '';
  const database = open(t, {
    beforeWrite: (sql) => {
      seen.push(sql);
      if (sql === stopAt) throw new Error('crash');
    },
  });
  database.execute('CREATE TABLE t (a TEXT) STRICT');
  seen.length = 0;
  const insert = 'INSERT INTO t VALUES (1)';
  const write = () => database.transaction(() => database.run(insert));
  write();
  countOf(database);
  assert.deepEqual(seen, ['BEGIN IMMEDIATE', insert, 'COMMIT']);
  for (const sql of ['BEGIN IMMEDIATE', insert, 'COMMIT']) {
    stopAt = sql;
    assert.throws(write, /crash/);
    assert.equal(countOf(database), 1);
  }
  stopAt = '';
  write();
  assert.equal(countOf(database), 2);
});

test('a full disk refuses the whole transaction, and accepts it once there is space', (t) => {
  const database = open(t);
  database.execute('CREATE TABLE t (a TEXT) STRICT');
  const fill = () =>
    database.transaction(() => {
      for (let row = 0; row < 100; row += 1) database.run('INSERT INTO t VALUES (?)', ['x'.repeat(3_000)]);
    });
  database.run('INSERT INTO t VALUES (?)', ['first']);
  database.get('PRAGMA max_page_count = 8', [], () => true);
  assert.throws(fill, (thrown) => {
    assert.ok(thrown instanceof BridgeError);
    assert.deepEqual([thrown.code, thrown.retryable, thrown.needsPerson], ['disk_full', true, false]);
    assert.match(thrown.message, /Free some space/);
    return true;
  });
  assert.equal(countOf(database), 1);
  database.get('PRAGMA max_page_count = 100000', [], () => true);
  fill();
  assert.equal(countOf(database), 101);
});

test('a file that is not a database is refused with a remedy and not changed', (t) => {
  const path = join(temporaryDirectory(t), 'a.sqlite');
  writeFileSync(path, 'this is not a database, only text that is long enough to look at'.repeat(100));
  assert.throws(() => openDatabase(path), withCode('database_unreadable'));
  assert.throws(() => openDatabase(join(path, 'below')), withCode('disk_error'));
});

test('a read-only connection cannot write, and a locked file is reported as busy', (t) => {
  const database = open(t);
  database.execute('CREATE TABLE t (a TEXT) STRICT');
  const reader = openDatabase(database.path, { readOnly: true });
  t.after(() => reader.close());
  assert.throws(() => reader.run('INSERT INTO t VALUES (1)'), withCode('disk_error'));
  const other = openDatabase(database.path);
  t.after(() => other.close());
  other.execute('PRAGMA busy_timeout = 0');
  database.transaction(() => {
    assert.throws(() => other.run('INSERT INTO t VALUES (1)'), withCode('database_busy'));
  });
});

test('mistakes in our own SQL are thrown unchanged', (t) => {
  const database = open(t);
  assert.throws(() => database.run('INSERT INTO nowhere VALUES (1)'), /no such table/);
  assert.throws(() => database.get('SELECT 1 AS a', [], (row) => text(row, 'a')), /column a/);
  assert.equal(
    database.get('SELECT 1 AS a WHERE false', [], () => true),
    undefined,
  );
});

function thrownBySqlite(errcode: number): Error {
  return Object.assign(new Error('sqlite'), { code: 'ERR_SQLITE_ERROR', errcode });
}

test('each disk error has its code, remedy and cause', (t) => {
  const path = `${temporaryDirectory(t)}/a.sqlite`;
  const expected = [
    [13, 'disk_full', true, false],
    [10 | (3 << 8), 'disk_error', false, true],
    [8, 'disk_error', false, true],
    [11 | (1 << 8), 'database_unreadable', false, true],
    [26, 'database_unreadable', false, true],
    [5, 'database_busy', true, false],
  ] as const;
  for (const [errcode, code, retryable, needsPerson] of expected) {
    const cause = thrownBySqlite(errcode);
    const failure = storeFailure(cause, path);
    assert.ok(failure instanceof BridgeError);
    assert.deepEqual([failure.code, failure.retryable, failure.needsPerson], [code, retryable, needsPerson]);
    assert.equal(failure.cause, cause);
    assert.match(failure.message, /\. .*\.$|: .*\.$/);
  }
});

test('other errors are returned unchanged', () => {
  const constraint = thrownBySqlite(19);
  const odd = Object.assign(new Error('odd'), { errcode: 'x' });
  assert.equal(storeFailure(constraint, '/nowhere/a'), constraint);
  assert.equal(storeFailure(odd, '/nowhere/a'), odd);
  assert.equal(storeFailure('text', '/nowhere/a'), 'text');
  assert.equal(isBusy(thrownBySqlite(5 | (2 << 8))), true);
  assert.equal(isBusy(constraint), false);
});

test('if the free space cannot be read, the error counts as a disk error', () => {
  const failure = storeFailure(thrownBySqlite(14), '/nowhere/at/all/a.sqlite');
  assert.ok(failure instanceof BridgeError && failure.code === 'disk_error');
});
