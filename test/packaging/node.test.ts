import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';

interface LockedPackage {
  readonly engines?: Readonly<Record<string, string>>;
  readonly version?: string;
  readonly integrity?: string;
  readonly hasInstallScript?: boolean;
  readonly link?: boolean;
  readonly optional?: boolean;
  readonly dev?: boolean;
}

interface Manifest {
  readonly devEngines: { readonly runtime: { readonly name: string; readonly version: string } };
  readonly version: string;
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
}

const root = join(import.meta.dirname, '../..');
const text = (path: string) => readFileSync(join(root, path), 'utf8');
const read = (path: string): unknown => JSON.parse(text(path));
const manifest = read('package.json') as Manifest;
const pinned = read('tools/node/package.json') as Manifest;
const { packages } = read('package-lock.json') as {
  readonly packages: Readonly<Record<string, LockedPackage>>;
};
const directory = mkdtempSync(join(tmpdir(), 'monzo-bridge-node-'));

/** The guard as it is where another version is pinned. */
function guardFor(version: string): string {
  const guarded = join(directory, 'tools', version);
  cpSync(join(root, 'tools/node'), guarded, { recursive: true });
  writeFileSync(join(guarded, 'package.json'), JSON.stringify({ ...pinned, version }));
  return join(guarded, 'only.cjs');
}

const started = join(directory, 'script.cjs');
writeFileSync(started, "process.stdout.write('started\\n');");

function run(args: readonly string[]): { readonly status: number | null; readonly said: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  return { status, said: stdout + stderr };
}

describe('the Node of the scripts', () => {
  after(() => rmSync(directory, { recursive: true, force: true }));

  it('is checked before every script does anything', () => {
    const isGuarded = (command: string) =>
      /^(node -r \.\/tools\/node\/only\.cjs |node tools\/node\/only\.cjs && \w|npm (run|test) )/.test(
        command,
      );
    // Once the first command has passed, the others run on the same Node.
    const unguarded = Object.entries(manifest.scripts).filter(([, command]) => !isGuarded(command));
    assert.deepEqual(unguarded, []);
    assert.ok(Object.keys(manifest.scripts).length > 20);
  });

  it('is refused with one sentence where it is another one, and nothing runs', () => {
    const other = guardFor('1.2.3');
    const begins = `This script needs Node.js 1.2.3, and this is ${process.versions.node}: run npm ci `;
    const refused = (ending: RegExp) => {
      for (const args of [['-r', other, started], [other]]) {
        const { status, said } = run(args);
        assert.equal(status, 1);
        assert.ok(said.startsWith(begins), said);
        assert.match(said, ending);
        assert.equal(said.trim().split('\n').length, 1);
      }
    };
    refused(/first, which installs it\.\n$/);
    mkdirSync(join(directory, 'node_modules/monzo-bridge-node'), { recursive: true });
    refused(/again, which installs it, and if that does not help, .*find out why\)\.\n$/);
  });

  it('runs the scripts where it is the pinned one', () => {
    const own = join(root, 'tools/node/only.cjs');
    assert.equal(process.versions.node, pinned.version);
    assert.deepEqual(run(['-r', own, started]), { status: 0, said: 'started\n' });
    assert.deepEqual(run([own]), { status: 0, said: '' });
  });

  it('comes with an integrity hash for every platform, in the one version that is pinned', () => {
    const platforms = Object.keys(pinned.optionalDependencies);
    assert.ok(platforms.length >= 5);
    for (const name of platforms) {
      const locked = packages[`node_modules/${name}`];
      assert.equal(pinned.optionalDependencies[name], pinned.version);
      assert.equal(locked?.version, pinned.version);
      assert.match(locked?.integrity ?? '', /^sha512-[\w+/]{86}==$/);
      assert.deepEqual({ optional: locked?.optional, dev: locked?.dev }, { optional: true, dev: true });
    }
  });

  it('is never a dependency of those who install the program, and no library is: they are built in', () => {
    assert.equal(manifest.devDependencies['monzo-bridge-node'], 'file:tools/node');
    assert.equal(manifest.optionalDependencies, undefined);
    assert.equal(manifest.dependencies, undefined);
  });
});

/** Whether a range of versions holds one; only what packages write in `engines`. Throws on anything else. */
function accepts(range: string, version: string): boolean {
  const parts = (of: string) => [...of.split('.').map(Number), 0, 0].slice(0, 3);
  const wanted = parts(version);
  const isAtLeast = (least: readonly number[]) => {
    const index = wanted.findIndex((part, place) => part !== least[place]);
    return index === -1 || (wanted[index] ?? 0) > (least[index] ?? 0);
  };
  return range.split('||').some((alternative) =>
    [...alternative.matchAll(/(\^|>=|<)?\s*v?([\d.]+|\*)/g)].every(([, sign, of = '']) => {
      if (of === '*') return true;
      const least = parts(of);
      if (sign === '<') return !isAtLeast(least);
      return isAtLeast(least) && (sign === '>=' || wanted[0] === least[0]);
    }),
  );
}

describe('the lockfile', () => {
  it('has an integrity hash for every package that is not ours', () => {
    const ours = new Set(['', 'tools/node', 'node_modules/monzo-bridge-node']);
    const loose = Object.entries(packages).filter(([path, { integrity }]) => !ours.has(path) && !integrity);
    assert.deepEqual(loose, []);
  });

  it('makes npm warn of no package on the oldest Node that the README asks for', () => {
    const [, oldest = ''] = /Node\.js\]\([^)]+\) (\S+) or later and npm/.exec(text('README.md')) ?? [];
    assert.deepEqual(manifest.devEngines.runtime, { name: 'node', version: `>=${oldest}`, onFail: 'warn' });
    // Without what npm leaves out by itself where it does not fit.
    const asking = Object.entries(packages).filter(
      ([path, { optional }]) => path !== '' && optional !== true,
    );
    const refusing = asking.filter(([, { engines }]) => !accepts(engines?.['node'] ?? '*', oldest));
    const remedy = 'take "engines" of these out of package-lock.json: they run on the pinned Node (ADR 0015)';
    assert.deepEqual(
      refusing.map(([path]) => path),
      [],
      remedy,
    );
    assert.deepEqual(
      ['^22.0.0 || >=24', '>=20.20', '21', '^20.0.0'].map((range) => accepts(range, '20.19.0')),
      [false, false, false, true],
    );
  });

  it('names no package that runs anything while it is installed', () => {
    const running = Object.entries(packages).filter(([, { hasInstallScript }]) => hasInstallScript === true);
    assert.deepEqual(running, []);
  });

  it('is of exact versions only', () => {
    const ranges = Object.entries(manifest.devDependencies).filter(
      ([, version]) => !/^(\d+\.\d+\.\d+|file:tools\/node)$/.test(version),
    );
    assert.deepEqual(ranges, []);
  });
});
