import assert from 'node:assert/strict';
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { startBridge, temporaryDirectory } from '../support/process.ts';
import { until } from '../support/until.ts';
import { createWorld } from '../support/world.ts';

const minute = 60_000;

for (const [variable, value, remedy] of [
  ['MONZO_BRIDGE_UI_PORT', 'a-port', /MONZO_BRIDGE_UI_PORT.*port number.*correct it or leave it out/],
  ['MONZO_BRIDGE_POL_SECONDS', '5', /MONZO_BRIDGE_POL_SECONDS.*did you mean MONZO_BRIDGE_POLL_SECONDS/],
] as const)
  test(`a wrong setting stops the start with one sentence (${variable})`, async (t) => {
    const { ended, errors } = startBridge(t, temporaryDirectory(t), { [variable]: value });
    assert.equal(await ended, 1);
    assert.match(errors(), remedy);
    assert.equal(errors().trim().split('\n').length, 1);
  });

test('without any configuration it starts, and says in a few lines what to set', async (t) => {
  const { child, ended, output } = startBridge(t, temporaryDirectory(t));
  await until('it says what to set', () => output().includes('MONZO_BRIDGE_MQTT_URL'));
  assert.match(output(), /monzo-bridge login add/);
  child.kill('SIGTERM');
  assert.equal(await ended, 0);
});

test('a second process on the same data directory is refused by name', async (t) => {
  const directory = temporaryDirectory(t);
  const first = startBridge(t, directory);
  await until('the first runs', () => first.output().includes('is running'));
  const second = startBridge(t, directory);
  assert.equal(await second.ended, 1);
  assert.match(second.errors(), new RegExp(`process ${first.child.pid}`));
  first.child.kill('SIGKILL');
  await first.ended;
  const third = startBridge(t, directory);
  await until('a kill frees the directory', () => third.output().includes('is running'));
});

test('a database of a newer version is refused untouched', async (t) => {
  const directory = temporaryDirectory(t);
  const path = join(directory, 'monzo-bridge.sqlite');
  const database = new DatabaseSync(path);
  database.exec('PRAGMA user_version = 9999; CREATE TABLE later (id INTEGER)');
  database.close();
  const before = readFileSync(path);
  const { ended, errors } = startBridge(t, directory);
  assert.equal(await ended, 1);
  assert.match(errors(), /written by a later version/);
  assert.deepEqual(readFileSync(path), before);
});

test('an unreadable database keeps the process alive, untouched, and is recovered from by itself', async (t) => {
  const directory = temporaryDirectory(t);
  const path = join(directory, 'monzo-bridge.sqlite');
  writeFileSync(path, 'this is no database, however long one looks at it'.repeat(100));
  const { child, ended, output } = startBridge(t, directory);
  await until('it says what is wrong', () => output().includes('keeps trying to start'));
  assert.equal(child.exitCode, null);
  assert.match(readFileSync(path, 'utf8'), /^this is no database/);
  rmSync(path);
  await until('it runs', () => output().includes('is running'));
  child.kill('SIGTERM');
  assert.equal(await ended, 0);
});

test('a bank and a broker that are down at the start are waited for, and health says which', async () => {
  await using world = await createWorld({ settings: { MONZO_BRIDGE_MQTT_URL: 'mqtt://127.0.0.1:9' } });
  const repair = world.faults.add({ kind: 'reset_before' });
  const answer = await world.api('/api/logins', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      name: 'Alex',
      client_id: 'oauth2client_0000Alex',
      client_secret: 'a-secret-of-alex',
    }),
  });
  assert.equal(answer.status, 201);
  await world.clock.advance(minute);
  const health = (await (await world.api('/api/health')).json()) as {
    parts: { part: string; state: string }[];
  };
  const mqtt = health.parts.find(({ part }) => part === 'mqtt');
  assert.notEqual(mqtt?.state, 'ok');
  repair();
});

test('the data directory and the keys in it are for their owner alone', async () => {
  await using world = await createWorld();
  const modeOf = (path: string) => statSync(path).mode & 0o777;
  for (const file of ['secret-key', 'admin-token', 'monzo-bridge.sqlite'])
    assert.equal(modeOf(join(world.directory, file)), 0o600, file);
});
