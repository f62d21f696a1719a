import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { connectPerson } from '../../sim/demo/connect.ts';
import { seededRandom } from '../../sim/fake-clock.ts';
import { createFaults } from '../../sim/faults.ts';
import { alex, household } from '../../sim/household.ts';
import { serveBank } from '../../sim/server.ts';
import { systemClock } from '../../src/clock.ts';
import { findProgram } from '../home-assistant/processes.ts';
import { freePort } from '../support/port.ts';
import type { Cleaner } from '../support/process.ts';
import { until } from '../support/until.ts';
import { capabilitiesIn, fileRulesIn, forbiddenBy, type FileRule } from './apparmor-rules.ts';
import { startContainer } from './container.ts';
import { traceImage, usesIn } from './file-trace.ts';

const source = join(import.meta.dirname, '../../app/apparmor.txt');
const nodePath = '/usr/local/bin/node';
const launcher = '/app/bin/monzo-bridge.js';

/** As the Supervisor leaves it before a start: its own, with options that nobody else may read. */
function supervisedData(t: Cleaner): { readonly directory: string; readonly writeOptions: () => void } {
  const directory = mkdtempSync(join(tmpdir(), 'monzo-bridge-data-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  chmodSync(directory, 0o755);
  const options = join(directory, 'options.json');
  const writeOptions = () => {
    rmSync(options, { force: true });
    writeFileSync(options, '{"log_level":"debug","mqtt_url":"mqtt://broker.invalid:1883"}', { mode: 0o600 });
    chownSync(options, 0, 0);
  };
  return { directory, writeOptions };
}

describe('the profile of the app', { timeout: 600_000 }, () => {
  let rules: readonly FileRule[];
  let parser: string;
  before(async () => {
    parser = (await findProgram('apparmor_parser')) ?? 'apparmor_parser';
    rules = fileRulesIn(execFileSync(parser, ['--preprocess', source], { encoding: 'utf8' }));
    assert.ok(rules.length > 30);
  });

  it('is understood by AppArmor’s own compiler', () => {
    execFileSync(parser, ['--skip-kernel-load', '--skip-cache', source], { stdio: 'pipe' });
  });

  it('allows every file that the running program uses', async (t) => {
    const clock = { now: () => systemClock.now(), random: seededRandom(4) };
    const bank = household(clock);
    const served = await serveBank({ bank, faults: createFaults({ wait: (ms) => systemClock.wait(ms) }) });
    t.after(() => served.close());
    const data = supervisedData(t);
    const image = await traceImage(t, data.directory);
    const uiPort = await freePort();
    const environment = {
      SUPERVISOR_TOKEN: 'the-token-of-this-app',
      TZ: 'Europe/London',
      MONZO_BRIDGE_MONZO_API_URL: served.apiUrl,
      MONZO_BRIDGE_MONZO_AUTH_URL: served.authUrl,
      MONZO_BRIDGE_UI_PORT: String(uiPort),
      MONZO_BRIDGE_PUBLIC_PORT: String(await freePort()),
    };
    const start = async () => {
      data.writeOptions();
      const run = image.run([nodePath, launcher, 'start'], environment);
      await until('it runs', async () => {
        if (run.output().includes('is running')) return true;
        const code = await Promise.race([run.ended, systemClock.wait(50).then(() => 'running')]);
        if (code !== 'running') throw new Error(`It ended with ${code}: ${run.output()}`);
        return false;
      });
      return run;
    };
    const signal = (name: NodeJS.Signals) => {
      const { pid } = JSON.parse(readFileSync(join(data.directory, 'lock.json'), 'utf8')) as { pid: number };
      process.kill(pid, name);
    };
    const uiUrl = `http://127.0.0.1:${uiPort}`;
    const ask = async (path: string) => {
      const adminToken = readFileSync(join(data.directory, 'admin-token'), 'utf8').trim();
      const answer = await fetch(`${uiUrl}${path}`, { headers: { authorization: `Bearer ${adminToken}` } });
      assert.equal(answer.status, 200, path);
      return answer.text();
    };

    const first = await start();
    const adminToken = readFileSync(join(data.directory, 'admin-token'), 'utf8').trim();
    await connectPerson(bank, { uiUrl, adminToken }, { name: 'Alex', ...alex });
    await until('Alex is connected', () => first.output().includes('The history was read'));
    bank.purchase(alex.current, { amount: 350, merchant: 'Corner Shop' });
    const script = /src="\.?(\/[^"]+\.js)"/.exec(await ask('/'))?.[1] ?? '/';
    for (const path of [
      script,
      '/api/transactions?q=shop',
      '/api/transactions/export?format=csv',
      '/api/spending?by=month',
      '/api/balances',
      '/api/audit',
      '/metrics',
    ])
      await ask(path);
    signal('SIGKILL');
    await first.ended;
    // After a kill the whole database is checked by a process of its own.
    const second = await start();
    const health = image.run([nodePath, launcher, 'healthy'], environment);
    assert.equal(await health.ended, 0);
    await ask('/api/health');
    signal('SIGTERM');
    assert.equal(await second.ended, 0);

    const uses = [first, second, health].flatMap((run) => run.uses());
    const has = (path: string, permission: string) =>
      uses.some((use) => use.path === path && use.permission === permission);
    assert.ok(has('/data/monzo-bridge.sqlite', 'k') && has('/data/options.json', 'r'));
    assert.ok(has(nodePath, 'x') && has('/app/dist/main.js', 'r') && has('/etc/hosts', 'r'));
    assert.deepEqual(forbiddenBy(rules, uses), []);
  });

  it('allows writing nowhere but to the data and to temporary files', () => {
    const own = readFileSync(source, 'utf8');
    const written = rules
      .filter(({ text }) => own.includes(text))
      .filter(({ permissions }) => permissions.includes('w'))
      .map(({ text }) => text);
    assert.deepEqual(written, ['/data/ rw,', '/data/** rwkl,', 'owner /tmp/** rwk,']);
  });
});

