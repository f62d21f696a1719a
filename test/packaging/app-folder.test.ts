import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { appOptions } from '../../src/app-settings.ts';
import { settings } from '../../src/config.ts';
import { versionOfPackage } from '../../src/environment.ts';
import { complaintsAbout, translationsSchema } from './app-schema.ts';

const root = join(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
// The Supervisor reads YAML 1.1.
const yaml = (path: string) => parse(read(path), { version: '1.1' }) as unknown;

interface AppConfig {
  readonly version: string;
  readonly ports: Readonly<Record<string, number | null>>;
  readonly backup_pre: string;
  readonly backup_post: string;
  readonly backup_exclude: readonly string[];
  readonly schema: Readonly<Record<string, string>>;
}
const config = yaml('app/config.yaml') as AppConfig;
const translations = translationsSchema.parse(yaml('app/translations/en.yaml'));

describe('the configuration of the app', () => {
  it('is what the Supervisor and the official linter accept', () => {
    assert.deepEqual(complaintsAbout(config), []);
  });

  it('has the version of the package', () => {
    assert.equal(config.version, versionOfPackage());
  });

  it('asks for Home Assistant’s API and, where there is one, its broker, and for no other right', () => {
    const keys = Object.keys(config).toSorted();
    assert.deepEqual(
      keys.filter((key) =>
        /api|role|host|access|map|devices|privileged|services|discovery|apparmor/.test(key),
      ),
      ['homeassistant_api', 'services'],
    );
    assert.deepEqual(config, { ...config, services: ['mqtt:want'], ports: { '8098/tcp': null } });
  });

  it('is backed up while it runs, by commands that the image has, without what only a process that runs needs', () => {
    const { backup_pre: before, backup_post: after, backup_exclude: excluded } = config;
    assert.deepEqual(
      [before, after],
      ['monzo-bridge backup /data/snapshot.sqlite', 'monzo-bridge backup --remove /data/snapshot.sqlite'],
    );
    // With a directory before them they would match nothing once the Supervisor compares relative paths.
    assert.deepEqual(
      excluded.filter((pattern) => pattern.includes('/')),
      [],
    );
    assert.ok(excluded.includes('monzo-bridge.sqlite*'));
  });

  it('has no option that anyone must fill', () => {
    assert.ok(!('options' in config));
    assert.deepEqual(
      Object.entries(config.schema).filter(([, type]) => !type.endsWith('?')),
      [],
    );
  });

  it('has the options that the bridge reads', () => {
    assert.deepEqual(Object.keys(config.schema), Object.keys(appOptions));
  });

  it('accepts exactly the values that the bridge accepts', () => {
    const levels = /^list\((.+)\)\?$/.exec(config.schema['log_level'] ?? '')?.[1]?.split('|') ?? [];
    assert.equal(settings.LOG_LEVEL.shape, `one of ${levels.join(', ')}`);
    assert.equal(config.schema['poll_seconds'], 'int(1,86400)?');
    const isPoll = (value: number) => settings.POLL_SECONDS.schema.safeParse(String(value)).success;
    assert.deepEqual([0, 1, 86_400, 86_401].map(isPoll), [false, true, true, false]);
  });
});

describe('the texts of the app', () => {
  it('name and describe each option and each port, and nothing else', () => {
    assert.deepEqual(
      Object.keys(translations.configuration).toSorted(),
      Object.keys(config.schema).toSorted(),
    );
    assert.deepEqual(Object.keys(translations.network), Object.keys(config.ports));
  });

  it('are explained in its documentation, each under the name that Home Assistant shows', () => {
    const documentation = read('app/DOCS.md');
    const names = Object.values(translations.configuration).map(({ name }) => name);
    assert.deepEqual(
      names.filter((name) => !documentation.includes(`**${name}**`)),
      [],
    );
  });

  it('have the changes of the project', () => {
    assert.equal(read('app/CHANGELOG.md'), read('CHANGELOG.md'));
  });

  it('link to whole addresses, because the folder is copied to a place of its own', () => {
    const documents = readdirSync(join(root, 'app'), { recursive: true, encoding: 'utf8' }).filter((path) =>
      path.endsWith('.md'),
    );
    assert.ok(documents.length >= 3);
    const links = documents.flatMap((path) =>
      [...read(join('app', path)).matchAll(/\]\(([^)\s]+)/g)].map(([, target = '']) => [path, target]),
    );
    assert.deepEqual(
      links.filter(([, target = '']) => !/^(https:\/\/|#)/.test(target)),
      [],
    );
  });
});

describe('the profile of the app', () => {
  it('is one, under the name that the Supervisor replaces', () => {
    assert.deepEqual(read('app/apparmor.txt').match(/^profile \S+/gm), ['profile monzo_bridge']);
  });
});

describe('the pictures of the app', () => {
  const sizeOf = (path: string) => {
    const png = readFileSync(join(root, path));
    assert.equal(png.toString('latin1', 1, 4), 'PNG', path);
    return [png.readUInt32BE(16), png.readUInt32BE(20)];
  };

  it('have the sizes that the store shows', () => {
    assert.deepEqual(sizeOf('app/icon.png'), [128, 128]);
    assert.deepEqual(sizeOf('app/logo.png'), [250, 100]);
  });
});

describe('the check of an app’s configuration', () => {
  const wrong: readonly (readonly [what: string, change: object, about: RegExp])[] = [
    ['an unknown key', { icon: 'mdi:bank' }, /icon/],
    ['an obsolete key', { watchdog: 'http://[HOST]:8099/healthz' }, /watchdog/],
    ['a gone architecture', { arch: ['armv7'] }, /^arch\.0/],
    ['a version that YAML reads as a number', { version: 0.1 }, /^version/],
    ['a slug with a space', { slug: 'monzo bridge' }, /^slug/],
    ['an image with its tag', { image: 'ghcr.io/someone/monzo-bridge:0.1.0' }, /^image/],
    ['a timeout beyond five minutes', { timeout: 301 }, /^timeout/],
    ['tmpfs as a text', { tmpfs: 'size=64m' }, /^tmpfs/],
    ['an unknown service', { services: ['redis:want'] }, /^services\.0/],
    ['an unknown type of an option', { schema: { log_level: 'enum(a|b)?' } }, /^schema\.log_level/],
    ['a default that is written out', { panel_admin: true }, /^panel_admin/],
    ['a switch that is off', { hassio_api: false }, /^hassio_api/],
    ['empty options', { options: {} }, /^options/],
    ['the usual port', { ingress_port: 8099 }, /^ingress_port/],
    ['a random port', { ingress_port: 0 }, /^ingress_port/],
    ['an address beside ingress', { webui: 'http://[HOST]:[PORT:8099]' }, /^ingress/],
    ['commands around a cold backup', { backup: 'cold', backup_post: 'rm' }, /^backup/],
    ['single devices beside all', { full_access: true, devices: ['/dev/null'] }, /^full_access/],
  ];
  for (const [what, change, about] of wrong)
    it(`refuses ${what}`, () => {
      const complaints = complaintsAbout({ ...config, ...change });
      assert.equal(complaints.length, 1);
      assert.match(complaints.join(), about);
    });

  for (const key of ['name', 'version', 'slug', 'description', 'arch'])
    it(`misses ${key}`, () => {
      const { [key]: _, ...rest } = config as unknown as Readonly<Record<string, unknown>>;
      assert.match(complaintsAbout(rest).join(), new RegExp(`^${key}`));
    });
});
