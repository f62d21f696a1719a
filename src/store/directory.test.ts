import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { BridgeError } from '../errors.ts';
import { adminTokenFrom, ensurePrivateFile, secretKeyFrom } from './directory.ts';
import { temporaryDirectory } from '../../test/support/store-samples.ts';

const withCode = (code: string) => (thrown: unknown) => thrown instanceof BridgeError && thrown.code === code;
const randomBytes = (size: number) => new Uint8Array(size).fill(0xab);
const otherBytes = (size: number) => new Uint8Array(size).fill(0xcd);

test('a secret key is made once, for its owner alone, and found again', (t) => {
  const directory = join(temporaryDirectory(t), 'data');
  const key = secretKeyFrom({ directory, randomBytes });
  assert.deepEqual(key, randomBytes(32));
  assert.deepEqual(secretKeyFrom({ directory, randomBytes: otherBytes }), key);
  assert.equal(readFileSync(join(directory, 'secret-key'), 'utf8'), `${'ab'.repeat(32)}\n`);
  assert.equal(statSync(join(directory, 'secret-key')).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(directory), ['secret-key']);
});

test('a given key wins and touches no disk', (t) => {
  const directory = join(temporaryDirectory(t), 'data');
  assert.deepEqual(secretKeyFrom({ directory, given: 'CD'.repeat(32), randomBytes }), otherBytes(32));
  assert.throws(() => statSync(directory), /ENOENT/);
});

test('a key that is no key is refused, wherever it came from', (t) => {
  const directory = temporaryDirectory(t);
  for (const given of ['', 'ab', 'fifteen letters']) {
    assert.throws(() => secretKeyFrom({ directory, given, randomBytes }), withCode('secret_key_malformed'));
  }
  writeFileSync(join(directory, 'secret-key'), 'half');
  assert.throws(() => secretKeyFrom({ directory, randomBytes }), withCode('secret_key_malformed'));
  assert.equal(readFileSync(join(directory, 'secret-key'), 'utf8'), 'half');
});

test('a key may be any long text: it always makes the same 32 bytes, and another text others', (t) => {
  const directory = temporaryDirectory(t);
  const keyOf = (given: string) => secretKeyFrom({ directory, given, randomBytes });
  assert.equal(keyOf('a passphrase of some length').length, 32);
  assert.deepEqual(keyOf('a passphrase of some length'), keyOf('a passphrase of some length'));
  assert.notDeepEqual(keyOf('a passphrase of some length'), keyOf('a passphrase of some lengths'));
});

test('the admin token is made once, and an empty one is refused', (t) => {
  const directory = temporaryDirectory(t);
  const token = adminTokenFrom({ directory, randomBytes });
  assert.equal(token, 'ab'.repeat(32));
  assert.equal(adminTokenFrom({ directory, randomBytes: otherBytes }), token);
  assert.equal(adminTokenFrom({ directory, given: 'mine', randomBytes }), 'mine');
  writeFileSync(join(directory, 'admin-token'), '\n');
  assert.throws(() => adminTokenFrom({ directory, randomBytes }), withCode('admin_token_malformed'));
});

test('when another process made the key in the meantime, its key is the one', (t) => {
  const directory = temporaryDirectory(t);
  const slowBytes = (size: number) => {
    writeFileSync(join(directory, 'secret-key'), 'cd'.repeat(32));
    return randomBytes(size);
  };
  assert.deepEqual(secretKeyFrom({ directory, randomBytes: slowBytes }), otherBytes(32));
});

test('a place that cannot be used is named', (t) => {
  const directory = temporaryDirectory(t);
  mkdirSync(join(directory, 'secret-key'));
  assert.throws(() => secretKeyFrom({ directory, randomBytes }), withCode('data_directory_unusable'));
  assert.throws(() => ensurePrivateFile(join(directory, 'no', 'file')), withCode('data_directory_unusable'));
});
