import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { commandTests } from './command.ts';
import { serviceTests } from './service.ts';

const run = promisify(execFile);
const project = join(import.meta.dirname, '../..');
const elsewhere = mkdtempSync(join(tmpdir(), 'monzo-bridge-packed-'));
const installed = join(elsewhere, 'node_modules', 'monzo-bridge');

const manifestText = () => readFileSync(join(installed, 'package.json'), 'utf8');
const textOf = (name: string) => readFileSync(join(installed, 'dist', name), 'utf8');

const tarball = () => join(elsewhere, globSync('*.tgz', { cwd: elsewhere })[0] ?? 'no tarball');

interface ComponentList {
  readonly components: readonly {
    readonly group?: string;
    readonly name: string;
    readonly version: string;
    readonly purl: string;
    readonly hashes?: readonly { readonly content: string }[];
    readonly licenses?: readonly { readonly expression: string }[];
  }[];
}

/** The built files that are loaded with one of them. */
function loadedBy(name: string, found = new Set<string>()): ReadonlySet<string> {
  if (found.has(name)) return found;
  found.add(name);
  for (const [, next = ''] of textOf(name).matchAll(/^(?:import|export) [^;]*?"\.\/([^"]+)";$/gm))
    loadedBy(next, found);
  return found;
}

describe('the packed package, installed elsewhere', { timeout: 600_000 }, () => {
  before(async () => {
    const wasBuilt = existsSync(join(project, 'dist'));
    try {
      await run('npm', ['pack', '--pack-destination', elsewhere], { cwd: project });
    } finally {
      if (!wasBuilt) rmSync(join(project, 'dist'), { recursive: true, force: true });
    }
    writeFileSync(join(elsewhere, 'package.json'), '{"private":true}');
    await run('npm', ['install', '--omit=dev', tarball()], { cwd: elsewhere });
  });
  after(() => rmSync(elsewhere, { recursive: true, force: true }));

  it('holds the program, its papers and nothing else', () => {
    const files = globSync('**/*', { cwd: installed, exclude: ['node_modules'] });
    assert.deepEqual(
      new Set(files.map((path) => path.split(/[/\\]/)[0])),
      new Set(['CHANGELOG.md', 'LICENSE', 'README.md', 'bin', 'blueprints', 'dist', 'package.json']),
    );
    assert.deepEqual(
      files.filter((path) => /\.test\.|\.ts$/.test(path)),
      [],
    );
    // Nobody imports it: it is started as a thread.
    assert.ok(files.includes(join('dist', 'query-worker.js')));
  });

  it('has its libraries built in, with their licences', () => {
    assert.deepEqual(globSync('*', { cwd: join(elsewhere, 'node_modules') }), ['monzo-bridge']);
    const licences = readFileSync(join(installed, 'dist', 'licences.md'), 'utf8');
    for (const name of ['fastify', 'mqtt', 'zod', 'pino'])
      assert.match(licences, new RegExp(`^## ${name} -`, 'm'));
  });

  it('lists exactly the components that are built into the program, the page and the dashboard’s file', () => {
    const licences = `${textOf('licences.md')}${textOf('web/licences.md')}${textOf('card/licences.md')}`;
    const named = [...licences.matchAll(/^## (\S+) - (\S+) \(/gm)].map(
      ([, name, version]) => `${name} ${version}`,
    );
    const list = JSON.parse(textOf('components.cdx.json')) as ComponentList;
    const listed = list.components.map(
      ({ group, name, version }) => `${group === undefined ? '' : `${group}/`}${name} ${version}`,
    );
    assert.deepEqual(new Set(listed), new Set(named));
    assert.equal(new Set(listed).size, listed.length);
    for (const { purl, hashes, licenses } of list.components) {
      assert.match(hashes?.[0]?.content ?? '', /^[0-9a-f]{128}$/, purl);
      assert.match(licenses?.[0]?.expression ?? '', /^[\w. ()-]+$/, purl);
    }
    assert.ok(listed.some((component) => component.startsWith('chart.js ')));
    assert.doesNotMatch(listed.join(), /typescript|playwright/);
  });

  it('checks a database in a process of its own, and not by starting itself again', () => {
    const [program = 'none', ...more] = globSync('dist/*.js', { cwd: installed }).filter((path) =>
      /spawn\(process\.execPath,\s*\[\s*import\.meta\.filename/.test(
        readFileSync(join(installed, path), 'utf8'),
      ),
    );
    assert.deepEqual(more, []);
    const damaged = join(elsewhere, 'damaged.sqlite');
    writeFileSync(damaged, 'This is no database. '.repeat(1_000));
    const { status, stdout } = spawnSync(
      process.execPath,
      [join(installed, program), damaged, 'quick_check'],
      {
        encoding: 'utf8',
      },
    );
    assert.deepEqual({ status, stdout }, { status: 3, stdout: '' });
  });

  it('loads neither the web server nor the command line before the bridge starts', () => {
    const before = loadedBy('main.js');
    const later = ['public.js', 'private.js', 'program.js', 'query-worker.js'];
    for (const name of later) assert.ok(existsSync(join(installed, 'dist', name)), name);
    assert.ok(before.has('rows.js'), [...before].join());
    assert.deepEqual(
      later.filter((name) => before.has(name)),
      [],
    );
    for (const name of before) assert.doesNotMatch(textOf(name), /node_modules\/fastify\/fastify\.js/, name);
  });

  it('has nothing in it that publint would report', async () => {
    const publint = join(project, 'node_modules/publint/src/cli.js');
    const { stdout } = await run(process.execPath, [publint, 'run', installed, '--strict', '--no-pack']);
    assert.match(stdout, /All good!/);
  });

  it('is installed for all users without a warning', async () => {
    const prefix = join(elsewhere, 'everyone');
    const { stderr } = await run('npm', ['install', '--global', '--prefix', prefix, tarball()]);
    assert.equal(stderr, '');
    const { stdout } = await run(join(prefix, 'bin/monzo-bridge'), ['--version'], { cwd: prefix });
    assert.equal(stdout.trim(), (JSON.parse(manifestText()) as { version: string }).version);
  });

  it('puts its command where npm looks for commands', () => {
    assert.ok(existsSync(join(elsewhere, 'node_modules', '.bin', 'monzo-bridge')));
  });

  commandTests({ launcher: join(installed, 'bin', 'monzo-bridge.js'), directory: elsewhere });
  serviceTests(join(elsewhere, 'machine'), tarball);
});
