import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import * as fc from 'fast-check';
import { BridgeError } from '../errors.ts';
import { openDatabase } from './database.ts';
import { createLogins } from './login-rows.ts';
import { migrate } from './migrations.ts';
import { sampleKey, sampleLogin, temporaryDirectory } from '../../test/support/store-samples.ts';
import { migrations } from './schema.ts';
import { createVault } from './vault.ts';

function openVault(t: TestContext) {
  const database = openDatabase(join(temporaryDirectory(t), 'a.sqlite'));
  t.after(() => database.close());
  migrate(database, migrations);
  const logins = createLogins(database);
  logins.save(sampleLogin());
  logins.save(sampleLogin({ id: 'sam', clientId: 'oauth2client_2' }));
  return { database, logins, vault: createVault(database, { secretKey: sampleKey, randomBytes }) };
}

const unreadable = (thrown: unknown) =>
  thrown instanceof BridgeError && thrown.code === 'vault_unreadable' && thrown.needsPerson;

test('any secret is read back as it was, the newest of its name', (t) => {
  const { vault } = openVault(t);
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (secret) => {
      vault.put('alex', 'token', secret);
      assert.equal(vault.get('alex', 'token'), secret);
    }),
  );
  assert.equal(vault.get('alex', 'other'), null);
  assert.equal(vault.get('sam', 'token'), null);
});

test('the same secret is encrypted differently each time, and never stored in clear', (t) => {
  const { database, vault } = openVault(t);
  vault.put('alex', 'token', 'very-secret-token');
  vault.put('sam', 'token', 'very-secret-token');
  const stored = database.all('SELECT hex(ciphertext) AS c, hex(nonce) AS n FROM vault', [], (row) => row);
  assert.notEqual(stored[0]?.['c'], stored[1]?.['c']);
  assert.notEqual(stored[0]?.['n'], stored[1]?.['n']);
  database.close();
  assert.ok(!readFileSync(database.path).includes('very-secret-token'));
});

test('another key cannot decrypt a secret, and the error asks a person to act', (t) => {
  const { database, vault } = openVault(t);
  vault.put('alex', 'token', 'x');
  const other = createVault(database, { secretKey: new Uint8Array(32).fill(8), randomBytes });
  assert.throws(() => other.get('alex', 'token'), unreadable);
});

test('a secret that was read before is read as the database has it now', (t) => {
  const { database, vault } = openVault(t);
  const sealed = () => database.get('SELECT hex(ciphertext) AS c FROM vault', [], (row) => row['c']);
  vault.put('alex', 'token', 'first');
  assert.equal(vault.get('alex', 'token'), 'first');
  const before = sealed();
  assert.throws(() =>
    database.transaction(() => {
      vault.put('alex', 'token', 'taken back');
      assert.equal(vault.get('alex', 'token'), 'taken back');
      throw new Error('undone');
    }),
  );
  assert.equal(sealed(), before);
  assert.equal(vault.get('alex', 'token'), 'first');
  database.run(
    `UPDATE vault SET ciphertext = unhex(hex(substr(ciphertext, 1, 3)) || 'ABCDEF' || hex(substr(ciphertext, 7)))`,
  );
  assert.throws(() => vault.get('alex', 'token'), unreadable);
  vault.delete('alex', 'token');
  assert.equal(vault.get('alex', 'token'), null);
});

test('a row that was moved to another login or name, or changed, cannot be decrypted', (t) => {
  const { database, vault } = openVault(t);
  vault.put('alex', 'token', 'x');
  database.run(`UPDATE vault SET login_id = 'sam'`);
  assert.throws(() => vault.get('sam', 'token'), unreadable);
  database.run(`UPDATE vault SET login_id = 'alex', name = 'secret'`);
  assert.throws(() => vault.get('alex', 'secret'), unreadable);
  database.run(`UPDATE vault SET name = 'token', ciphertext = x'00'`);
  assert.throws(() => vault.get('alex', 'token'), unreadable);
});

test('secrets are deleted one by one, all at once, or with their login', (t) => {
  const { vault, logins } = openVault(t);
  const put = () => ['a', 'b'].forEach((name) => vault.put('alex', name, name));
  const kept = () => ['a', 'b'].map((name) => vault.get('alex', name));
  vault.put('sam', 'a', 'stays');
  put();
  vault.delete('alex', 'a');
  assert.deepEqual(kept(), [null, 'b']);
  vault.deleteAll('alex');
  assert.deepEqual(kept(), [null, null]);
  put();
  logins.remove('alex');
  assert.deepEqual(kept(), [null, null]);
  assert.equal(vault.get('sam', 'a'), 'stays');
  assert.throws(() => vault.put('alex', 'a', 'x'), /FOREIGN KEY/);
});
