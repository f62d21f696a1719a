import assert from 'node:assert/strict';
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { after, before, it } from 'node:test';
import { versionOfPackage } from '../../src/environment.ts';
import { exitCodeForPerson } from '../../src/errors.ts';

export interface CommandPlace {
  readonly launcher: string;
  /** Where the command is run; a data directory is made in it. */
  readonly directory: string;
}

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Addresses {
  readonly private: string;
  readonly public: string;
}

type Bridge = ChildProcessByStdio<null, Readable, Readable>;

/** Nothing of ours from outside: the bridge refuses variables it does not know. */
const environment: NodeJS.ProcessEnv = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !name.startsWith('MONZO_BRIDGE_')),
);

const settingsFile = `
MONZO_BRIDGE_DATA_DIR=./what-the-environment-says-wins
MONZO_BRIDGE_UI_PORT=0
MONZO_BRIDGE_PUBLIC_PORT=0
MONZO_BRIDGE_LOG_FORMAT=json
`;

/** Runs before the bridge in its process; writes down which flags it sets, how many threads it starts, and which parts of `Intl` it uses. */
const probeProgram = `
const v8 = require('node:v8');
const seen = { flags: [], threads: 0, formatters: [] };
const set = v8.setFlagsFromString;
v8.setFlagsFromString = (flag) => { seen.flags.push(flag); set(flag); };
require('node:module').syncBuiltinESMExports();
process.on('worker', () => { seen.threads += 1; });
for (const name of ['DateTimeFormat', 'DisplayNames', 'ListFormat', 'NumberFormat', 'Segmenter'])
  Intl[name] = new Proxy(Intl[name], {
    construct: (...args) => {
      seen.formatters.push(name);
      return Reflect.construct(...args);
    },
  });
process.on('exit', () => require('node:fs').writeFileSync(__filename + '.json', JSON.stringify(seen)));
`;

/** Declares the tests that the command passes wherever it was installed. */
export function commandTests({ launcher, directory }: CommandPlace): void {
  const launched = new Set<Bridge>();
  const launch = (args: readonly string[], settings: NodeJS.ProcessEnv = {}): Bridge => {
    const child = spawn(process.execPath, [launcher, ...args], {
      cwd: directory,
      env: { ...environment, ...settings },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    launched.add(child);
    child.once('close', () => launched.delete(child));
    return child;
  };
  before(() => writeFileSync(join(directory, '.env'), settingsFile));
  after(() => {
    for (const child of launched) child.kill('SIGKILL');
  });

  it('tells its version', async () => {
    const outcome = await outcomeOf(launch(['--version']));
    assert.deepEqual(outcome, { code: 0, stdout: `${versionOfPackage()}\n`, stderr: '' });
  });

  it('refuses a wrong setting with one line', async () => {
    const { code, stdout, stderr } = await outcomeOf(launch(['start'], { MONZO_BRIDGE_UI_PORT: 'eighty' }));
    assert.match(stderr, /^MONZO_BRIDGE_UI_PORT must be a port number[^\n]*\n$/);
    assert.deepEqual({ code, stdout }, { code: exitCodeForPerson, stdout: '' });
  });

  it(
    'starts on an empty directory, serves, is backed up, stops when it is told to, and is restored',
    { timeout: 120_000 },
    async () => {
      const bridge = launch(['start'], { MONZO_BRIDGE_DATA_DIR: join(directory, 'data') });
      const outcome = outcomeOf(bridge);
      const addresses = await Promise.race([addressesFrom(bridge), outcome.then(diedEarly)]);
      for (const address of [addresses.private, addresses.public])
        assert.equal((await fetch(`${address}/healthz`)).status, 200);
      assert.equal((await fetch(`${addresses.private}/api/accounts`)).status, 401);
      const verb = (...args: readonly string[]) =>
        outcomeOf(launch(args, { MONZO_BRIDGE_DATA_DIR: join(directory, 'data') }));
      const written = await verb('backup', 'all.sqlite', '--with-key');
      assert.deepEqual([written.code, written.stderr], [0, '']);
      const listed = await verb('--url', addresses.private, 'home-assistant', 'blueprints', 'list');
      assert.deepEqual([listed.code, listed.stderr], [0, '']);
      assert.match(listed.stdout, /\blow_balance\b/);
      const refused = await verb('restore', 'all.sqlite');
      assert.equal(refused.code, 1);
      assert.match(refused.stderr, /^A bridge is running with [^\n]*Nothing was restored[^\n]*\n$/);
      assert.equal((await fetch(`${addresses.private}/healthz`)).status, 200);
      bridge.kill('SIGTERM');
      const { code, stderr } = await outcome;
      assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
      assert.ok(existsSync(join(directory, 'data', 'admin-token')));
      const restored = await verb('restore', 'all.sqlite');
      assert.deepEqual([restored.code, restored.stderr], [0, '']);
      assert.match(restored.stdout, /^The backup of .* is in place in \/.*\. Start the bridge now\./);
    },
  );

  it('keeps the heap small, starts no thread and makes no formatter, and leaves the heap to flags of the user', async () => {
    const probe = join(directory, 'probe.cjs');
    writeFileSync(probe, probeProgram);
    const seenWith = async (flags: string) => {
      const bridge = launch(['start'], {
        MONZO_BRIDGE_DATA_DIR: join(directory, 'data'),
        NODE_OPTIONS: `${flags} --require ${JSON.stringify(probe)}`,
      });
      const outcome = outcomeOf(bridge);
      await Promise.race([addressesFrom(bridge), outcome.then(diedEarly)]);
      bridge.kill('SIGTERM');
      await outcome;
      return JSON.parse(readFileSync(`${probe}.json`, 'utf8')) as unknown;
    };
    const ours = ['--semi-space-growth-factor=1', '--heap-growing-percent=20', '--memory-pool-timeout=1'];
    const toCollect = ['--expose-gc', '--no-expose-gc'];
    const others = { threads: 0, formatters: [] };
    assert.deepEqual(await seenWith(''), { ...others, flags: [...ours, ...toCollect] });
    assert.deepEqual(await seenWith('--max-old-space-size=300'), { ...others, flags: toCollect });
  });
}

async function outcomeOf(child: Bridge): Promise<Outcome> {
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => (stdout += String(chunk)));
  child.stderr.on('data', (chunk) => (stderr += String(chunk)));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}

/** Where its two listeners are, from the line in which the bridge says so. */
function addressesFrom({ stdout }: Bridge): Promise<Addresses> {
  return new Promise((resolve) => {
    createInterface({ input: stdout }).on('line', (line) => {
      // Beside the log there is the sign-in link, for the person's eyes alone.
      const said = (line.startsWith('{') ? JSON.parse(line) : {}) as Partial<Addresses>;
      if (said.private === undefined || said.public === undefined) return;
      resolve({ private: said.private, public: said.public });
    });
  });
}

function diedEarly({ code, stderr }: Outcome): never {
  throw new Error(`The bridge ended with ${code} instead of serving: ${stderr}`);
}
