import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { parse } from 'yaml';
import { askRegistry, releaseApp, type Release } from '../../scripts/release-app.ts';
import { complaintsAbout } from './app-schema.ts';

const root = join(import.meta.dirname, '../..');
const both = ['linux/amd64', 'linux/arm64'];

/** A copy of what a release reads, as it is at a release, and an empty store. */
function ready(t: TestContext) {
  const directory = mkdtempSync(join(tmpdir(), 'monzo-bridge-store-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const [project, store] = [join(directory, 'project'), join(directory, 'store')];
  for (const path of ['app', 'README.md', 'CHANGELOG.md'])
    cpSync(join(root, path), join(project, path), { recursive: true, verbatimSymlinks: true });
  const change = (path: string, edit: (text: string) => string) =>
    writeFileSync(join(project, path), edit(readFileSync(join(project, path), 'utf8')));
  change('README.md', (text) => text.replaceAll('OWNER', 'Some-One'));
  change('CHANGELOG.md', (text) => text.replace('## Unreleased', '## 2.3.4'));
  execFileSync('git', ['init', '--quiet', store]);
  const git = (...words: readonly string[]) =>
    execFileSync('git', ['-C', store, ...words], { encoding: 'utf8' }).trim();
  git('config', 'user.name', 'Release');
  git('config', 'user.email', 'release@example.org');
  const asked: string[] = [];
  const platformsOf = (image: string) => {
    asked.push(image);
    return both;
  };
  const release: Release = {
    project,
    store,
    owner: 'Some-One',
    version: '2.3.4',
    isEdge: false,
    platformsOf,
  };
  const inStore = (path: string) => readFileSync(join(store, path), 'utf8');
  return { release, change, git, asked, inStore };
}

const nothing = { message: /Nothing was written\.$/ };

describe('the store of the app', () => {
  it('gets the version, the image and the account, in one commit', (t) => {
    const { release, git, asked, inStore } = ready(t);
    assert.equal(releaseApp(release), true);
    assert.deepEqual(asked, ['ghcr.io/some-one/monzo-bridge:2.3.4']);
    assert.equal(git('log', '--format=%s'), 'Release Monzo bridge 2.3.4');
    assert.equal(git('status', '--porcelain'), '');
    const config = parse(inStore('monzo_bridge/config.yaml'), { version: '1.1' }) as Record<string, unknown>;
    assert.deepEqual(complaintsAbout(config), []);
    assert.deepEqual(
      [config['version'], config['image'], config['url']],
      ['2.3.4', 'ghcr.io/some-one/monzo-bridge', 'https://github.com/Some-One/monzo-bridge'],
    );
    assert.deepEqual(parse(inStore('repository.yaml')), {
      name: 'Monzo bridge',
      url: 'https://github.com/Some-One/monzo-bridge',
      maintainer: 'Some-One',
    });
    assert.match(inStore('README.md'), /repository_url=https%3A%2F%2Fgithub\.com%2FSome-One%2F/);
  });

  it('gets whole files, all of them, and no link to elsewhere', (t) => {
    const { release, git, inStore } = ready(t);
    releaseApp(release);
    assert.match(git('ls-files', '--stage'), /^(100644 .+\n?)+$/);
    const files = globSync('**/*.*', { cwd: release.store }).toSorted();
    assert.deepEqual(files, [
      'README.md',
      ...['CHANGELOG.md', 'DOCS.md', 'README.md', 'apparmor.txt', 'config.yaml', 'icon.png', 'logo.png'].map(
        (name) => `monzo_bridge/${name}`,
      ),
      'monzo_bridge/translations/en.yaml',
      'repository.yaml',
    ]);
    assert.ok(inStore('monzo_bridge/CHANGELOG.md').includes('## 2.3.4'));
    const picture = (directory: string) => statSync(join(directory, 'icon.png')).size;
    assert.equal(picture(join(release.store, 'monzo_bridge')), picture(join(root, 'app')));
    assert.ok(files.every((path) => !inStore(path).includes('OWNER')));
  });

  it('is left alone by the same release again, and follows a later one', (t) => {
    const { release, change, git } = ready(t);
    releaseApp(release);
    const [before] = [git('rev-parse', 'HEAD')];
    assert.equal(releaseApp(release), false);
    assert.equal(git('rev-parse', 'HEAD'), before);
    rmSync(join(release.project, 'app/logo.png'));
    change('CHANGELOG.md', (text) => text.replace('## 2.3.4', '## 2.4.0\n\nMore.\n\n## 2.3.4'));
    assert.equal(releaseApp({ ...release, version: '2.4.0' }), true);
    assert.match(git('show', '--name-status', '--format='), /^D\tmonzo_bridge\/logo\.png$/m);
  });

  it('has the next version beside the app, with a name and data of its own', (t) => {
    const { release, inStore } = ready(t);
    releaseApp(release);
    releaseApp({ ...release, isEdge: true, version: '2.4.0-edge.7' });
    const [stable, edge] = ['monzo_bridge', 'monzo_bridge_edge'].map(
      (slug) => parse(inStore(`${slug}/config.yaml`), { version: '1.1' }) as Record<string, unknown>,
    );
    assert.deepEqual(complaintsAbout(edge), []);
    assert.equal(stable?.['version'], '2.3.4');
    assert.deepEqual(edge, {
      ...stable,
      name: 'Monzo bridge (edge)',
      slug: 'monzo_bridge_edge',
      version: '2.4.0-edge.7',
      panel_title: 'Monzo edge',
    });
  });

  const unready: readonly (readonly [what: string, change: Partial<Release>])[] = [
    ['an image that is there for one platform alone', { platformsOf: () => ['linux/amd64'] }],
    ['an image that is not there', { platformsOf: askRegistry('git no-such-word IMAGE') }],
    ['a registry that cannot be asked', { platformsOf: askRegistry('no-such-program IMAGE') }],
    ['a version without its heading in the changelog', { version: '2.3.5' }],
    ['a version of the other kind', { version: '2.3.4-edge.1' }],
    ['no account', { owner: 'OWNER' }],
    ['an account that is an address', { owner: 'https://github.com/someone' }],
  ];
  for (const [what, change] of unready)
    it(`gets nothing for ${what}`, (t) => {
      const { release, git } = ready(t);
      assert.throws(() => releaseApp({ ...release, ...change }), nothing);
      assert.equal(git('status', '--porcelain'), '');
      assert.deepEqual(globSync('*', { cwd: release.store }), []);
    });

  it('gets nothing while the readme names no account, or the checkout has changes', (t) => {
    const { release, change } = ready(t);
    writeFileSync(join(release.store, 'notes.txt'), 'mine');
    assert.throws(() => releaseApp(release), nothing);
    rmSync(join(release.store, 'notes.txt'));
    change('README.md', (text) => `${text}\nOWNER\n`);
    assert.throws(() => releaseApp(release), nothing);
    assert.deepEqual(globSync('*', { cwd: release.store }), []);
  });
});

it('the registry’s index says for which platforms an image is there', () => {
  const platform = (os: string, architecture: string) => ({ platform: { os, architecture } });
  const index = {
    manifests: [
      platform('linux', 'amd64'),
      platform('linux', 'arm64'),
      // What is signed about the image, and no image.
      platform('unknown', 'unknown'),
    ],
  };
  const directory = mkdtempSync(join(tmpdir(), 'monzo-bridge-index-'));
  try {
    writeFileSync(join(directory, 'ghcr.io:1.0.0'), JSON.stringify(index));
    assert.deepEqual(askRegistry(`cat ${directory}/IMAGE`)('ghcr.io:1.0.0').slice(0, 2), both);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

interface PublicFields {
  readonly repository: { readonly url: string };
  readonly bugs: { readonly url: string };
  readonly homepage: string;
  readonly keywords: readonly string[];
  readonly publishConfig: unknown;
}

describe('the package', () => {
  const publish = (t: TestContext, owner: string, author = owner) => {
    const directory = mkdtempSync(join(tmpdir(), 'monzo-bridge-publish-'));
    t.after(() => rmSync(directory, { recursive: true, force: true }));
    symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'));
    cpSync(join(root, 'scripts/release-package.ts'), join(directory, 'scripts/release-package.ts'));
    const manifest = readFileSync(join(root, 'package.json'), 'utf8');
    const url = /github\.com\/[\w-]+\/monzo-bridge/g;
    writeFileSync(join(directory, 'package.json'), manifest.replace(url, `github.com/${owner}/monzo-bridge`));
    const blueprints = join(directory, 'blueprints');
    mkdirSync(blueprints);
    writeFileSync(join(blueprints, 'one.yaml'), `source_url: https://github.com/${author}/monzo-bridge/one`);
    const words = [join(directory, 'scripts/release-package.ts')];
    const { status, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' });
    return { status, stderr };
  };

  it('is not published before it says who publishes it', (t) => {
    const { status, stderr } = publish(t, 'OWNER');
    assert.equal(status, 1);
    assert.match(stderr, /^package\.json still says OWNER in [^\n]+ Nothing was published\.\n$/);
    assert.deepEqual(publish(t, 'Some-One'), { status: 0, stderr: '' });
    const unnamed = publish(t, 'Some-One', 'OWNER');
    assert.equal(unnamed.status, 1);
    assert.match(
      unnamed.stderr,
      /^The addresses of 1 blueprints still say OWNER: [^\n]+ Nothing was published\.\n$/,
    );
  });

  it('says where it comes from, and asks for a statement of its provenance', () => {
    const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as PublicFields;
    const { repository, bugs, homepage, publishConfig, keywords } = manifest;
    const place = /^(git\+)?https:\/\/github\.com\/[\w-]+\/monzo-bridge(\.git|\/issues|#readme)$/;
    for (const url of [repository.url, bugs.url, homepage]) assert.match(url, place);
    assert.deepEqual(publishConfig, { access: 'public', provenance: true });
    assert.ok(keywords.length >= 5);
  });
});
