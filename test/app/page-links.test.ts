import assert from 'node:assert/strict';
import type { NetworkInterfaceInfo } from 'node:os';
import { describe, it } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { decodeQR } from 'qr/decode.js';
import { pageAddress } from '../../src/app/outputs.ts';
import { readConfig } from '../../src/config.ts';
import { linkSchema } from '../../src/contract/login-data.ts';
import type { Environment } from '../../src/environment.ts';
import type { Machine } from '../../src/http/page-addresses.ts';
import { answered } from '../support/people.ts';
import { createWorld, type World } from '../support/world.ts';
import { runOnTerminal } from './cli-run.ts';
import { rawRequest } from './http-request.ts';

/** Links to the page, as `monzo-bridge link` prints them on machines of many kinds. */

const network = (...addresses: readonly string[]): Machine['interfaces'] => {
  const found = addresses.map((address): NetworkInterfaceInfo => ({
    address,
    family: 'IPv4',
    netmask: '255.255.255.0',
    mac: '02:00:00:00:00:01',
    internal: false,
    cidr: null,
  }));
  return () => ({ eth0: found });
};
const atHome: Machine = {
  hostName: 'pi',
  interfaces: network('192.168.1.20', '10.0.0.5'),
  isContainer: false,
  isInWindows: false,
};
const inContainer: Machine = {
  hostName: '3f2a90c1b7de',
  interfaces: network('172.17.0.2'),
  isContainer: true,
  isInWindows: false,
};
const open = { MONZO_BRIDGE_UI_HOST: '0.0.0.0' };

const port = (world: World) => new URL(world.app().uiUrl).port;

const link = (world: World, ...flags: readonly string[]) => {
  const env = { MONZO_BRIDGE_DATA_DIR: world.directory, MONZO_BRIDGE_UI_PORT: port(world) };
  return answered(
    world,
    runOnTerminal([...flags, 'link'], { cwd: world.directory, clock: world.clock, env }),
  );
};

/** What a camera reads from a code that was drawn with half blocks, dark on light. */
function photographed(picture: string): string {
  const rows = picture
    .split('\n')
    .filter((line) => /[█▀▄]/.test(line))
    .map((line) => stripVTControlCharacters(line).split(''))
    .flatMap((line) => [line.map((half) => '█▀'.includes(half)), line.map((half) => '█▄'.includes(half))]);
  const zoom = 4;
  const quiet = 4 * zoom;
  const width = (rows[0]?.length ?? 0) * zoom + 2 * quiet;
  const height = rows.length * zoom + 2 * quiet;
  const data = new Uint8Array(width * height * 4).fill(255);
  for (let y = 0; y < rows.length * zoom; y += 1)
    for (let x = 0; x < width - 2 * quiet; x += 1)
      if (rows[Math.floor(y / zoom)]?.[Math.floor(x / zoom)] === true)
        data.fill(0, ((y + quiet) * width + x + quiet) * 4, ((y + quiet) * width + x + quiet) * 4 + 3);
  return decodeQR({ width, height, data });
}

describe('the address behind “Visit” in Home Assistant', () => {
  const at = (environment: Environment, machine: Machine, listening = 'http://127.0.0.1:8099') => {
    const config = readConfig({ environment, readFile: () => '' });
    return pageAddress({ config, machine }, { listening, supervisor: null });
  };

  it('is what was set, the listener’s own, or the machine’s name', () => {
    const set = { MONZO_BRIDGE_UI_URL: 'https://bank.example.org' };
    assert.equal(at({ ...open, ...set }, inContainer), 'https://bank.example.org');
    assert.equal(at({}, atHome), 'http://127.0.0.1:8099');
    assert.equal(at(open, atHome), 'http://pi:8099');
    assert.equal(at(open, atHome, ''), '');
  });

  it('is left out in a container whose machine is unknown', () => {
    assert.equal(at(open, inContainer), '');
    assert.equal(at({ ...open, MONZO_BRIDGE_UI_HOSTS: 'nas,nas.lan' }, inContainer), 'http://nas:8099');
  });
});

