import assert from 'node:assert/strict';
import { execFile, spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';

const run = promisify(execFile);
const project = join(import.meta.dirname, '../..');
const elsewhere = mkdtempSync(join(tmpdir(), 'monzo-bridge-packed-'));
const installed = join(elsewhere, 'node_modules', 'monzo-bridge');
const launcher = join(installed, 'bin', 'monzo-bridge.js');

/** Nothing of ours from outside: the bridge refuses variables it does not know. */
const environment: NodeJS.ProcessEnv = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !name.startsWith('MONZO_BRIDGE_')),
);

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

describe('the packed package, installed elsewhere', { timeout: 600_000 }, () => {
  before(async () => {
    const wasBuilt = existsSync(join(project, 'dist'));
    try {
      await run('npm', ['pack', '--pack-destination', elsewhere], { cwd: project });
    } finally {
      // In a clone the sources are the program; what was built from them would only grow old.
      if (!wasBuilt) rmSync(join(project, 'dist'), { recursive: true, force: true });
    }
    const [tarball = 'no tarball'] = globSync('*.tgz', { cwd: elsewhere });
    writeFileSync(join(elsewhere, 'package.json'), '{"private":true}');
    await run('npm', ['install', '--omit=dev', `./${tarball}`], { cwd: elsewhere, env: environment });
  });
  after(() => rmSync(elsewhere, { recursive: true, force: true }));

  it('holds the program, its papers and nothing else', () => {
    const files = globSync('**/*', { cwd: installed, exclude: ['node_modules'] });
    assert.deepEqual(
      new Set(files.map((path) => path.split(/[/\\]/)[0])),
      new Set(['CHANGELOG.md', 'LICENSE', 'README.md', 'bin', 'dist', 'package.json']),
    );
    assert.deepEqual(
      files.filter((path) => /\.test\.|\.ts$/.test(path)),
      [],
    );
    assert.ok(files.includes(join('dist', 'cli', 'main.js')));
  });

  it('puts its command where npm looks for commands', () => {
    assert.ok(existsSync(join(elsewhere, 'node_modules', '.bin', 'monzo-bridge')));
  });

  it('tells its version', async () => {
    const manifest = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8')) as { version: string };
    assert.deepEqual(await finished(['--version']), { code: 0, stdout: `${manifest.version}\n`, stderr: '' });
  });

  it('refuses a wrong setting with one line', async () => {
    const { code, stdout, stderr } = await finished(['start'], { MONZO_BRIDGE_UI_PORT: 'eighty' });
    assert.equal(code, 1);
    assert.match(stderr, /^MONZO_BRIDGE_UI_PORT must be a port number[^\n]*\n$/);
    assert.equal(stdout, '');
  });

  it('starts on an empty directory, serves, and stops when it is told to', async () => {
    const bridge = launch(['start'], {
      MONZO_BRIDGE_DATA_DIR: join(elsewhere, 'data'),
      MONZO_BRIDGE_UI_PORT: '0',
      MONZO_BRIDGE_PUBLIC_PORT: '0',
      MONZO_BRIDGE_LOG_FORMAT: 'json',
    });
    const outcome = outcomeOf(bridge);
    const addresses = await Promise.race([addressesFrom(bridge), outcome.then(diedEarly)]);
    for (const address of [addresses.private, addresses.public])
      assert.equal((await fetch(`${address}/healthz`)).status, 200);
    assert.equal((await fetch(`${addresses.private}/api/accounts`)).status, 401);
    bridge.kill('SIGTERM');
    const { code, stderr } = await outcome;
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
    assert.ok(existsSync(join(elsewhere, 'data', 'admin-token')));
  });
});

type Bridge = ChildProcessByStdio<null, Readable, Readable>;

function launch(args: readonly string[], settings: NodeJS.ProcessEnv = {}): Bridge {
  return spawn(process.execPath, [launcher, ...args], {
    cwd: elsewhere,
    env: { ...environment, ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

function finished(args: readonly string[], settings?: NodeJS.ProcessEnv): Promise<Outcome> {
  return outcomeOf(launch(args, settings));
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
function addressesFrom({ stdout }: Bridge): Promise<{ private: string; public: string }> {
  return new Promise((resolve) => {
    createInterface({ input: stdout }).on('line', (line) => {
      const said = JSON.parse(line) as { private?: string; public?: string };
      if (said.private === undefined || said.public === undefined) return;
      resolve({ private: said.private, public: said.public });
    });
  });
}

function diedEarly({ code, stderr }: Outcome): never {
  throw new Error(`The bridge ended with ${code} instead of serving: ${stderr}`);
}
