import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { exitCodeForPerson } from '../../src/errors.ts';

/** What a person reads whose machine has an older Node: `old-node` brings real ones, by the hashes in its lockfile. */

const root = join(import.meta.dirname, '../..');
const elsewhere = mkdtempSync(join(tmpdir(), 'monzo-bridge-old-node-'));
const clone = join(elsewhere, 'clone');
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  readonly scripts: Readonly<Record<string, string>>;
};

/** What npm runs first of a script. */
function firstOf(name: string): string {
  const command = scripts[`pre${name}`] ?? scripts[name] ?? assert.fail(`no script ${name}`);
  const other = /^npm (?:run )?(?:--silent )?([\w:]+)/.exec(command)?.[1];
  return other === undefined ? command : firstOf(other);
}

function run(node: string, [program = '', ...words]: readonly string[]) {
  const env = { PATH: `${dirname(node)}:/usr/bin:/bin` };
  const { status, stdout, stderr } = spawnSync(program, words, { cwd: clone, env, encoding: 'utf8' });
  return { status, stdout, lines: stderr.trimEnd().split('\n') };
}

describe('an older Node', { timeout: 600_000 }, () => {
  let nodes: readonly (readonly [version: string, path: string])[] = [];
  before(() => {
    for (const path of ['package.json', 'bin', 'tools', 'scripts', 'src'])
      cpSync(join(root, path), join(clone, path), { recursive: true });
    cpSync(join(import.meta.dirname, 'old-node'), join(elsewhere, 'nodes'), { recursive: true });
    execFileSync('npm', ['ci', '--no-bin-links'], { cwd: join(elsewhere, 'nodes'), stdio: 'pipe' });
    nodes = globSync(join(elsewhere, 'nodes/node_modules/*/bin/node')).map((path) => [
      execFileSync(path, ['--version'], { encoding: 'utf8' }).trim().slice(1),
      path,
    ]);
  });
  after(() => rmSync(elsewhere, { recursive: true, force: true }));

  it('is every major version that people still have', () => {
    assert.deepEqual(nodes.map(([version]) => version.split('.')[0]).toSorted(), ['18', '20', '22', '24']);
  });

  it('is named by the command in one sentence, in a checkout', () => {
    for (const [version, node] of nodes)
      for (const words of [['start'], ['--version'], []]) {
        const said = run(node, [node, 'bin/monzo-bridge.js', ...words]);
        const sentence = `monzo-bridge needs Node.js 26 or later, and this is ${version}. Install a newer one from https://nodejs.org, or use the container image.`;
        assert.deepEqual(said, { status: exitCodeForPerson, stdout: '', lines: [sentence] });
      }
  });

  it('is named by every script in one sentence, which says how to get the right one', () => {
    const commands = new Set(Object.keys(scripts).map(firstOf));
    assert.ok(commands.size > 20);
    for (const [version, node] of nodes)
      for (const command of commands) {
        const { status, stdout, lines } = run(node, ['/bin/sh', '-c', command]);
        const sentence = `and this is ${version}: run npm ci first, which installs it.`;
        assert.deepEqual([status, stdout, lines.length], [1, '', 1], `${command}: ${lines.join('\n')}`);
        assert.match(lines[0] ?? '', /^This script needs Node\.js /);
        assert.ok(lines[0]?.endsWith(sentence), command);
      }
  });
});
