import assert from 'node:assert/strict';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { clockAt, sampleKey, temporaryDirectory } from '../../test/support/store-samples.ts';
import {
  leaveSnapshot,
  markOf,
  removeBackup,
  restoreBackup,
  restoredFrom,
  takeSnapshot,
  writeBackup,
} from './backup.ts';
import { fitsChecksum } from './backup-files.ts';
import { openDatabase } from './database.ts';
import { databasePath, putSecretKey } from './directory.ts';
import { migrate } from './migrations.ts';
import { migrations } from './schema.ts';
import { openStore, type Store } from './store.ts';

const now = 1_800_000_000_000;
const mark = { taken: now - 1_000, version: '1.2.3', secretKey: null };

function open(directory: string): Store {
  return openStore({ directory, clock: clockAt(now), secretKey: sampleKey, isFlushed: false });
}

/** A data directory whose database holds one setting. */
function directoryWith(t: TestContext, value: string): string {
  const directory = temporaryDirectory(t);
  const store = open(directory);
  store.settings.set('value', value);
  store.close();
  return directory;
}

function valueIn(directory: string): unknown {
  const store = open(directory);
  try {
    return store.settings.get('value');
  } finally {
    store.close();
  }
}

const names = (directory: string) => readdirSync(directory).toSorted();

test('a backup holds what is committed, and nothing of a write that is under way', (t) => {
  const directory = temporaryDirectory(t);
  const file = join(temporaryDirectory(t), 'a.sqlite');
  const store = open(directory);
  t.after(() => store.close());
  store.settings.set('value', 'committed');
  store.transaction(() => {
    store.settings.set('value', 'under way');
    writeBackup({ directory, file, mark });
  });
  const copy = openDatabase(file, { readOnly: true });
  const value = copy.get("SELECT value FROM setting WHERE key = 'value'", [], (row) => row['value']);
  copy.close();
  assert.equal(value, '"committed"');
  assert.deepEqual(markOf(file), mark);
  assert.equal(markOf(store.path), null);
});

test('what a killed process has left of a backup is removed by the next one, and nothing else is', (t) => {
  const directory = directoryWith(t, 'a');
  const kept = temporaryDirectory(t);
  for (const name of [
    'a.sqlite.999999999.part',
    'a.sqlite.999999999.part-journal',
    'b.sqlite.999999999.part',
  ])
    writeFileSync(join(kept, name), 'half');
  writeFileSync(join(kept, `a.sqlite.${process.ppid}.part`), 'of a process that runs');
  writeBackup({ directory, file: join(kept, 'a.sqlite'), mark });
  assert.deepEqual(
    names(kept),
    ['a.sqlite', `a.sqlite.${process.ppid}.part`, 'b.sqlite.999999999.part'].toSorted(),
  );
});

test('backups of one’s own go below the data directory too', (t) => {
  const directory = directoryWith(t, 'a');
  writeBackup({ directory, file: join(directory, 'backups', 'mine.sqlite'), mark });
  assert.deepEqual(names(join(directory, 'backups')), ['mine.sqlite']);
});

test('a restored database says so once it was opened, and has lost the mark and the key', async (t) => {
  const file = join(temporaryDirectory(t), 'a.sqlite');
  const secretKey = '0123456789abcdef'.padStart(64, 'c0ffee');
  const pieces = Array.from({ length: 49 }, (_, at) => secretKey.slice(at, at + 16));
  let source = directoryWith(t, 'then');
  // The second time nothing is written over the place where the key was: what is noted of a restore has its own already.
  for (let round = 0; round < 2; round += 1) {
    writeBackup({ directory: source, file, mark: { ...mark, secretKey } });
    const directory = directoryWith(t, 'now');
    await restoreBackup({ file, directory, migrations });
    assert.equal(markOf(databasePath(directory))?.secretKey, secretKey);
    const store = open(directory);
    assert.equal(store.settings.get('value'), 'then');
    assert.deepEqual(restoredFrom(store.settings), { taken: mark.taken, at: now, isNew: true });
    store.close();
    assert.equal(markOf(databasePath(directory)), null);
    const stored = readFileSync(databasePath(directory), 'latin1');
    assert.deepEqual(
      pieces.filter((piece) => stored.includes(piece)),
      [],
    );
    source = directory;
  }
});

test('what was there before a restore is kept whole, also what only the write-ahead log has', async (t) => {
  const file = join(temporaryDirectory(t), 'a.sqlite');
  writeBackup({ directory: directoryWith(t, 'then'), file, mark });
  const running = temporaryDirectory(t);
  const directory = temporaryDirectory(t);
  const store = open(running);
  store.settings.set('value', 'in the log');
  // As a process leaves it that is killed.
  for (const suffix of ['', '-wal']) cpSync(`${store.path}${suffix}`, `${databasePath(directory)}${suffix}`);
  store.close();
  await restoreBackup({ file, directory, migrations });
  const replaced = join(directory, 'backups/replaced.sqlite');
  assert.equal(valueIn(directory), 'then');
  await restoreBackup({ file: replaced, directory, migrations });
  assert.equal(valueIn(directory), 'in the log');
});