describe('the capabilities in the profile of the app', { timeout: 600_000 }, () => {
  const capabilities = capabilitiesIn(readFileSync(source, 'utf8'));

  /** Starts it twice as the Supervisor does, with an init that passes signals on. Throws where it does not run or stop. */
  async function liveTwice(t: Cleaner, allowed: readonly string[], seconds = 30): Promise<void> {
    const { directory: data, writeOptions } = supervisedData(t);
    const rights = ['--cap-drop=all', ...allowed.map((name) => `--cap-add=${name}`)];
    const app = ['--env', 'SUPERVISOR_TOKEN=the-token-of-this-app', '--add-host', 'supervisor:127.0.0.1'];
    for (const _ of ['first', 'second']) {
      writeOptions();
      const container = await startContainer(t, { data, options: ['--init', ...rights, ...app] });
      await container.running();
      assert.ok(await container.isHealthy());
      assert.equal(await container.stop(seconds), 0);
    }
  }

  it('are enough', (t) => liveTwice(t, capabilities));

  for (const missing of capabilities)
    it(`are not enough without ${missing}`, async (t) => {
      const others = capabilities.filter((name) => name !== missing);
      // Without the last one it runs, and is killed in the end.
      const reason = missing === 'KILL' ? /137 !== 0/ : /The container ended with 78/;
      await assert.rejects(liveTwice(t, others, 2), reason);
    });
});

describe('the comparison of a trace with a profile', () => {
  const text = `@{PROC}=/proc/
@{pid}={[1-9],[1-9][0-9]}
profile a {
  capability chown,
  /app/** r,
  /data/ r,
  owner /data/** rwk,
  /{usr/,}lib/*.so mr,
  @{PROC}/@{pid}/status r,
}`;
  const rules = fileRulesIn(text);
  const trace = `execve("/usr/sbin/chroot", ["chroot", "/r"], 0x7f /* 3 vars */) = 0
openat(AT_FDCWD</>, "/etc/passwd", O_RDONLY|O_CLOEXEC) = 3</etc/passwd>
execve("/bin/node", ["node"], 0x7f /* 3 vars */) = 0
openat(AT_FDCWD</r/app>, "/usr/lib/c.so", O_RDONLY|O_CLOEXEC) = 3</r/usr/lib/c.so>
mmap(NULL, 4096, PROT_READ|PROT_EXEC, MAP_PRIVATE, 3</r/usr/lib/c.so>, 0) = 0x7f
mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, 4</r/app/a.js>, 0) = 0x7f
openat(AT_FDCWD</r/app>, "/missing", O_RDONLY) = -1 ENOENT (No such file or directory)
open("/data", O_RDONLY|O_DIRECTORY) = 5</r/data>
openat(AT_FDCWD</r/app>, "/", O_RDONLY|O_PATH|O_DIRECTORY) = 5</r>
open("/data/db", O_RDWR|O_CREAT, 0600) = 6</r/data/db>
fcntl(6</r/data/db>, F_SETLK, {l_type=F_RDLCK}) = 0
fcntl(6</r/data/db>, F_GETLK, {l_type=F_RDLCK}) = 0
rename("/data/a", "/data/b") = 0
mkdir("/data/backups", 0700) = 0
chmod("/data", 0700) = 0
statx(AT_FDCWD</r/app>, "/etc/shadow", AT_STATX_SYNC_AS_STAT, STATX_ALL, {}) = 0
`;
  const uses = usesIn([trace], { root: '/r', program: '/bin/node' });

  it('takes from the trace what was used, below the root', () => {
    assert.deepEqual(
      uses.map(({ path, permission }) => `${permission} ${path}`),
      [
        'x /bin/node',
        'r /usr/lib/c.so',
        'm /usr/lib/c.so',
        'r /data/',
        'r /data/db',
        'w /data/db',
        'k /data/db',
        'r /data/a',
        'w /data/a',
        'r /data/b',
        'w /data/b',
        'w /data/backups/',
        'w /data/',
      ],
    );
  });

  it('finds what the profile does not allow', () => {
    assert.deepEqual(forbiddenBy(rules, uses), [
      { path: '/bin/node', permission: 'x' },
      { path: '/data/', permission: 'w' },
    ]);
    const forbidden = [
      { path: '/app/a.js', permission: 'w' },
      { path: '/app/', permission: 'r' },
      { path: '/database', permission: 'r' },
      { path: '/usr/lib/x/c.so', permission: 'r' },
      { path: '/usr/lib/c_so', permission: 'r' },
      { path: '/proc/123/status', permission: 'r' },
    ] as const;
    assert.deepEqual(forbiddenBy(rules, forbidden), forbidden);
    const allowed = [
      { path: '/lib/c.so', permission: 'm' },
      { path: '/proc/12/status', permission: 'r' },
      { path: '/data/a/b', permission: 'k' },
    ] as const;
    assert.deepEqual(forbiddenBy(rules, allowed), []);
    assert.deepEqual(capabilitiesIn(text), ['CHOWN']);
  });
});
