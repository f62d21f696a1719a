import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { BridgeError } from '../errors.ts';
import { createSettings } from './bridge-records.ts';
import { openDatabase } from './database.ts';
import { migrate, refuseUnknownSchema, versionOf, type Migration } from './migrations.ts';
import { integer, text } from './rows.ts';
import { temporaryDirectory } from '../../test/support/store-samples.ts';
import { migrations } from './schema.ts';

const steps: readonly Migration[] = [1, 2, 3, 4].map((version) => ({
  version,
  name: `step ${version}`,
  sql: `CREATE TABLE step_${version} (a TEXT) STRICT; INSERT INTO step_${version} VALUES ('of ${version}');`,
}));

test('schema versions count from one without gaps', () => {
  assert.deepEqual(
    migrations.map(({ version }) => version),
    migrations.map((_, index) => index + 1),
  );
});

test('a new file is not backed up; each later migration is, with mode 0600, and two backups are kept', (t) => {
  const directory = temporaryDirectory(t);
  const database = openDatabase(join(directory, 'a.sqlite'));
  t.after(() => database.close());
  migrate(database, steps.slice(0, 1));
  assert.equal(versionOf(database), 1);
  assert.deepEqual(readdirSync(directory).includes('backups'), false);
  migrate(database, steps);
  assert.equal(versionOf(database), 4);
  const backups = join(directory, 'backups');
  assert.deepEqual(readdirSync(backups).sort(), ['before-3.sqlite', 'before-4.sqlite']);
  assert.equal(statSync(join(backups, 'before-4.sqlite')).mode & 0o777, 0o600);
  assert.equal(statSync(backups).mode & 0o777, 0o700);
  const backup = openDatabase(join(backups, 'before-4.sqlite'), { readOnly: true });
  t.after(() => backup.close());
  assert.equal(versionOf(backup), 3);
  assert.equal(
    backup.get('SELECT a FROM step_3', [], (row) => text(row, 'a')),
    'of 3',
  );
  assert.throws(() => backup.get('SELECT a FROM step_4', [], () => true), /no such table/);
  migrate(database, steps);
  assert.deepEqual(readdirSync(backups).sort(), ['before-3.sqlite', 'before-4.sqlite']);
});

test('a migration that fails leaves the database unchanged and can be tried again', (t) => {
  const database = openDatabase(join(temporaryDirectory(t), 'a.sqlite'));
  t.after(() => database.close());
  const broken = { version: 2, name: 'broken', sql: `CREATE TABLE half (a TEXT) STRICT; SELECT nonsense;` };
  assert.throws(() => migrate(database, [...steps.slice(0, 1), broken]), /nonsense/);
  assert.equal(versionOf(database), 1);
  const tables = database.get('SELECT count(*) AS n FROM sqlite_schema', [], (row) => integer(row, 'n'));
  assert.equal(tables, 1);
  migrate(database, steps.slice(0, 2));
  assert.equal(versionOf(database), 2);
});

test('a file with tables but without a version is backed up too', (t) => {
  const directory = temporaryDirectory(t);
  const database = openDatabase(join(directory, 'a.sqlite'));
  t.after(() => database.close());
  database.execute('CREATE TABLE found (a TEXT) STRICT');
  migrate(database, steps.slice(0, 1));
  assert.deepEqual(readdirSync(join(directory, 'backups')), ['before-1.sqlite']);
});

test('a database of a later version is refused with a sentence and not changed', (t) => {
  const path = join(temporaryDirectory(t), 'a.sqlite');
  const database = openDatabase(path);
  migrate(database, steps);
  database.close();
  const before = readFileSync(path);
  assert.throws(
    () => refuseUnknownSchema(path, steps.slice(0, 2)),
    (thrown) => {
      assert.ok(thrown instanceof BridgeError);
      assert.deepEqual([thrown.code, thrown.needsPerson], ['database_too_new', true]);
      assert.match(thrown.message, /its schema is 4, this program knows 2/);
      return true;
    },
  );
  assert.deepEqual(readFileSync(path), before);
  refuseUnknownSchema(path, steps);
});

test('a version that does not fit the tables is refused, whichever way it was changed, and what is nobody’s may stay', (t) => {
  const path = join(temporaryDirectory(t), 'a.sqlite');
  const database = openDatabase(path);
  t.after(() => database.close());
  migrate(database, steps.slice(0, 3));
  database.execute('CREATE TABLE of_someone_else (a TEXT)');
  const set = (version: number) => database.execute(`PRAGMA user_version = ${version}`);
  for (const wrong of [0, 1, 2, 4]) {
    set(wrong);
    assert.throws(() => refuseUnknownSchema(path, steps), { code: 'database_version_wrong' });
  }
  set(3);
  refuseUnknownSchema(path, steps);
  database.execute('ALTER TABLE step_2 ADD COLUMN b TEXT');
  assert.throws(() => refuseUnknownSchema(path, steps), { code: 'database_version_wrong' });
});

test('a missing file and an empty file are not newer', (t) => {
  const path = join(temporaryDirectory(t), 'a.sqlite');
  refuseUnknownSchema(path, steps);
  writeFileSync(path, '');
  refuseUnknownSchema(path, steps);
});

test('a stored reason of a pause becomes a code without being read, and no reason stays none', (t) => {
  for (const [value, expected] of [
    ['"A sentence."', { code: 'unknown', facts: {} }],
    ['null', null],
  ] as const) {
    const database = openDatabase(join(temporaryDirectory(t), 'a.sqlite'));
    t.after(() => database.close());
    migrate(database, migrations.slice(0, 5));
    for (const [key, stored] of [
      ['paused_why', value],
      ['other', '"A sentence."'],
    ] as const)
      database.run('INSERT INTO setting (key, value) VALUES (?, ?)', [key, stored]);
    migrate(database, migrations);
    const settings = createSettings(database);
    assert.deepEqual(settings.get('paused_why'), expected);
    assert.equal(settings.get('other'), 'A sentence.');
  }
});
