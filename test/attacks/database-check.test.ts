import assert from 'node:assert/strict';
import {
  closeSync,
  chmodSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { alex } from '../../sim/household.ts';
import type { App } from '../../src/app.ts';
import { systemClock, type Clock } from '../../src/clock.ts';
import { BridgeError } from '../../src/errors.ts';
import { integrity } from '../../src/limits.ts';
import { post } from '../support/people.ts';
import { startBridge, temporaryDirectory } from '../support/process.ts';
import { askApi, startApp } from '../support/start-app.ts';
import { until } from '../support/until.ts';
import { createWorld } from '../support/world.ts';

const fileIn = (directory: string) => join(directory, 'monzo-bridge.sqlite');

/** A data directory with a connected person and her history, closed properly. */
async function livedIn(t: TestContext): Promise<string> {
  const directory = temporaryDirectory(t);
  await using world = await createWorld({ directory });
  await world.connect('alex');
  for (let bought = 0; bought < 40; bought += 1)
    world.bank.purchase(alex.current, { amount: 350, merchant: `Blue Door Coffee ${'x'.repeat(50)}` });
  await world.api('/api/commands/refresh', post({}));
  return directory;
}

/** Overwrites the first page of a table, as a dying disk would. */
function damage(directory: string, table = 'transaction_text_data'): void {
  const database = new DatabaseSync(fileIn(directory), { readOnly: true });
  const page = Number(
    database.prepare('SELECT rootpage FROM sqlite_schema WHERE name = ?').get(table)?.['rootpage'],
  );
  database.close();
  const file = openSync(fileIn(directory), 'r+');
  writeSync(file, Buffer.alloc(2_000, 0xa5), 0, 2_000, (page - 1) * 4_096);
  closeSync(file);
}

function change(directory: string, ...statements: readonly string[]): void {
  const database = new DatabaseSync(fileIn(directory));
  database.enableDefensive?.(false);
  for (const sql of statements) database.exec(sql);
  database.close();
}

const silent = { callBank: () => Promise.reject(new Error('no bank')), write: () => {} };
const start = async (
  t: TestContext,
  directory: string,
  more: Partial<Parameters<typeof startApp>[0]> = {},
): Promise<App> => {
  const app = await startApp({ directory, ...silent, ...more });
  t.after(() => app.close());
  return app;
};

const refusedWith = (code: string, words: RegExp) => (thrown: unknown) => {
  assert.ok(thrown instanceof BridgeError, String(thrown));
  assert.equal(thrown.code, code, thrown.message);
  assert.match(thrown.message, words);
  return true;
};

test('a damaged database is named with what to do, and left as it is, until a backup is in its place', async (t) => {
  const directory = await livedIn(t);
  const backup = readFileSync(fileIn(directory));
  damage(directory);
  const before = readFileSync(fileIn(directory));
  const sentence =
    /monzo-bridge\.sqlite is damaged .* Move that file away .*-wal and -shm.* backup in its place/;
  for (let attempt = 0; attempt < 2; attempt += 1)
    await assert.rejects(start(t, directory), refusedWith('database_unreadable', sentence));
  assert.deepEqual(readFileSync(fileIn(directory)), before);

  const { child, ended, output } = startBridge(t, directory);
  await until(
    'it says what is wrong',
    () => sentence.test(output()) && /keeps trying to start/.test(output()),
  );
  assert.equal(child.exitCode, null);
  assert.deepEqual(readFileSync(fileIn(directory)), before);
  for (const name of ['', '-wal', '-shm']) rmSync(fileIn(directory) + name, { force: true });
  writeFileSync(fileIn(directory), backup, { mode: 0o600 });
  await until('it runs', () => output().includes('is running'));
  child.kill('SIGTERM');
  assert.equal(await ended, 0);

  const app = await start(t, directory);
  assert.equal(app.view().logins.length, 1);
  await app.close();
});

test('after a process that was killed, the whole database is checked, until that has been done once', async (t) => {
  const directory = await livedIn(t);
  // An entry of an index is not that of its row: only a complete comparison finds it.
  const index = `FROM sqlite_schema WHERE name = 'transaction_by_account'`;
  const file = new DatabaseSync(fileIn(directory));
  const sql = String(file.prepare(`SELECT sql ${index}`).get()?.['sql']);
  file.close();
  const redefine = (text: string) => [
    'PRAGMA writable_schema = ON',
    `UPDATE sqlite_schema SET sql = '${text}' WHERE name = 'transaction_by_account'`,
  ];
  change(directory, ...redefine(`${sql} WHERE 0`));
  change(directory, 'UPDATE bank_transaction SET created = created + 1 WHERE number = 1');
  change(directory, ...redefine(sql));
  await (await start(t, directory)).close();
  writeFileSync(join(directory, 'not-closed'), '');
  await assert.rejects(start(t, directory), { code: 'database_unreadable' });
  await assert.rejects(start(t, directory), { code: 'database_unreadable' });
});

test('a large database is checked beside the program, which stops when damage is found', async (t) => {
  const directory = await livedIn(t);
  const impatient: Clock = {
    ...systemClock,
    wait: (ms, signal) => systemClock.wait(ms === integrity.patienceAfterKill ? 0 : ms, signal),
  };
  const sound = await start(t, directory, { checkAtOnceBelow: 0 });
  assert.equal(sound.health().find(({ part }) => part === 'stored_data')?.sentence, null);
  await sound.close();

  const found: BridgeError[] = [];
  damage(directory);
  await assert.rejects(start(t, directory, { checkAtOnceBelow: 0 }), { code: 'database_unreadable' });
  const app = await start(t, directory, {
    checkAtOnceBelow: 0,
    clock: impatient,
    onDamage: (damage) => found.push(damage),
  });
  await until('the damage is found', () => found.length > 0);
  assert.equal(app.health().find(({ part }) => part === 'stored_data')?.state, 'down');
  await app.close();
  assert.ok(statSync(join(directory, 'not-closed')).isFile());
});

test('damage that is met while the bridge runs stops it', async (t) => {
  const directory = await livedIn(t);
  const found: BridgeError[] = [];
  const app = await start(t, directory, { onDamage: (damage) => found.push(damage) });
  damage(directory);
  await askApi(app, '/api/transactions?q=Blue');
  assert.deepEqual(
    found.map(({ code }) => code),
    ['database_unreadable'],
  );
  await app.close();
});

test('a database whose version was lowered or raised by hand is refused and left as it is', async (t) => {
  const directory = await livedIn(t);
  const file = new DatabaseSync(fileIn(directory));
  const version = Number(file.prepare('PRAGMA user_version').get()?.['user_version']);
  file.close();
  for (const wrong of [0, 1, version - 1]) {
    change(directory, `PRAGMA user_version = ${wrong}`);
    const before = readFileSync(fileIn(directory));
    await assert.rejects(
      start(t, directory),
      refusedWith('database_version_wrong', /changed by hand.* Set the version back/),
    );
    assert.deepEqual(readFileSync(fileIn(directory)), before);
  }
  change(directory, `PRAGMA user_version = ${version + 1}`);
  await assert.rejects(start(t, directory), { code: 'database_too_new' });
  change(directory, `PRAGMA user_version = ${version}`);
  await (await start(t, directory)).close();
});

test('the permissions of keys and directory are put right, and what is not the bridge’s is named in the health', async (t) => {
  const directory = temporaryDirectory(t);
  await (await start(t, directory)).close();
  chmodSync(directory, 0o755);
  chmodSync(join(directory, 'secret-key'), 0o644);
  chmodSync(join(directory, 'admin-token'), 0o666);
  await (await start(t, directory)).close();
  const modes = ['', 'secret-key', 'admin-token'].map((name) => statSync(join(directory, name)).mode & 0o777);
  assert.deepEqual(modes, [0o700, 0o600, 0o600]);

  chmodSync(directory, 0o755);
  writeFileSync(join(directory, 'photo.jpg'), '');
  const app = await start(t, directory);
  const health = app.health().find(({ part }) => part === 'stored_data');
  assert.equal(health?.state, 'degraded');
  assert.match(health.sentence ?? '', /also holds files|Run: chmod 700/);
  await app.close();
});
