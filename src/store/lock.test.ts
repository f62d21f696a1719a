import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { BridgeError } from '../errors.ts';
import { lockDirectory } from './lock.ts';
import { temporaryDirectory } from '../../test/support/store-samples.ts';

/** Another process that takes the directory and keeps it until it is killed. */
async function holderOf(t: TestContext, directory: string): Promise<ChildProcess> {
  const lockModule = new URL('lock.ts', import.meta.url).href;
  const program = `
    const { lockDirectory } = await import(${JSON.stringify(lockModule)});
    lockDirectory(${JSON.stringify(directory)});
    process.stdout.write('held');
    setInterval(() => {}, 1_000_000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  assert.equal(said.toString(), 'held');
  return child;
}

function refusal(directory: string): BridgeError {
  try {
    lockDirectory(directory).release();
  } catch (thrown) {
    if (thrown instanceof BridgeError) return thrown;
    throw thrown;
  }
  return assert.fail('The lock was not held.');
}

test('the refusal names the process that has the directory, and a kill frees it', async (t) => {
  const directory = temporaryDirectory(t);
  const child = await holderOf(t, directory);
  const refused = refusal(directory);
  assert.deepEqual([refused.code, refused.needsPerson], ['data_directory_in_use', true]);
  assert.equal(
    refused.message,
    `Another monzo-bridge (process ${child.pid} on host ${hostname()}) is using ${directory}; stop it or choose another MONZO_BRIDGE_DATA_DIR.`,
  );
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
  assert.ok(existsSync(join(directory, 'lock.json')), 'the killed process could not tidy up');
  const lock = lockDirectory(directory);
  assert.equal(JSON.parse(readFileSync(join(directory, 'lock.json'), 'utf8')).pid, process.pid);
  lock.release();
  lock.release();
  assert.ok(!existsSync(join(directory, 'lock.json')));
  lockDirectory(directory).release();
});

test('one process cannot take it twice, and trying does not lose the lock to others', async (t) => {
  const directory = temporaryDirectory(t);
  const lock = lockDirectory(directory);
  assert.equal(refusal(directory).code, 'data_directory_in_use');
  const program = `
    const { lockDirectory } = await import(${JSON.stringify(new URL('lock.ts', import.meta.url).href)});
    let outcome = 'taken';
    try { lockDirectory(${JSON.stringify(directory)}); } catch (thrown) { outcome = thrown.code; }
    process.stdout.write(outcome);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  assert.equal(said.toString(), 'data_directory_in_use');
  lock.release();
});

test('a name file that cannot be read does not hide the refusal', (t) => {
  const directory = temporaryDirectory(t);
  const lock = lockDirectory(directory);
  for (const content of ['', '{"pid":"x"}']) {
    writeFileSync(join(directory, 'lock.json'), content);
    assert.match(refusal(directory).message, /\(unnamed\)/);
  }
  lock.release();
});

test('a name that cannot be written does not keep the lock from holding', (t) => {
  const directory = temporaryDirectory(t);
  mkdirSync(join(directory, 'lock.json', 'x'), { recursive: true });
  const lock = lockDirectory(directory);
  assert.match(refusal(directory).message, /\(unnamed\)/);
  lock.release();
  lockDirectory(directory).release();
});

test('the directory is made for its owner alone', (t) => {
  const directory = join(temporaryDirectory(t), 'a', 'b');
  const lock = lockDirectory(directory);
  assert.equal(statSync(directory).mode & 0o777, 0o700);
  assert.equal(statSync(join(directory, 'lock')).mode & 0o777, 0o600);
  assert.equal(statSync(join(directory, 'lock.json')).mode & 0o777, 0o600);
  lock.release();
});

test('where no directory can be made, or the lock is no file, the sentence says what to do', (t) => {
  const directory = temporaryDirectory(t);
  writeFileSync(join(directory, 'file'), '');
  assert.equal(refusal(join(directory, 'file', 'below')).code, 'data_directory_unusable');
  mkdirSync(join(directory, 'odd', 'lock'), { recursive: true });
  assert.equal(refusal(join(directory, 'odd')).code, 'disk_error');
});
