import assert from 'node:assert/strict';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { buildImage, buildSecret, image, release } from './build.ts';
import { mustPodman, run } from './tools.ts';

interface Inspected {
  readonly Size: number;
  readonly RootFS: { readonly Layers: readonly string[] };
  readonly Labels: Readonly<Record<string, string>>;
  readonly Config: Readonly<Record<string, unknown>>;
  readonly Healthcheck: unknown;
}

async function inspect(name: string): Promise<Inspected> {
  const [found] = JSON.parse(await mustPodman('image', 'inspect', name)) as readonly Inspected[];
  assert.ok(found);
  return found;
}

const megabyte = 1_000_000;

/** All that may be in the image: whatever else turns up has to be thought about. */
const expected = [
  /^etc\/(passwd|group|nsswitch\.conf)$/,
  /^(usr\/)?lib(64)?\/([\w-]+\/)?(ld-linux[\w.-]*|lib[\w+-]+)\.so(\.[\d.]+)?$/,
  /^usr\/share\/common-licenses\/L?(GPL|GFDL|Artistic)[\d.-]*$/,
  /^usr\/share\/doc\/[\w.+-]+\/copyright$/,
  /^usr\/local\/bin\/(node|monzo-bridge)$/,
  /^app\/(LICENSE|package\.json|bin\/monzo-bridge\.js)$/,
  /^app\/blueprints\/(index\.json|automation\/monzo-bridge\/\w+\.yaml)$/,
  /^app\/dist\/[\w-]+\.js$/,
  /^app\/dist\/(licences\.md|components\.cdx\.json|built-from\.txt)$/,
  /^app\/dist\/compiled\/[\w.-]+\/[0-9a-f]{8}$/,
  /^app\/dist\/card\/(monzo-bridge\.js|licences\.md)$/,
  /^app\/dist\/web\/(service-worker\.js(\.gz)?|app\.webmanifest|icons\/\w+\.png)$/,
  /^app\/dist\/web\/(index\.html(\.gz)?|licences\.md|assets\/[\w.-]+\.(js|css|svg|png|woff2)(\.gz)?)$/,
];