test('a damaged database is replaced, and kept as it is with its log', async (t) => {
  const file = join(temporaryDirectory(t), 'a.sqlite');
  writeBackup({ directory: directoryWith(t, 'then'), file, mark });
  const directory = temporaryDirectory(t);
  writeFileSync(databasePath(directory), 'rotten');
  writeFileSync(`${databasePath(directory)}-wal`, 'rotten too');
  await restoreBackup({ file, directory, migrations });
  const kept = join(directory, 'backups/replaced.sqlite');
  assert.deepEqual(
    [kept, `${kept}-wal`].map((path) => readFileSync(path, 'utf8')),
    ['rotten', 'rotten too'],
  );
  assert.equal(valueIn(directory), 'then');
});

test('of several restores in a row, what the bridge used before the first is kept', async (t) => {
  const kept = temporaryDirectory(t);
  const files = ['one', 'other'].map((value) => {
    const file = join(kept, value);
    writeBackup({ directory: directoryWith(t, value), file, mark });
    return file;
  });
  const directory = directoryWith(t, 'used');
  const replaced = join(directory, 'backups/replaced.sqlite');
  for (const file of files) await restoreBackup({ file, directory, migrations });
  await restoreBackup({ file: replaced, directory, migrations });
  assert.equal(valueIn(directory), 'used');
  for (const file of files) await restoreBackup({ file, directory, migrations });
  assert.equal(valueIn(directory), 'other');
  await restoreBackup({ file: replaced, directory, migrations });
  assert.equal(valueIn(directory), 'used');
});

test('no byte of a backup changes unnoticed, and what changed is not restored', async (t) => {
  const file = join(temporaryDirectory(t), 'a.sqlite');
  writeBackup({ directory: directoryWith(t, 'then'), file, mark });
  const directory = directoryWith(t, 'now');
  const bytes = readFileSync(file);
  const places = Array.from({ length: Math.floor(bytes.length / 997) }, (_, at) => at * 997);
  const valueAt = bytes.indexOf('"then"') + 1;
  for (const at of [...places, 68, valueAt, bytes.length - 1]) {
    const changed = Buffer.from(bytes);
    changed.writeUInt8((changed[at] ?? 0) ^ 1, at);
    writeFileSync(file, changed);
    assert.equal(fitsChecksum(file), false, `byte ${at}`);
  }
  writeFileSync(file, Buffer.from(bytes).fill('than', valueAt, valueAt + 4));
  await assert.rejects(restoreBackup({ file, directory, migrations }), { code: 'backup_damaged' });
  assert.equal(valueIn(directory), 'now');
  writeFileSync(file, bytes);
  await restoreBackup({ file, directory, migrations });
  const putByHand = temporaryDirectory(t);
  cpSync(file, databasePath(putByHand));
  assert.equal(valueIn(putByHand), 'then');
  // The database that it becomes is no longer as it was, before a bridge opens it and afterwards.
  for (const source of [directory, directory, putByHand]) {
    const copy = join(temporaryDirectory(t), 'copy.sqlite');
    cpSync(databasePath(source), copy);
    await restoreBackup({ file: copy, directory: directoryWith(t, 'now'), migrations });
    assert.equal(valueIn(directory), 'then');
  }
});

test('a link stands for what it leads to, and the database keeps its name whatever leads to it', async (t) => {
  const kept = temporaryDirectory(t);
  const at = (name: string) => join(kept, name);
  const directory = directoryWith(t, 'then');
  symlinkSync('a.sqlite', at('newest'));
  symlinkSync('newest', at('first'));
  const links = () => [readlinkSync(at('newest')), readlinkSync(at('first'))];
  for (const link of ['newest', 'first']) {
    writeBackup({ directory, file: at(link), mark });
    assert.deepEqual(markOf(at('a.sqlite')), mark);
    removeBackup({ directory, file: at(link) });
    assert.deepEqual(names(kept), ['first', 'newest']);
  }
  writeBackup({ directory, file: at('first'), mark });
  assert.deepEqual(links(), ['a.sqlite', 'newest']);

  await restoreBackup({ file: at('first'), directory, migrations });
  symlinkSync(directory, at('data'));
  symlinkSync(databasePath(directory), at('database'));
  for (const file of [databasePath(at('data')), at('database')]) {
    assert.throws(() => removeBackup({ directory, file }), { code: 'backup_not_written' });
    assert.throws(() => writeBackup({ directory: at('data'), file: databasePath(directory), mark }), {
      code: 'backup_not_written',
    });
  }
  assert.equal(valueIn(directory), 'then');
});

