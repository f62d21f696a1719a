import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { temporaryDirectory } from '../../test/support/store-samples.ts';
import { exposuresOf, protectDirectory } from './permissions.ts';

/** A data directory that everybody may read. */
function openDirectory(t: TestContext) {
  const directory = join(temporaryDirectory(t), 'data');
  mkdirSync(join(directory, 'backups'), { recursive: true });
  const files = ['secret-key', 'admin-token', 'monzo-bridge.sqlite', 'backups/before-2.sqlite'];
  for (const name of files) writeFileSync(join(directory, name), '', { mode: 0o644 });
  for (const name of ['', 'backups']) chmodSync(join(directory, name), 0o755);
  const modeOf = (name: string) => (statSync(join(directory, name)).mode & 0o777).toString(8);
  return { directory, files, modeOf };
}

const byName = (directory: string, paths: readonly string[]) =>
  paths.map((path) => path.slice(directory.length + 1)).toSorted();

test('the directory, the keys, the database and the backups are for their owner alone afterwards', (t) => {
  const { directory, files, modeOf } = openDirectory(t);
  const { corrected, exposed } = protectDirectory(directory);
  assert.deepEqual(byName(directory, corrected), ['', 'backups', ...files].toSorted());
  assert.deepEqual(exposed, []);
  assert.deepEqual(['', 'backups', ...files].map(modeOf), ['700', '700', '600', '600', '600', '600']);
  assert.deepEqual(protectDirectory(directory), { corrected: [], exposed: [] });
});

test('the directory of an app, with the options that the Supervisor writes there, is put right like any other', (t) => {
  const { directory, modeOf } = openDirectory(t);
  // The Supervisor's file may hold the password of a broker.
  writeFileSync(join(directory, 'options.json'), '{}', { mode: 0o644 });
  assert.deepEqual(protectDirectory(directory).exposed, []);
  assert.deepEqual(['', 'options.json'].map(modeOf), ['700', '600']);
});

test('what cannot be put right is named: another owner, a file system without permissions', (t) => {
  const { directory } = openDirectory(t);
  const refusing = () => {
    throw new Error('EPERM: operation not permitted');
  };
  for (const [chmod, reason] of [
    [refusing, /EPERM/],
    [() => {}, /its file system does not keep permissions/],
  ] as const) {
    const { corrected, exposed } = protectDirectory(directory, chmod);
    assert.deepEqual([corrected.length, exposed.length], [0, 6]);
    for (const { sentence } of exposed) assert.match(sentence, reason);
  }
  assert.match(exposuresOf(directory)[0]?.sentence ?? '', /Run: chmod 700 .*data, or move the data/);
});

test('the target of a link, and a directory with files of others, are named and left as they are', (t) => {
  const { directory, modeOf } = openDirectory(t);
  const elsewhere = join(temporaryDirectory(t), 'mounted-secret');
  writeFileSync(elsewhere, '', { mode: 0o644 });
  symlinkSync(elsewhere, join(directory, 'monzo-bridge.sqlite-wal'));
  writeFileSync(join(directory, 'photos'), '', { mode: 0o644 });
  const { exposed } = protectDirectory(directory);
  assert.deepEqual(
    byName(
      directory,
      exposed.map(({ path }) => path),
    ),
    ['', 'monzo-bridge.sqlite-wal'],
  );
  assert.deepEqual([modeOf(''), modeOf('photos'), modeOf('secret-key')], ['755', '644', '600']);
  assert.equal(statSync(elsewhere).mode & 0o777, 0o644);
});
