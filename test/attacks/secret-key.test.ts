import assert from 'node:assert/strict';
import { copyFileSync, rmSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { test } from 'node:test';
import { alex, type sam } from '../../sim/household.ts';
import { healthSchema } from '../../src/contract/bridge-data.ts';
import { landingOf, loginOf, newSignIn, post, stateOf } from '../support/people.ts';
import { createWorld, type World } from '../support/world.ts';

const settings = { MONZO_BRIDGE_PUBLIC_URL: 'https://bank.home.example' };

/** The addresses of an account's webhooks at the bank. */
const addressesOf = (world: World, accountId: string) =>
  [...world.bank.model.webhooks.values()]
    .filter((hook) => hook.accountId === accountId)
    .map(({ url }) => url);

/** Stops the bridge, changes its data directory, starts it again. */
async function restartAfter(world: World, change: (directory: string) => void): Promise<void> {
  await world.stop();
  change(world.directory);
  await world.restart();
}

const keyFile = (directory: string) => join(directory, 'secret-key');

async function signInAgain(world: World, id: string, { userId }: typeof alex | typeof sam) {
  await world.fetchFromOutside(landingOf(world, await newSignIn(world, id), userId));
  world.bank.approve(userId);
  await world.until('the login works', () => stateOf(world, id) === 'active');
}

async function enterSecretAndSignIn(world: World, id: string, person: typeof alex | typeof sam) {
  const secret = { client_secret: world.bank.client(person.clientId).secret };
  const entered = await world.api(`/api/logins/${id}`, { ...post(secret), method: 'PATCH' });
  assert.equal(entered.status, 200);
  assert.equal(loginOf(world, id).fault, 'tokens_unreadable');
  await signInAgain(world, id, person);
}

test('a lost secret key asks for a new sign-in and leaves everything else readable', async () => {
  await using world = await createWorld({ settings });
  const ids = { alex: await world.connect('alex'), sam: await world.connect('sam') };
  world.bank.purchase(alex.current, { amount: 350, merchant: 'Blue Door Coffee' });
  await world.api('/api/commands/refresh', post({}));
  await world.until('webhooks are registered', () => addressesOf(world, alex.current).length === 1);
  const [old] = addressesOf(world, alex.current);
  await restartAfter(world, (directory) => rmSync(keyFile(directory)));

  for (const id of Object.values(ids)) {
    const { state, fault, remedy, needs } = loginOf(world, id);
    assert.deepEqual(
      { state, fault, remedy },
      { state: 'needs_authorisation', fault: 'vault_unreadable', remedy: 'replace_secret_and_sign_in' },
    );
    assert.match(needs ?? '', /Put back the file secret-key .* enter the client secret .* “Sign in again”/);
  }
  const found = await (await world.api('/api/transactions?q=Blue')).json();
  assert.equal((found as { items: unknown[] }).items.length, 1);
  for (const path of ['/api/accounts', '/api/audit', '/api/events', '/api/diagnostics', '/'])
    assert.equal((await world.api(path)).status, 200, path);
  const { parts } = healthSchema.parse(await (await world.api('/api/health')).json());
  assert.deepEqual(
    parts.filter(({ part }) => part.startsWith('login ')).map(({ state }) => state),
    ['needs_user', 'needs_user'],
  );

  await enterSecretAndSignIn(world, ids.alex, alex);
  assert.equal(stateOf(world, ids.sam), 'needs_authorisation');
  await world.until('the old webhook is replaced', () => {
    const addresses = addressesOf(world, alex.current);
    return addresses.length === 1 && addresses[0] !== old;
  });
});

test('a secret key that is put back brings the logins back by itself', async () => {
  await using world = await createWorld({ settings });
  const id = await world.connect('alex');
  const { approvedAt } = loginOf(world, id);
  const kept = join(world.directory, 'kept-elsewhere');
  await restartAfter(world, (directory) => {
    copyFileSync(keyFile(directory), kept);
    writeFileSync(keyFile(directory), `${'ab'.repeat(32)}\n`);
  });
  assert.equal(loginOf(world, id).fault, 'vault_unreadable');
  await restartAfter(world, (directory) => copyFileSync(kept, keyFile(directory)));
  await world.until('the login works', () => stateOf(world, id) === 'active');
  assert.equal(loginOf(world, id).approvedAt, approvedAt);
});

test('one damaged secret concerns its login alone', async () => {
  await using world = await createWorld({ settings });
  const ids = { alex: await world.connect('alex'), sam: await world.connect('sam') };
  await restartAfter(world, (directory) => {
    const database = new DatabaseSync(join(directory, 'monzo-bridge.sqlite'));
    database
      .prepare(`UPDATE vault SET ciphertext = x'00' WHERE login_id = ? AND name = 'tokens'`)
      .run(ids.alex);
    database.close();
  });
  assert.deepEqual(
    [loginOf(world, ids.alex).fault, loginOf(world, ids.alex).remedy, stateOf(world, ids.sam)],
    ['tokens_unreadable', 'sign_in', 'active'],
  );
  await signInAgain(world, ids.alex, alex);
});