test('a database that is a link stays one, and what it led to is kept', async (t) => {
  const kept = temporaryDirectory(t);
  const directory = directoryWith(t, 'now');
  const file = join(kept, 'a.sqlite');
  writeBackup({ directory: directoryWith(t, 'then'), file, mark });
  mkdirSync(join(directory, 'disk'));
  renameSync(databasePath(directory), join(directory, 'disk', 'live.sqlite'));
  symlinkSync('disk/live.sqlite', databasePath(directory));
  await restoreBackup({ file, directory, migrations });
  assert.equal(readlinkSync(databasePath(directory)), 'disk/live.sqlite');
  assert.equal(valueIn(directory), 'then');
  await restoreBackup({ file: join(directory, 'backups', 'replaced.sqlite'), directory, migrations });
  assert.equal(valueIn(directory), 'now');
});

test('copies of another kind are restored too: one by hand, and one from before an upgrade', async (t) => {
  const byHand = join(temporaryDirectory(t), 'copy.sqlite');
  const source = directoryWith(t, 'by hand');
  cpSync(databasePath(source), byHand);
  utimesSync(byHand, now / 1_000, now / 1_000 - 60);
  const directory = directoryWith(t, 'now');
  assert.equal((await restoreBackup({ file: byHand, directory, migrations })).taken, now - 60_000);
  const store = open(directory);
  assert.equal(restoredFrom(store.settings)?.taken, now - 60_000);
  store.close();

  const old = join(temporaryDirectory(t), 'before-3.sqlite');
  const database = openDatabase(old);
  migrate(database, migrations.slice(0, 2));
  database.run("INSERT INTO setting (key, value) VALUES ('value', '\"old\"')");
  // Later than anything that is known in it.
  database.run("INSERT INTO reading (subject, at, value) VALUES ('clock', ?, '[]')", [now - 5_000]);
  database.close();
  utimesSync(old, now / 1_000, now / 1_000);
  assert.equal((await restoreBackup({ file: old, directory, migrations })).taken, now - 5_000);
  assert.equal(valueIn(directory), 'old');
});

test('a directory without a database takes the snapshot in it, one with a database does not', (t) => {
  const directory = temporaryDirectory(t);
  const snapshot = join(directory, 'snapshot.sqlite');
  takeSnapshot(directory);
  writeFileSync(snapshot, '');
  takeSnapshot(directory);
  assert.deepEqual(names(directory), ['snapshot.sqlite']);
  cpSync(databasePath(directoryWith(t, 'then')), snapshot);
  utimesSync(snapshot, now / 1_000, now / 1_000 - 60);
  // An interrupted start has made the empty file.
  writeFileSync(databasePath(directory), '');
  takeSnapshot(directory);
  assert.equal(valueIn(directory), 'then');
  const store = open(directory);
  assert.equal(restoredFrom(store.settings)?.taken, now - 60_000);
  store.close();
  assert.ok(!existsSync(snapshot));
  cpSync(databasePath(directoryWith(t, 'other')), snapshot);
  takeSnapshot(directory);
  assert.equal(valueIn(directory), 'then');
  assert.ok(existsSync(snapshot));
});

test('a closed database is left as a snapshot, which the next start takes away', (t) => {
  const directory = temporaryDirectory(t);
  const snapshot = join(directory, 'snapshot.sqlite');
  leaveSnapshot(directory);
  assert.ok(!existsSync(snapshot));
  const store = open(directory);
  store.settings.set('value', 'a');
  // While it is open, what it holds is in the write-ahead log as well.
  leaveSnapshot(directory);
  assert.ok(!existsSync(snapshot));
  store.close();
  leaveSnapshot(directory);
  leaveSnapshot(directory);
  assert.deepEqual(readFileSync(snapshot), readFileSync(databasePath(directory)));
  takeSnapshot(directory);
  assert.ok(!existsSync(snapshot));
});

test('a snapshot that is damaged is still what the start has to say', (t) => {
  const directory = temporaryDirectory(t);
  writeFileSync(join(directory, 'snapshot.sqlite'), 'rotten');
  takeSnapshot(directory);
  assert.throws(() => open(directory), { code: 'database_unreadable' });
});

test('the key of a backup takes the place of another, which is kept', (t) => {
  const directory = temporaryDirectory(t);
  const [first, second] = ['a'.repeat(64), 'b'.repeat(64)];
  putSecretKey(directory, first);
  putSecretKey(directory, first);
  assert.deepEqual(names(directory), ['secret-key']);
  putSecretKey(directory, second);
  const read = (name: string) => readFileSync(join(directory, name), 'utf8').trim();
  assert.deepEqual(['secret-key', 'backups/replaced-secret-key'].map(read), [second, first]);
  const odd = temporaryDirectory(t);
  mkdirSync(join(odd, 'secret-key'));
  assert.throws(() => putSecretKey(odd, first), { code: 'data_directory_unusable' });
});
