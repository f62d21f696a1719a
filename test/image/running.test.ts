import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { exitCodeForPerson } from '../../src/errors.ts';
import { freePort } from '../support/port.ts';
import type { Cleaner } from '../support/process.ts';
import { release } from './build.ts';
import { makeVolume, runImage, startContainer } from './container.ts';
import { mustPodman, podman } from './tools.ts';

const bridgeUser = 1000;
const hardened = [
  '--read-only',
  '--read-only-tmpfs=false',
  '--cap-drop=all',
  '--security-opt=no-new-privileges',
];

/** A directory of this machine for `/data`, removed with the test. */
function dataDirectory(t: Cleaner, owner = 0): string {
  const directory = mkdtempSync(join(tmpdir(), 'monzo-bridge-data-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  chmodSync(directory, 0o755);
  chownSync(directory, owner, owner);
  return directory;
}

/** The owners of the directory and of everything below it. */
function ownersOf(directory: string): ReadonlySet<number> {
  const below = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  return new Set(['.', ...below].map((name) => lstatSync(join(directory, name)).uid));
}

const noCapability = /^0+$/;

describe('the image', { timeout: 300_000 }, () => {
  it('starts without a word, is healthy, and stops at SIGTERM with exit code 0', async (t) => {
    const container = await startContainer(t);
    await container.running();
    assert.ok(await container.isHealthy());
    const answer = await fetch(`http://127.0.0.1:${container.uiPort}/healthz`);
    assert.deepEqual([answer.status, await answer.json()], [200, { state: 'ok' }]);
    assert.equal(await container.stop(10), 0);
    assert.match(await container.logs(), /Stopped; nothing that was recorded is lost\./);
  });

  it('gives what the Supervisor mounts to user 1000, and runs as that user without any capability', async (t) => {
    const data = dataDirectory(t);
    // The Supervisor writes it before each start, for nobody but itself.
    writeFileSync(join(data, 'options.json'), '{}', { mode: 0o600 });
    mkdirSync(join(data, 'backups'));
    const container = await startContainer(t, { data });
    await container.running();
    assert.deepEqual(ownersOf(data), new Set([bridgeUser]));
    for (const line of ['Uid', 'Gid'])
      assert.deepEqual((await container.status(line)).split('\t'), Array(4).fill('1000'), line);
    assert.equal((await container.status('Groups')).trim(), '1000');
    for (const line of ['CapInh', 'CapPrm', 'CapEff', 'CapAmb'])
      assert.match(await container.status(line), noCapability, line);
    assert.ok(await container.isHealthy());
    // In every thread.
    const tasks = `const { readdirSync, readFileSync } = require('node:fs');
      const effective = readdirSync('/proc/1/task').map((id) => readFileSync('/proc/1/task/' + id + '/status', 'utf8').match(/CapEff:\\s*(\\S+)/)[1]);
      process.stdout.write([...new Set(effective)].join())`;
    assert.match((await container.exec('node', '-e', tasks)).out, noCapability);
    assert.equal((await container.exec('node', 'bin/monzo-bridge.js', 'link')).code, 0);
    assert.deepEqual(ownersOf(data), new Set([bridgeUser]));
  });

  for (const [name, options] of [
    ['as its own user', ['--user', '1000:1000']],
    ['as any user', ['--user', '1234']],
    ['as root without capabilities', []],
  ] as const)
    it(`runs hardened ${name}`, async (t) => {
      const container = await startContainer(t, { options: [...hardened, ...options] });
      await container.running();
      assert.ok(await container.isHealthy());
      assert.match(await container.status('CapEff'), noCapability);
      assert.equal(await container.stop(10), 0);
    });

  it('leaves a directory to the user who is named', async (t) => {
    const data = dataDirectory(t, 1234);
    const container = await startContainer(t, { data, options: [...hardened, '--user', '1234:1234'] });
    await container.running();
    assert.deepEqual(ownersOf(data), new Set([1234]));
  });

  it('is healthy while it does not listen yet, and neither when it hangs nor when it waits for a disk', async (t) => {
    // Another port is asked, as if migrations were still going on.
    const starting = await startContainer(t);
    await starting.running();
    const elsewhere = ['--env', 'MONZO_BRIDGE_UI_PORT=1', starting.name, 'monzo-bridge', 'healthy'];
    assert.equal((await podman(['exec', ...elsewhere])).code, 0);

    const hanging = await startContainer(t);
    await hanging.running();
    await hanging.signal('STOP');
    assert.ok(!(await hanging.isHealthy()));
    await hanging.signal('CONT');
    assert.ok(await hanging.isHealthy());

    const data = dataDirectory(t, bridgeUser);
    // Of a process that was killed, and whose number every first process has.
    writeFileSync(join(data, 'lock.json'), '{"pid":1,"host":"elsewhere"}');
    const waiting = await startContainer(t, {
      options: ['--volume', `${data}:/elsewhere:ro`],
      settings: { DATA_DIR: '/elsewhere' },
    });
    await waiting.says('keeps trying to start');
    assert.ok(!(await waiting.isHealthy()));
    assert.equal(await waiting.stop(10), 0);
  });

  for (const host of ['127.0.0.2', '::1', '::'])
    it(`asks for its health where it listens, as a file .env says: ${host}`, async (t) => {
      const file = join(dataDirectory(t), 'env');
      writeFileSync(file, `MONZO_BRIDGE_UI_PORT=${await freePort()}\n`);
      const options = ['--volume', `${file}:/app/.env:ro`, '--env', 'MONZO_BRIDGE_UI_PORT='];
      const container = await startContainer(t, { options, settings: { UI_HOST: host } });
      await container.running();
      assert.ok(await container.isHealthy());
      await container.signal('STOP');
      assert.ok(!(await container.isHealthy()));
      await container.signal('CONT');
    });

  it('finds names and addresses as other machines do', async (t) => {
    const container = await startContainer(t, { options: ['--add-host', 'broker.home.arpa:192.0.2.7'] });
    await container.running();
    const look = `require('node:dns').lookup(process.argv[1], (error, address) => process.stdout.write(error?.code ?? address))`;
    const found = async (name: string) => (await container.exec('node', '-e', look, name)).out;
    assert.equal(await found('broker.home.arpa'), '192.0.2.7');
    assert.equal(await found('localhost'), '127.0.0.1');
    assert.match(await found('nobody.invalid'), /^(ENOTFOUND|EAI_AGAIN)$/);
  });

  it('gives nothing away while it runs: only a start looks into the directory as root', async (t) => {
    const data = dataDirectory(t);
    const container = await startContainer(t, { data });
    await container.running();
    writeFileSync(join(data, 'of-root'), '');
    assert.ok(await container.isHealthy());
    await container.exec('monzo-bridge', 'health');
    assert.equal(lstatSync(join(data, 'of-root')).uid, 0);
  });

  for (const [name, options, sentence] of [
    [
      'of another user',
      ['--user', '1234:1234'],
      /^\/data belongs to user 0; the bridge runs as user 1234, who cannot use it\. Nothing was started\./m,
    ],
    [
      'that it may not give away',
      ['--cap-drop=CHOWN', '--cap-drop=DAC_OVERRIDE'],
      /^\/data belongs to user 0; the bridge runs as user 1000, who cannot use it, and cannot be given to them \(EPERM: .+\)\. Nothing was started\./m,
    ],
    [
      'where it may not change to its user',
      ['--cap-drop=SETUID'],
      /^The container runs as root and cannot change to user 1000 \(.+\)\. Nothing was started\. Start it with --user 1000:1000/m,
    ],
  ] as const)
    it(`says what to do with a directory ${name}, and does not try for ever`, async (t) => {
      const container = await startContainer(t, { data: dataDirectory(t), options });
      assert.equal(await container.ended(), exitCodeForPerson);
      assert.match(await container.logs(), sentence);
    });

  for (const [name, options] of [
    ['of an earlier run as root', ['--user', '1000:1000']],
    ['of an earlier run as root that it may not give away', ['--cap-drop=CHOWN']],
  ] as const)
    it(`says what to do with files ${name}`, async (t) => {
      const data = dataDirectory(t, bridgeUser);
      writeFileSync(join(data, 'lock'), '', { mode: 0o600 });
      const container = await startContainer(t, { data, options });
      assert.equal(await container.ended(), exitCodeForPerson);
      assert.match(
        await container.logs(),
        /^\/data\/lock belongs to user 0; the bridge runs as user 1000, who cannot use it.* run: chown -R 1000:1000/m,
      );
    });

  it('starts beside files of others', async (t) => {
    const data = dataDirectory(t, bridgeUser);
    // What a new file system brings along.
    mkdirSync(join(data, 'lost+found'), { mode: 0o700 });
    const container = await startContainer(t, { data, options: ['--user', '1000:1000'] });
    await container.running();
  });

  it('takes secrets from files, and days from a time zone that only Node knows', async (t) => {
    const secrets = dataDirectory(t);
    const token = 'a'.repeat(40);
    writeFileSync(join(secrets, 'admin-token'), `${token}\n`);
    const container = await startContainer(t, {
      options: ['--volume', `${secrets}:/run/secrets:ro`, '--env', 'TZ=America/New_York'],
      settings: { ADMIN_TOKEN_FILE: '/run/secrets/admin-token', TIME_ZONE: 'Pacific/Auckland' },
    });
    await container.running();
    const health = await fetch(`http://127.0.0.1:${container.uiPort}/api/health`, {
      headers: { authorization: `Bearer ${token}` },
    });
    assert.equal(health.status, 200);
    const hour = 'process.stdout.write(new Date(0).toLocaleTimeString("en-GB", { hour12: false }))';
    assert.equal((await container.exec('node', '-e', hour)).out, '19:00:00');
  });

  it('takes a secret from a named pipe, as password managers offer them', async (t) => {
    const secrets = dataDirectory(t);
    const pipe = join(secrets, 'admin-token');
    execFileSync('mkfifo', ['--mode=666', pipe]);
    const writing = writeFile(pipe, 'a'.repeat(40));
    const container = await startContainer(t, {
      options: ['--volume', `${secrets}:/run/secrets:ro`],
      settings: { ADMIN_TOKEN_FILE: '/run/secrets/admin-token' },
    });
    await Promise.all([writing, container.running()]);
  });

  it('names a secret that its user may not read', async (t) => {
    const secrets = dataDirectory(t);
    writeFileSync(join(secrets, 'admin-token'), 'a'.repeat(40), { mode: 0o600 });
    const container = await startContainer(t, {
      options: ['--volume', `${secrets}:/run/secrets:ro`],
      settings: { ADMIN_TOKEN_FILE: '/run/secrets/admin-token' },
    });
    assert.equal(await container.ended(), exitCodeForPerson);
    assert.match(await container.logs(), /may not read the file that MONZO_BRIDGE_ADMIN_TOKEN_FILE names/);
  });
});

describe('the words after the image', { timeout: 120_000 }, () => {
  it('are those of the command line', async () => {
    const version = await runImage(['--version']);
    assert.deepEqual([version.code, version.out.trim()], [0, release.VERSION]);
    const help = await runImage(['--help']);
    assert.match(help.out, /^Usage: monzo-bridge /);
    const doctor = await runImage(['doctor']);
    assert.equal(doctor.code, 1);
    assert.match(doctor.out, /settings: All settings are usable\./);
    const wrong = await runImage(['strat']);
    assert.equal(wrong.code, 2);
  });

  it('work inside a running container as a command of its own, and by the file', async (t) => {
    const container = await startContainer(t);
    await container.running();
    for (const words of [['monzo-bridge'], ['node', 'bin/monzo-bridge.js']]) {
      const { code, out } = await container.exec(...words, 'link');
      assert.equal(code, 0, words.join(' '));
      assert.match(out, /#code=/);
    }
    const doctor = await container.exec('monzo-bridge', 'doctor');
    assert.match(doctor.out, /^ok +process: Version /m);
  });

  it('write a backup beside the running bridge, and restore it once it is stopped', async (t) => {
    const data = await makeVolume(t);
    const file = '/data/backups/mine.sqlite';
    const container = await startContainer(t, { data });
    await container.running();
    const written = await container.exec('monzo-bridge', 'backup', file);
    assert.equal(written.code, 0);
    assert.match(written.out, /^Everything that is stored was written to \/data\/backups\/mine\.sqlite\./);
    const restore = () => runImage(['restore', file], ['--volume', `${data}:/data`]);
    for (const refused of [await restore(), await container.exec('monzo-bridge', 'restore', file)]) {
      assert.equal(refused.code, 1);
      assert.match(
        refused.errors,
        /A bridge is running with \/data\. Nothing was restored; stop it, then run this again\./,
      );
    }
    assert.equal(await container.stop(10), 0);
    const restored = await restore();
    assert.equal(restored.code, 0);
    assert.match(restored.out, /^The backup of .* UTC is in place in \/.*\. Start the bridge now\./);
    await mustPodman('start', container.name);
    await container.says('The database was restored from a backup of');
    assert.ok(await container.isHealthy());
  });
});
