import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { openDatabase } from '../../src/store/database.ts';
import type { Environment } from '../../src/environment.ts';
import { runOnTerminal } from './cli-run.ts';
import { backUp, cli, partOf, restore } from '../support/backup.ts';
import { createCrashes } from '../support/crash.ts';
import { worldWithAlex } from '../support/money.ts';
import { temporaryDirectory } from '../support/store-samples.ts';
import { createWorld, type World } from '../support/world.ts';

const day = 24 * 60 * 60_000;

test('a crash at the first start with a backup loses neither that it is one nor the pause', async (t) => {
  const crashes = createCrashes();
  await using world = await worldWithAlex({ crashes });
  const file = join(temporaryDirectory(t), 'a.sqlite');
  await backUp(world, file);
  world.clock.jump(200 * day);
  const points = [
    'write DELETE FROM page_session',
    'COMMIT after INSERT INTO sqlite_sequence',
    'write INSERT INTO audit',
  ];
  for (const place of points) {
    crashes.arm((point) => point.includes(place));
    await restore(world, file);
    assert.match(partOf(world, 'stored_data')?.sentence ?? '', /^The database was restored/, place);
    assert.match(partOf(world, 'money')?.sentence ?? '', /backup that is so old/, place);
  }
  assert.equal(crashes.happened.length, points.length);
});

/** What a refused restore must not change. */
const contentOf = (world: World) => readFileSync(join(world.directory, 'monzo-bridge.sqlite'));

test('a restore is refused with a sentence where it would do harm, and changes nothing', async (t) => {
  await using world = await worldWithAlex();
  const kept = temporaryDirectory(t);
  const good = join(kept, 'good.sqlite');
  await backUp(world, good);
  const refusal = async (file: string) => {
    const { code, out, err } = await cli(world, '--json', 'restore', file);
    assert.deepEqual([code, out], [1, '']);
    const problem = JSON.parse(err) as { readonly code: string; readonly detail: string };
    assert.match(problem.detail, /Nothing was restored/);
    return [problem.code, problem.detail] as const;
  };
  const running = await refusal(good);
  assert.equal(running[0], 'bridge_running');
  assert.match(running[1], /^A bridge is running with .*; stop it, then run this again\.$/);
  await world.stop();
  const before = contentOf(world);

  const bytes = readFileSync(good);
  const files: readonly (readonly [name: string, make: (file: string) => void, code: string])[] = [
    ['missing', () => {}, 'backup_missing'],
    ['directory', (file) => mkdirSync(file), 'backup_missing'],
    ['empty', (file) => writeFileSync(file, ''), 'backup_damaged'],
    ['text', (file) => writeFileSync(file, 'Dear diary'), 'backup_damaged'],
    ['half', (file) => writeFileSync(file, bytes.subarray(0, bytes.length / 2)), 'backup_damaged'],
    ['rotten', (file) => writeFileSync(file, Buffer.from(bytes).fill(0xff, 8192, 24_576)), 'backup_damaged'],
    ['other', (file) => openDatabase(file).close(), 'backup_damaged'],
    ['newer', (file) => writeFileSync(file, ofLaterVersion(t, bytes)), 'backup_too_new'],
  ];
  for (const [name, make, code] of files) {
    const file = join(kept, name);
    make(file);
    assert.equal((await refusal(file))[0], code, name);
  }
  assert.ok(contentOf(world).equals(before));
  const left = readdirSync(world.directory).filter((name) => name.includes('.part') || name === 'backups');
  assert.deepEqual(left, []);
  await world.restart();
  assert.equal(partOf(world, 'stored_data')?.state, 'ok');
});

function ofLaterVersion(t: TestContext, bytes: Uint8Array): Uint8Array {
  const file = join(temporaryDirectory(t), 'later.sqlite');
  writeFileSync(file, bytes);
  const database = openDatabase(file);
  database.execute('PRAGMA user_version = 999; PRAGMA journal_mode = DELETE');
  database.close();
  return readFileSync(file);
}

test('a backup that fails leaves the earlier one, and no file of anybody else is replaced', async (t) => {
  await using world = await createWorld();
  const kept = temporaryDirectory(t);
  const file = join(kept, 'a.sqlite');
  await backUp(world, file);
  await backUp(world, file);
  const diary = join(kept, 'diary');
  writeFileSync(diary, 'Dear diary');
  const refusal = async (...argv: readonly string[]) => {
    const { code, err } = await cli(world, '--json', ...argv);
    assert.equal(code, 1);
    return (JSON.parse(err) as { readonly code: string }).code;
  };
  assert.equal(await refusal('backup', diary), 'backup_not_written');
  assert.equal(await refusal('backup', '--remove', diary), 'backup_not_written');
  assert.equal(await refusal('backup', join(world.directory, 'monzo-bridge.sqlite')), 'backup_not_written');
  assert.equal(await refusal('backup', join(kept, 'nowhere', 'a.sqlite')), 'backup_not_written');
  assert.equal(readFileSync(diary, 'utf8'), 'Dear diary');
  const earlier = readFileSync(file);
  await world.stop();
  // The pages of the table that holds most are gone: copying begins, and fails on the way.
  const live = join(world.directory, 'monzo-bridge.sqlite');
  const sound = readFileSync(live);
  writeFileSync(live, Buffer.from(sound).fill(0xff, 8192, 24_576));
  assert.equal(await refusal('backup', file), 'database_unreadable');
  assert.ok(readFileSync(file).equals(earlier));
  assert.deepEqual(readdirSync(kept).toSorted(), ['a.sqlite', 'diary']);
  writeFileSync(live, sound);
  assert.deepEqual(await removal(world, join(kept, 'nothing.sqlite')), [
    `There is no ${join(kept, 'nothing.sqlite')}, so nothing was removed.`,
    false,
  ]);
  symlinkSync(file, join(kept, 'newest'));
  assert.equal((await removal(world, join(kept, 'newest')))[0], `${file} was removed.`);
  assert.deepEqual(readdirSync(kept).toSorted(), ['diary', 'newest']);
  rmSync(live);
  assert.equal(await refusal('backup', file), 'no_database');
});

