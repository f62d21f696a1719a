import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { exitCodeForPerson } from '../../src/errors.ts';
import { lockDirectory, secretKeyFrom } from '../../src/store/directory.ts';
import { startBridge, temporaryDirectory } from '../support/process.ts';
import { until } from '../support/until.ts';
import { createWorld } from '../support/world.ts';
import { runOnTerminal } from './cli-run.ts';

const minute = 60_000;

for (const [variable, value, remedy] of [
  ['MONZO_BRIDGE_UI_PORT', 'a-port', /MONZO_BRIDGE_UI_PORT.*port number.*correct it or leave it out/],
  ['MONZO_BRIDGE_POL_SECONDS', '5', /MONZO_BRIDGE_POL_SECONDS.*did you mean MONZO_BRIDGE_POLL_SECONDS/],
  ['MONZO_BRIDGE_DATA_DIR', '/proc/a/b', /^\/proc\/a\/b cannot be created.*Set MONZO_BRIDGE_DATA_DIR/],
] as const)
  test(`a wrong setting stops the start with one sentence (${variable})`, async (t) => {
    const { ended, errors } = startBridge(t, temporaryDirectory(t), { [variable]: value });
    assert.equal(await ended, exitCodeForPerson);
    assert.match(errors(), remedy);
    assert.equal(errors().trim().split('\n').length, 1);
  });

test('a wrong option of the Home Assistant app stops the start with one sentence that names it', async (t) => {
  const directory = temporaryDirectory(t);
  writeFileSync(join(directory, 'options.json'), JSON.stringify({ poll_seconds: 0 }));
  const { ended, errors } = startBridge(t, directory, { SUPERVISOR_TOKEN: 'token-of-the-supervisor' });
  assert.equal(await ended, exitCodeForPerson);
  assert.match(errors(), /^The option poll_seconds must be a whole number.*Configuration tab\.\n$/);
});

test('a .env that cannot be read as it was meant is refused with one sentence, and one with a mark is read', async (t) => {
  const cwd = temporaryDirectory(t);
  const path = join(cwd, '.env');
  const started = async (write: () => void) => {
    write();
    const { out } = await runOnTerminal(['doctor'], {
      cwd,
      fetch: () => Promise.reject(new Error('nothing runs')),
    });
    rmSync(path, { recursive: true, force: true });
    return out.split('\n').find((line) => line.includes('settings')) ?? out;
  };
  const line = (text: string) => () =>
    writeFileSync(path, `${text}\nMONZO_BRIDGE_LOG_LEVEL=error # enough\n`);
  assert.match(
    await started(() => mkdirSync(path)),
    /\.env, from which settings are read, cannot be read \(EISDIR/,
  );
  const utf16 = Buffer.from('\u{FEFF}MONZO_BRIDGE_UI_PORT=1\n', 'utf16le');
  for (const bytes of [utf16, Buffer.from(utf16).swap16(), utf16.subarray(2)])
    assert.match(
      await started(() => writeFileSync(path, bytes)),
      /\.env is not UTF-8 text\. Save it again as UTF-8/,
    );
  assert.match(
    await started(() => writeFileSync(path, Buffer.from('MONZO_BRIDGE_UI_HOST=B\u00fcro\n', 'latin1'))),
    /\.env is not UTF-8 text/,
  );
  for (const to of [join(cwd, 'nowhere'), path])
    assert.match(await started(() => symlinkSync(to, path)), /cannot be read \((ENOENT|ELOOP)/);
  const cut = /MONZO_BRIDGE_ADMIN_TOKEN in .*\.env would end at a #.*Put the whole value in quotes/;
  const token = 'MONZO_BRIDGE_ADMIN_TOKEN';
  for (const text of [`${token}=${'a'.repeat(40)}#b`, `export ${token} = a b#c`, `${token}=#b`])
    assert.match(await started(line(text)), cut, text);
  for (const text of [`${token}="${'a'.repeat(40)}#b"`, `# ${token}=a#b`, `${token}= # later`, 'OTHER=a#b'])
    assert.doesNotMatch(await started(line(text)), /would end/, text);
  for (const [text, says] of [
    [`${token}="abc`, /begins with a quote that nothing closes/],
    [`${token}='it''s'`, /goes on behind its closing quote/],
    [`${token}="a\\"b"`, /goes on behind its closing quote/],
    [`${token}: ${'a'.repeat(40)}`, /is not set by its line/],
    [`set ${token}=a`, /is not set by its line/],
    [`$env:${token}="a"`, /is not set by its line/],
  ] as const)
    for (const end of ['', '\r']) assert.match(await started(line(text + end)), says, text);
  for (const text of [`${token}='a"${'b'.repeat(40)}' # c`, `${token}="a\n${'b'.repeat(40)}"\r`, '# set up:'])
    assert.doesNotMatch(await started(line(text)), /quote|its line/, text);
  for (const text of ['~/monzo', '~', '$HOME/monzo', '${HOME}/monzo', '%APPDATA%\\monzo'])
    assert.match(
      await started(line(`MONZO_BRIDGE_DATA_DIR=${text}`)),
      /MONZO_BRIDGE_DATA_DIR must be a directory path, written out: ~, \$HOME and other variables are not replaced;/,
    );
  assert.match(await started(line('\u{FEFF}MONZO_BRIDGE_UI_PORT=x')), /MONZO_BRIDGE_UI_PORT must be a port/);
});

test('a named pipe in the place of a key or the lock is refused, not waited for', (t) => {
  const directory = temporaryDirectory(t);
  for (const name of ['lock', 'secret-key']) {
    execFileSync('mkfifo', [join(directory, name)]);
    const act = () =>
      name === 'lock' ? lockDirectory(directory) : secretKeyFrom({ directory, randomBytes });
    assert.throws(act, /(lock|secret-key) is not a file, so the bridge cannot use it\. Move it away\./);
  }
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
  assert.equal(await ended, exitCodeForPerson);
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
