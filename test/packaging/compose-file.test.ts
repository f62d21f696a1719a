import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { z } from 'zod';
import { readConfig } from '../../src/config.ts';

/** compose.yaml and what it mounts; test/image/compose.test.ts runs it. */

const root = join(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

const serviceSchema = z.object({
  image: z.string(),
  restart: z.string(),
  environment: z.record(z.string(), z.union([z.string(), z.number()])).default({}),
  ports: z.array(z.string()).default([]),
  volumes: z.array(z.string()),
});
const file = z
  .object({ services: z.record(z.string(), serviceSchema), volumes: z.record(z.string(), z.null()) })
  .parse(parse(read('compose.yaml')));

const lines = (text: string) => text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));

describe('compose.yaml', () => {
  it('gives the users of its broker the rights that the documents advise', () => {
    const [, advised = ''] = /```\n# \/etc\/mosquitto\/acl\n(.*?)```/s.exec(read('docs/security.md')) ?? [];
    assert.deepEqual(lines(read('mosquitto/acl')), lines(advised));
    assert.ok(lines(read('mosquitto/mosquitto.conf')).includes('allow_anonymous false'));
  });

  it('mounts what is there, and sets what the bridge knows', () => {
    for (const { volumes } of Object.values(file.services))
      for (const volume of volumes) {
        const [from = ''] = volume.split(':');
        assert.ok(from.startsWith('./') ? existsSync(join(root, from)) : from in file.volumes, volume);
      }
    const given = Object.entries(file.services['monzo-bridge']?.environment ?? {});
    const environment = Object.fromEntries(given.map(([name, value]) => [name, String(value)]));
    const config = readConfig({ environment, readFile: () => 'mqtt://monzo-bridge:secret@mosquitto:1883' });
    assert.equal(config.MQTT_URL, 'mqtt://monzo-bridge:secret@mosquitto:1883');
    assert.ok('mosquitto' in file.services, 'the host of that address');
  });

  it('opens to the home what is meant for it, and starts again by itself', () => {
    const open = Object.values(file.services).flatMap(({ ports }) => ports);
    assert.deepEqual(open.toSorted(), ['127.0.0.1:8098:8098', '1883:1883', '8099:8099']);
    const lasting = Object.entries(file.services).filter(([name]) => name !== 'mosquitto-users');
    for (const [name, { restart }] of lasting) assert.equal(restart, 'unless-stopped', name);
  });

  it('is cloned on Windows with the line ends that a shell and the broker understand', () => {
    assert.match(read('.gitattributes'), /^\* text=auto eol=lf$/m);
  });

  it('holds no password', () => {
    for (const path of ['compose.yaml', 'mosquitto/acl', 'mosquitto/mosquitto.conf', 'mosquitto/users.sh'])
      assert.doesNotMatch(read(path), /:\/\/[^\s:%]+:[^\s%@]+@|password['"]?\s*[:=]\s*['"]?\w/i, path);
  });
});