/** What is said of removing a backup that may not be there, and of doing so once more. */
async function removal(world: World, file: string): Promise<readonly [said: string, again: unknown]> {
  const first = await cli(world, 'backup', '--remove', file);
  const again = await cli(world, '--json', 'backup', '--remove', file);
  assert.deepEqual([first.code, again.code], [0, 0]);
  return [first.out.trim(), (JSON.parse(again.out) as { readonly removed: unknown }).removed];
}

test('a backup is a file, and a restore that names none leaves nothing behind', async (t) => {
  await using world = await createWorld();
  const kept = temporaryDirectory(t);
  const pipe = join(kept, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const said = async (env: Environment, ...argv: readonly string[]) => {
    const { code, err } = await runOnTerminal(argv, { cwd: kept, clock: world.clock, env });
    assert.equal(code, 1);
    return err;
  };
  const env = { MONZO_BRIDGE_DATA_DIR: world.directory };
  for (const file of [pipe, '/dev/null', '.'])
    assert.match(await said(env, 'backup', file), /is there already and is no backup of monzo-bridge/);
  for (const verb of [['backup'], ['record', 'Alex']])
    assert.match(await said(env, ...verb, '-'), /Nothing was written: name a file/);
  assert.match(await said({}, 'restore', 'mistyped'), /^There is no file .*mistyped\. Nothing was restored/);
  assert.deepEqual(readdirSync(kept), ['pipe']);
});

/** Does something as a user who may use nothing of what is there. */
async function asSomeoneElse<T>(paths: readonly string[], work: () => Promise<T>): Promise<T> {
  const isRoot = process.getuid?.() === 0;
  const modes = paths.map((path) => [path, statSync(path).mode] as const);
  for (const path of paths) chmodSync(path, 0);
  if (isRoot) process.seteuid?.(65_534);
  try {
    return await work();
  } finally {
    if (isRoot) process.seteuid?.(0);
    for (const [path, mode] of modes) chmodSync(path, mode);
  }
}

test('who may not read or write what is needed reads that, and nothing is changed', async (t) => {
  await using world = await createWorld();
  const kept = temporaryDirectory(t);
  const file = join(kept, 'a.sqlite');
  await backUp(world, file);
  await world.stop();
  chmodSync(kept, 0o755);
  // The temporary directory of a test run is closed to others.
  const above = dirname(kept);
  if (process.getuid?.() === statSync(above).uid) chmodSync(above, statSync(above).mode | 0o011);
  const refusal = async (...argv: readonly string[]) => {
    const env = { MONZO_BRIDGE_DATA_DIR: world.directory };
    const { code, err } = await runOnTerminal(argv, { cwd: kept, clock: world.clock, env });
    assert.equal(code, 1);
    return err;
  };
  const before = contentOf(world);
  const closed = /^EACCES: permission denied.* run this as the user who runs the bridge/;
  assert.match(await asSomeoneElse([world.directory], () => refusal('backup', file)), closed);
  chmodSync(world.directory, 0o777);
  chmodSync(join(world.directory, 'lock'), 0o666);
  assert.match(await asSomeoneElse([file], () => refusal('restore', file)), closed);
  const long = join(kept, 'a'.repeat(300));
  for (const verb of ['backup', 'restore'])
    assert.match(await refusal(verb, long), /^ENAMETOOLONG: .* Nothing was (changed|restored); run this as/);
  assert.match(await refusal('restore', kept), /is not a file\. Nothing was restored/);
  assert.ok(contentOf(world).equals(before));
});

test('what root restores belongs to the user whose directory it is', async (t) => {
  await using world = await createWorld();
  const file = join(temporaryDirectory(t), 'a.sqlite');
  await backUp(world, file);
  await world.stop();
  const owner = process.getuid?.() === 0 ? 1000 : process.getuid?.();
  if (owner === 1000) {
    for (const name of readdirSync(world.directory)) chownSync(join(world.directory, name), owner, owner);
    chownSync(world.directory, owner, owner);
  }
  assert.equal((await cli(world, 'restore', file)).code, 0);
  const owners = readdirSync(world.directory, { recursive: true, encoding: 'utf8' }).map(
    (name) => statSync(join(world.directory, name)).uid,
  );
  assert.deepEqual(new Set(owners), new Set([owner]));
});
