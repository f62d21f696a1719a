import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { z } from 'zod';
import { releaseHacs, type HacsRelease } from '../../scripts/release-hacs.ts';

const root = join(import.meta.dirname, '../..');
const version = '2.3.4';

/** A copy of what a release reads, as it is at a release, and an empty repository for HACS. */
function ready(t: TestContext) {
  const directory = mkdtempSync(join(tmpdir(), 'monzo-bridge-hacs-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const [project, store] = [join(directory, 'project'), join(directory, 'lovelace-monzo-bridge')];
  for (const path of ['hacs', 'LICENSE', 'README.md', 'CHANGELOG.md'])
    cpSync(join(root, path), join(project, path), { recursive: true });
  const change = (path: string, edit: (text: string) => string) =>
    writeFileSync(join(project, path), edit(readFileSync(join(project, path), 'utf8')));
  change('README.md', (text) => text.replaceAll('OWNER', 'Some-One'));
  change('CHANGELOG.md', (text) => text.replace('## Unreleased', `## ${version}`));
  mkdirSync(join(project, 'dist/card'), { recursive: true });
  const build = (text: string) => writeFileSync(join(project, 'dist/card/monzo-bridge.js'), text);
  build(`console.info("monzo-bridge ${version}")`);
  execFileSync('git', ['init', '--quiet', store]);
  const git = (...words: readonly string[]) =>
    execFileSync('git', ['-C', store, ...words], { encoding: 'utf8' }).trim();
  git('config', 'user.name', 'Release');
  git('config', 'user.email', 'release@example.org');
  const release: HacsRelease = { project, store, owner: 'Some-One', version };
  const inStore = (path: string) => readFileSync(join(store, path), 'utf8');
  return { release, change, build, git, inStore };
}

/** What HACS accepts of a dashboard’s description. */
const hacsSchema = z.strictObject({
  name: z.string().min(1),
  filename: z.string().endsWith('.js'),
  homeassistant: z.string().regex(/^\d{4}\.\d+\.\d+$/),
  render_readme: z.literal(true),
});

describe('the repository for HACS', () => {
  it('gets the description, the built file, the licence and a readme with the account, in one tagged commit', (t) => {
    const { release, git, inStore } = ready(t);
    assert.equal(releaseHacs(release), true);
    assert.deepEqual(git('ls-files').split('\n'), [
      'LICENSE',
      'README.md',
      'dist/monzo-bridge.js',
      'hacs.json',
    ]);
    assert.equal(git('log', '--format=%s'), `Release ${version}`);
    assert.equal(git('rev-parse', `${version}^{commit}`), git('rev-parse', 'HEAD'));
    assert.match(inStore('dist/monzo-bridge.js'), /monzo-bridge 2\.3\.4/);
    assert.match(inStore('README.md'), /github\.com\/Some-One\/lovelace-monzo-bridge/);
    assert.ok(globSync('**/*.*', { cwd: release.store }).every((path) => !inStore(path).includes('OWNER')));
  });

  it('has a file that is named like the repository, which HACS looks for in dist', (t) => {
    const { release, inStore } = ready(t);
    releaseHacs(release);
    const { filename } = hacsSchema.parse(JSON.parse(inStore('hacs.json')));
    assert.equal(filename, `${basename(release.store).replace(/^lovelace-/, '')}.js`);
    assert.deepEqual(globSync('dist/*', { cwd: release.store }), [`dist/${filename}`]);
  });

  it('is left alone by the same release again, and follows a later one', (t) => {
    const { release, change, build, git } = ready(t);
    releaseHacs(release);
    const before = git('rev-parse', 'HEAD');
    assert.equal(releaseHacs(release), false);
    assert.equal(git('rev-parse', 'HEAD'), before);
    change('CHANGELOG.md', (text) => text.replace(`## ${version}`, `## 2.4.0\n\nMore.\n\n## ${version}`));
    build('console.info("monzo-bridge 2.4.0")');
    assert.equal(releaseHacs({ ...release, version: '2.4.0' }), true);
    assert.equal(git('rev-parse', `${version}^{commit}`), before);
  });

  const nothing = { message: /Nothing was written\.$/ };
  const unready: readonly (readonly [what: string, change: Partial<HacsRelease>])[] = [
    ['a version without its heading in the changelog', { version: '2.3.5' }],
    ['no account', { owner: 'OWNER' }],
  ];
  for (const [what, change] of unready)
    it(`gets nothing for ${what}`, (t) => {
      const { release, git } = ready(t);
      assert.throws(() => releaseHacs({ ...release, ...change }), nothing);
      assert.equal(git('status', '--porcelain'), '');
      assert.deepEqual(globSync('*', { cwd: release.store }), []);
    });

  it('gets nothing while the file is missing or of another version', (t) => {
    const { release, build } = ready(t);
    build('console.info("monzo-bridge 2.3.3")');
    assert.throws(() => releaseHacs(release), { message: /run npm run build\. Nothing was written\.$/ });
    rmSync(join(release.project, 'dist'), { recursive: true });
    assert.throws(() => releaseHacs(release), nothing);
    assert.deepEqual(globSync('*', { cwd: release.store }), []);
  });
});