describe('the links to the page', () => {
  it('name every address of the machine, share one code, and the first is drawn for a phone', async () => {
    await using world = await createWorld({ settings: open, machine: atHome });
    const { code, out, err } = await link(world);
    assert.equal(code, 0);
    const links = out.trimEnd().split('\n');
    assert.deepEqual(
      links.map((one) => one.split('/#code=')[0]),
      ['192.168.1.20', '10.0.0.5', 'pi.local'].map((name) => `http://${name}:${port(world)}`),
    );
    const codes = new Set(links.map((one) => one.split('#code=')[1]));
    assert.equal(codes.size, 1);
    assert.equal(photographed(err), links[0]);
    const [shown = ''] = codes;
    const signIn = async () => {
      const headers = { 'content-type': 'application/json', host: `pi.local:${port(world)}` };
      const body = JSON.stringify({ code: shown });
      return (await rawRequest(`${world.app().uiUrl}/api/session`, { method: 'POST', headers, body })).status;
    };
    assert.deepEqual([await signIn(), await signIn()], [204, 401]);
    assert.ok(!world.logLines.join('').includes(shown));
  });

  it('say in a container what to replace, and nothing is drawn that does not open', async () => {
    await using world = await createWorld({ settings: open, machine: inContainer });
    const { out, err } = await link(world);
    assert.match(out, new RegExp(`^http://<this machine>:${port(world)}/#code=\\S{43}\\n$`));
    assert.match(err, /^Replace <this machine> with the name or the IP address .*\n$/);
    assert.doesNotMatch(out + err, /172\.17|3f2a90c1b7de/);
  });

  it('have in a container the name that was set', async () => {
    const settings = { ...open, MONZO_BRIDGE_UI_HOSTS: 'nas.example.org,other.example.org' };
    await using world = await createWorld({ settings, machine: inContainer });
    const { out, err } = await link(world);
    assert.match(out, new RegExp(`^http://nas\\.example\\.org:${port(world)}/#code=\\S{43}\\n$`));
    assert.equal(photographed(err), out.trimEnd());
    const headers = { host: 'nas.example.org' };
    assert.equal((await rawRequest(`${world.app().uiUrl}/healthz`, { headers })).status, 200);
  });

  it('say on the loopback address how other devices can open it', async () => {
    await using world = await createWorld({ machine: atHome });
    const { out, err } = await link(world);
    assert.match(out, new RegExp(`^http://127\\.0\\.0\\.1:${port(world)}/#code=\\S{43}\\n$`));
    assert.match(err, /^Only this machine can open the page\..*MONZO_BRIDGE_UI_HOST=0\.0\.0\.0.*\n$/);
  });

  it('wait for a bridge that is starting, and not for ever', async () => {
    await using world = await createWorld({ machine: atHome });
    const env = { MONZO_BRIDGE_DATA_DIR: world.directory, MONZO_BRIDGE_UI_PORT: port(world) };
    const ask = async (refusals: number) => {
      let refused = 0;
      const fetch: typeof globalThis.fetch = async (...asked) => {
        refused += 1;
        if (refused > refusals) return globalThis.fetch(...asked);
        throw new TypeError('fetch failed', {
          cause: Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }),
        });
      };
      const began = world.clock.now();
      const options = { cwd: world.directory, clock: world.clock, env, fetch };
      const ran = await answered(world, runOnTerminal(['link'], options));
      return { ...ran, waited: world.clock.now() - began };
    };
    const early = await ask(3);
    assert.deepEqual([early.code, /#code=/.test(early.out)], [0, true]);
    assert.match(early.err, /^No bridge answers yet; waiting half a minute for one that is starting …\nOnly/);
    const none = await ask(Infinity);
    assert.deepEqual([none.code, none.out], [1, '']);
    assert.match(none.err, /No bridge answers at .*Start it with: monzo-bridge start\n$/);
    assert.ok(none.waited >= 30_000 && none.waited < 40_000, `${none.waited} ms`);
  });

  it('are for programs as well, without a picture', async () => {
    await using world = await createWorld({ settings: open, machine: atHome });
    const { out, err } = await link(world, '--json');
    const { url, links, qr } = linkSchema.parse(JSON.parse(out));
    assert.deepEqual([links[0], qr, links.length, err], [url, url, 3, '']);
  });
});