describe('what is in the image', { timeout: 300_000 }, () => {
  const directory = mkdtempSync(join(tmpdir(), 'monzo-bridge-layers-'));
  let layers: readonly string[] = [];
  let entries: readonly { readonly mode: string; readonly owner: string; readonly path: string }[] = [];

  before(async () => {
    await mustPodman('save', '--quiet', '--format', 'docker-dir', '--output', directory, image);
    const isLayer = (path: string) => readFileSync(path).subarray(257, 262).toString() === 'ustar';
    layers = globSync('*', { cwd: directory })
      .map((name) => join(directory, name))
      .filter(isLayer);
    const lists = layers.map(async (path) => (await run('tar', ['--numeric-owner', '-tvf', path])).out);
    entries = (await Promise.all(lists))
      .join('')
      .matchAll(/^(\S+) (\S+) +\d+ \S+ \S+ (.+?)\/?(?: -> .*)?$/gm)
      .map(([, mode = '', owner = '', path = '']) => ({ mode, owner, path }))
      .toArray();
  });
  after(() => rmSync(directory, { recursive: true, force: true }));

  it('is Node, its libraries and the built bridge, and nothing else', () => {
    const files = entries.filter(({ mode }) => !mode.startsWith('d')).map(({ path }) => path);
    assert.ok(files.length > 50, `${files.length} files`);
    assert.deepEqual(
      files.filter((path) => !expected.some((pattern) => pattern.test(path))),
      [],
    );
  });

  it('belongs to root, and cannot be changed or used to become root by anyone else', () => {
    const isGiven = ({ path }: { readonly path: string }) => path === 'data';
    const open = ({ mode, path }: { readonly mode: string; readonly path: string }) =>
      path !== 'tmp' && !mode.startsWith('l') && (/^.{5}w|^.{8}w/.test(mode) || /s/i.test(mode));
    const rest = entries.filter((entry) => !isGiven(entry));
    assert.deepEqual(
      rest.filter(({ owner }) => owner !== '0/0'),
      [],
    );
    assert.deepEqual(rest.filter(open), []);
    assert.deepEqual(entries.filter(isGiven), [{ mode: 'drwxrwx---', owner: '1000/0', path: 'data' }]);
  });

  it('holds no secret of the build in any layer', () => {
    assert.ok(layers.length > 0);
    for (const layer of layers) {
      const bytes = readFileSync(layer);
      for (const secret of [buildSecret, 'monzo-bridge-build', '_authToken'])
        assert.equal(bytes.indexOf(secret), -1, `${secret} in a layer`);
    }
  });

  it('takes at most 220 megabytes', async (t) => {
    const { Size } = await inspect(image);
    t.diagnostic(`${(Size / megabyte).toFixed(0)} MB uncompressed`);
    assert.ok(Size <= 220 * megabyte, `${Size} bytes`);
  });

  it('says what it is', async () => {
    const { Labels } = await inspect(image);
    const begins = (prefix: string) =>
      Object.fromEntries(Object.entries(Labels).filter(([name]) => name.startsWith(prefix)));
    assert.deepEqual(begins('io.hass.'), {
      'io.hass.type': 'app',
      'io.hass.name': 'Monzo bridge',
      'io.hass.description': 'Connects Monzo bank logins to Home Assistant',
      'io.hass.version': release.VERSION,
      'io.hass.arch': release.HASS_ARCH,
    });
    assert.deepEqual(begins('org.opencontainers.image.'), {
      'org.opencontainers.image.title': 'Monzo bridge',
      'org.opencontainers.image.description': 'Connects Monzo bank logins to Home Assistant, MQTT and HTTP',
      'org.opencontainers.image.licenses': 'Apache-2.0',
      'org.opencontainers.image.version': release.VERSION,
      'org.opencontainers.image.revision': release.REVISION,
      'org.opencontainers.image.created': release.CREATED,
      'org.opencontainers.image.source': release.SOURCE,
      'org.opencontainers.image.url': release.SOURCE,
    });
  });

  it('says how it is run', async () => {
    const { Config, Healthcheck } = await inspect(image);
    assert.deepEqual(
      ['Entrypoint', 'Cmd', 'User', 'ExposedPorts', 'Volumes', 'WorkingDir'].map((name) => Config[name]),
      [
        ['node', '/app/bin/monzo-bridge.js'],
        ['start'],
        undefined,
        { '8098/tcp': {}, '8099/tcp': {} },
        { '/data': {} },
        '/app',
      ],
    );
    const second = 1_000_000_000;
    assert.deepEqual(Healthcheck, {
      Test: ['CMD', 'node', '/app/bin/monzo-bridge.js', 'healthy'],
      Interval: 30 * second,
      Timeout: 5 * second,
      StartPeriod: 60 * second,
      Retries: 3,
    });
  });

  it('lists its components: the libraries that are built in, Node and those that Node needs', async () => {
    const layer = layers.toSorted((a, b) => readFileSync(b).length - readFileSync(a).length)[0] ?? '';
    const { out } = await run('tar', ['-xOf', layer, 'app/dist/components.cdx.json']);
    const { components } = JSON.parse(out) as { components: { purl: string; version: string }[] };
    const purls = components.map(({ purl }) => purl);
    assert.ok(purls.includes(`pkg:generic/node@${process.versions.node}`));
    for (const name of ['npm/fastify', 'npm/chart.js', 'deb/debian/libc6', 'deb/debian/libatomic1'])
      assert.equal(purls.filter((purl) => purl.startsWith(`pkg:${name}@`)).length, 1, name);
    assert.deepEqual(
      components.filter(({ version }) => version === ''),
      [],
    );
    const libraries = entries.filter(({ path }) => /\.so/.test(path));
    const terms = entries.filter(({ path }) => path.endsWith('/copyright'));
    const texts = (await run('tar', ['-xOf', layer, ...terms.map(({ path }) => path)])).out;
    const named = new Set(texts.match(/usr\/share\/common-licenses\/[\w.-]*\w/g));
    assert.ok(named.has('usr/share/common-licenses/LGPL-2.1'));
    assert.deepEqual(
      [...named].filter((name) => !entries.some(({ path }) => path === name)),
      [],
    );
    assert.ok(
      libraries.length >= 6 && terms.length >= 4,
      `${libraries.length} libraries, ${terms.length} terms`,
    );
  });
});

describe('the same sources', { timeout: 600_000 }, () => {
  it('make the same image, built anew', async () => {
    const again = await buildImage({ tag: `${image}-again`, isAnew: true });
    const [first, second] = [await inspect(image), await inspect(again)];
    assert.deepEqual(second.RootFS.Layers, first.RootFS.Layers);
    assert.deepEqual(second.Config, first.Config);
  });
});
