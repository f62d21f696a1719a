import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  existsSync,
  globSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';

const project = join(import.meta.dirname, '../..');
const clone = mkdtempSync(join(tmpdir(), 'monzo-bridge-built-'));

/** What `npm start` does before it starts. Returns what it says. */
function buildIfChanged(): string {
  const build = [join(clone, 'scripts/build.ts'), '--if-changed'];
  const { status, stdout, stderr } = spawnSync(process.execPath, build, { cwd: clone, encoding: 'utf8' });
  assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
  return stdout;
}

const says = 'Building the bridge, because its sources have changed.\n';

describe('a fresh clone', { timeout: 300_000 }, () => {
  for (const name of [
    'src',
    'web',
    'card',
    'scripts',
    'package.json',
    'package-lock.json',
    'vite.config.ts',
    'tsconfig.json',
  ])
    cpSync(join(project, name), join(clone, name), { recursive: true });
  symlinkSync(join(project, 'node_modules'), join(clone, 'node_modules'));
  after(() => rmSync(clone, { recursive: true, force: true }));

  it('is built at the first start, and again only after a source has changed', () => {
    assert.equal(buildIfChanged(), says);
    assert.ok(existsSync(join(clone, 'dist/launch.js')));
    for (const file of ['web/index.html', 'card/monzo-bridge.js'])
      assert.ok(existsSync(join(clone, 'dist', file)), file);
    for (const file of globSync('dist/*.js', { cwd: clone }))
      assert.doesNotMatch(readFileSync(join(clone, file), 'utf8'), /[^\0-\x7f]/, `${file} is in ASCII`);
    assert.equal(buildIfChanged(), '');
    appendFileSync(join(clone, 'src/clock.ts'), '\nexport const changed = true;\n');
    assert.equal(buildIfChanged(), says);
    assert.equal(buildIfChanged(), '');
  });

  it('is built anew where a build was interrupted', () => {
    rmSync(join(clone, 'dist/built-from.txt'));
    assert.equal(buildIfChanged(), says);
  });
});
