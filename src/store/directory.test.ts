import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { temporaryDirectory } from '../../test/support/store-samples.ts';
import { BridgeError } from '../errors.ts';
import { adminTokenFrom, ensurePrivateFile, lockDirectory, secretKeyFrom } from './directory.ts';

const withCode = (code: string) => (thrown: unknown) => thrown instanceof BridgeError && thrown.code === code;
const randomBytes = (size: number) => new Uint8Array(size).fill(0xab);
const otherBytes = (size: number) => new Uint8Array(size).fill(0xcd);

test('a secret key is generated once with mode 0600, then read again', (t) => {
  const directory = join(temporaryDirectory(t), 'data');
  const key = secretKeyFrom({ directory, randomBytes });
  assert.deepEqual(key, randomBytes(32));
  assert.deepEqual(secretKeyFrom({ directory, randomBytes: otherBytes }), key);
  assert.equal(readFileSync(join(directory, 'secret-key'), 'utf8'), `${'ab'.repeat(32)}\n`);
  assert.equal(statSync(join(directory, 'secret-key')).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(directory), ['secret-key']);
});

test('a given key takes precedence and the disk is not touched', (t) => {
  const directory = join(temporaryDirectory(t), 'data');
  assert.deepEqual(secretKeyFrom({ directory, given: 'CD'.repeat(32), randomBytes }), otherBytes(32));
  assert.throws(() => statSync(directory), /ENOENT/);
});

test('a malformed key is refused, given or from the file', (t) => {
  const directory = temporaryDirectory(t);
  for (const given of ['', 'ab', 'fifteen letters']) {
    assert.throws(() => secretKeyFrom({ directory, given, randomBytes }), withCode('secret_key_malformed'));
  }
  writeFileSync(join(directory, 'secret-key'), 'half');
  assert.throws(() => secretKeyFrom({ directory, randomBytes }), withCode('secret_key_malformed'));
  assert.equal(readFileSync(join(directory, 'secret-key'), 'utf8'), 'half');
});

test('any long text works as a key: the same text gives the same 32 bytes, another text others', (t) => {
  const directory = temporaryDirectory(t);
  const keyOf = (given: string) => secretKeyFrom({ directory, given, randomBytes });
  assert.equal(keyOf('a passphrase of some length').length, 32);
  assert.deepEqual(keyOf('a passphrase of some length'), keyOf('a passphrase of some length'));
  assert.notDeepEqual(keyOf('a passphrase of some length'), keyOf('a passphrase of some lengths'));
});

test('the admin token is generated once, and a short one is refused', (t) => {
  const directory = temporaryDirectory(t);
  const token = adminTokenFrom({ directory, randomBytes });
  assert.equal(token, 'ab'.repeat(32));
  assert.equal(adminTokenFrom({ directory, randomBytes: otherBytes }), token);
  assert.equal(adminTokenFrom({ directory, given: 'm'.repeat(32), randomBytes }), 'm'.repeat(32));
  for (const short of ['', 'hunter2', 'x'.repeat(31)]) {
    writeFileSync(join(directory, 'admin-token'), `${short}\n`);
    assert.throws(() => adminTokenFrom({ directory, randomBytes }), withCode('admin_token_malformed'));
  }
});

test('if another process generates the key at the same time, both use its key', (t) => {
  const directory = temporaryDirectory(t);
  const slowBytes = (size: number) => {
    writeFileSync(join(directory, 'secret-key'), 'cd'.repeat(32));
    return randomBytes(size);
  };
  assert.deepEqual(secretKeyFrom({ directory, randomBytes: slowBytes }), otherBytes(32));
});

test('the error names a path that cannot be used', (t) => {
  const directory = temporaryDirectory(t);
  mkdirSync(join(directory, 'secret-key'));
  assert.throws(() => secretKeyFrom({ directory, randomBytes }), withCode('data_directory_unusable'));
  assert.throws(() => ensurePrivateFile(join(directory, 'no', 'file')), withCode('data_directory_unusable'));
});

/** Another process that locks the directory until it is killed. */
async function holderOf(t: TestContext, directory: string): Promise<ChildProcess> {
  const lockModule = new URL('directory.ts', import.meta.url).href;
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

test('the refusal names the process that holds the directory, and killing it releases the lock', async (t) => {
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

test('one process cannot lock a directory twice, and trying does not release the lock', async (t) => {
  const directory = temporaryDirectory(t);
  const lock = lockDirectory(directory);
  assert.equal(refusal(directory).code, 'data_directory_in_use');
  const program = `
    const { lockDirectory } = await import(${JSON.stringify(new URL('directory.ts', import.meta.url).href)});
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

test('a name file that cannot be read does not prevent the refusal', (t) => {
  const directory = temporaryDirectory(t);
  const lock = lockDirectory(directory);
  for (const content of ['', '{"pid":"x"}']) {
    writeFileSync(join(directory, 'lock.json'), content);
    assert.match(refusal(directory).message, /\(unnamed\)/);
  }
  lock.release();
});

test('the lock holds even if the name file cannot be written', (t) => {
  const directory = temporaryDirectory(t);
  mkdirSync(join(directory, 'lock.json', 'x'), { recursive: true });
  const lock = lockDirectory(directory);
  assert.match(refusal(directory).message, /\(unnamed\)/);
  lock.release();
  lockDirectory(directory).release();
});

test('the directory and its files can be accessed by their owner alone', (t) => {
  const directory = join(temporaryDirectory(t), 'a', 'b');
  const lock = lockDirectory(directory);
  assert.equal(statSync(directory).mode & 0o777, 0o700);
  assert.equal(statSync(join(directory, 'lock')).mode & 0o777, 0o600);
  assert.equal(statSync(join(directory, 'lock.json')).mode & 0o777, 0o600);
  lock.release();
});

test('the error says what to do if the directory cannot be created or the lock is not a file', (t) => {
  const directory = temporaryDirectory(t);
  writeFileSync(join(directory, 'file'), '');
  assert.equal(refusal(join(directory, 'file', 'below')).code, 'data_directory_impossible');
  assert.match(
    refusal(join(directory, 'file')).message,
    /file cannot be created \(.* not a directory\)\. Set/,
  );
  symlinkSync(join(directory, 'disk'), join(directory, 'link'));
  assert.match(refusal(join(directory, 'link')).message, /link is a link to nothing\. Bring back/);
  mkdirSync(join(directory, 'odd', 'lock'), { recursive: true });
  assert.equal(refusal(join(directory, 'odd')).code, 'data_directory_unusable');
});

test('where this user may not look, the error says so and what to do', (t) => {
  const directory = temporaryDirectory(t);
  chmodSync(dirname(directory), statSync(dirname(directory)).mode | 0o011);
  const isRoot = process.getuid?.() === 0;
  chmodSync(directory, 0);
  if (isRoot) process.seteuid?.(65_534);
  try {
    const { code, message } = refusal(directory);
    assert.equal(code, 'data_directory_unusable');
    assert.match(
      message,
      /lock cannot be created or read \(EACCES: .*\)\. Make it writable for the user who/,
    );
  } finally {
    if (isRoot) process.seteuid?.(0);
    chmodSync(directory, 0o700);
  }
});
