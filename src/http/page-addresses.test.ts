import assert from 'node:assert/strict';
import type { NetworkInterfaceInfo } from 'node:os';
import { describe, it } from 'node:test';
import { pageAddresses, systemMachine, type Machine } from './page-addresses.ts';

const address = (text: string): NetworkInterfaceInfo => ({
  address: text,
  ...(text.includes(':')
    ? { family: 'IPv6', netmask: 'ffff:ffff:ffff:ffff::', scopeid: text.startsWith('fe80') ? 2 : 0 }
    : { family: 'IPv4', netmask: '255.255.255.0' }),
  mac: '02:00:00:00:00:01',
  internal: text === '127.0.0.1' || text === '::1',
  cidr: null,
});

const interfaces = {
  lo: [address('127.0.0.1'), address('::1')],
  docker0: [address('172.17.0.1')],
  'br-0123456789ab': [address('172.18.0.1')],
  virbr0: [address('192.168.122.1')],
  wlan0: [address('fe80::1c2d'), address('fd12:3456::20'), address('192.168.1.21')],
  eth0: [address('2001:db8::20'), address('192.168.1.20'), address('169.254.7.7')],
  'br-lan': [address('10.0.0.1')],
};
const machine: Machine = {
  hostName: 'Pi-4.lan',
  interfaces: () => interfaces,
  isContainer: false,
  isInWindows: false,
};
const withAddresses = (...found: readonly NetworkInterfaceInfo[]): Machine => ({
  ...machine,
  interfaces: () => ({ lo: interfaces.lo, eth0: found }),
});
const container: Machine = { ...machine, hostName: '3f2a90c1b7de', isContainer: true };

interface Given {
  readonly host?: string;
  readonly names?: readonly string[];
  readonly url?: string;
  readonly isApp?: boolean;
  readonly on?: Machine;
}

const at = ({ host = '0.0.0.0', names = [], url, isApp = false, on = machine }: Given) => {
  const config = { UI_HOST: host, UI_HOSTS: names, UI_URL: url ?? null };
  return pageAddresses({ config, isApp, machine: on, port: 8099 });
};

const http = (...names: readonly string[]) => names.map((name) => `http://${name}:8099`);

describe('the addresses of the page', () => {
  it('are those of the network and the name that the machine announces', () => {
    const ipv4 = http('192.168.1.21', '192.168.1.20', '10.0.0.1', 'pi-4.local');
    assert.deepEqual(at({}).shown, ipv4);
    assert.deepEqual(at({ host: '::' }).shown, [...ipv4, ...http('[fd12:3456::20]', '[2001:db8::20]')]);
    assert.deepEqual([at({}).forOthers, at({}).complete, at({}).advice], [ipv4[0], ipv4[0], null]);
  });

  it('are one where the listener has one', () => {
    for (const [host, name] of [
      ['192.168.1.20', '192.168.1.20'],
      ['2001:db8::20', '[2001:db8::20]'],
      ['pi.lan', 'pi.lan'],
    ] as const)
      assert.deepEqual(at({ host }).shown, http(name));
  });

  it('are what a person said, wherever the bridge runs', () => {
    for (const on of [machine, container])
      for (const host of ['127.0.0.1', '0.0.0.0'])
        assert.deepEqual(at({ host, on, url: 'https://bank.example.org', names: ['nas'] }), {
          shown: ['https://bank.example.org'],
          forOthers: 'https://bank.example.org',
          complete: 'https://bank.example.org',
          advice: null,
        });
  });

  it('are this machine’s alone on the loopback address, and how to open it to others is said', () => {
    for (const [host, name] of [
      ['127.0.0.1', '127.0.0.1'],
      ['localhost', 'localhost'],
      ['::1', '[::1]'],
    ] as const) {
      const { advice, ...found } = at({ host });
      assert.deepEqual(found, { shown: http(name), forOthers: null, complete: `http://${name}:8099` });
      assert.match(advice ?? '', /set MONZO_BRIDGE_UI_HOST=0\.0\.0\.0 and restart .* never forward its port/);
    }
  });

  it('are never those of the inside of a container', () => {
    const unnamed = at({ on: container });
    assert.deepEqual(unnamed.shown, ['http://<this machine>:8099']);
    assert.deepEqual([unnamed.forOthers, unnamed.complete], [null, 'http://127.0.0.1:8099']);
    assert.match(unnamed.advice ?? '', /^Replace <this machine> .*MONZO_BRIDGE_UI_URL/);
    const named = at({ on: container, names: ['nas.example.org', 'nas'] });
    assert.deepEqual(
      [named.shown, named.forOthers],
      [http('nas.example.org'), 'http://nas.example.org:8099'],
    );
    assert.match(named.advice ?? '', /first name in MONZO_BRIDGE_UI_HOSTS/);
  });

  it('are none in a Home Assistant app, which has a place in the sidebar', () => {
    const { shown, forOthers, advice } = at({ isApp: true, on: container });
    assert.deepEqual([shown, forOthers], [[], null]);
    assert.match(advice ?? '', /sidebar of Home Assistant/);
  });

  it('are the loopback address while no other device can connect, and why is said', () => {
    const ipv6 = withAddresses(address('fe80::1c2d'), address('2001:db8::20'));
    const inWindows = withAddresses({ ...address('172.24.97.12'), netmask: '255.255.240.0' });
    for (const [on, why] of [
      [withAddresses(address('fe80::1c2d')), /no network address/],
      [ipv6, /IPv6 addresses alone.* Set MONZO_BRIDGE_UI_HOST=::/],
      [{ ...inWindows, isInWindows: true }, /networkingMode=mirrored/],
    ] as const) {
      const { shown, forOthers, advice } = at({ on });
      assert.deepEqual([shown, forOthers], [http('127.0.0.1'), null]);
      assert.match(advice ?? '', why);
    }
    // With IPv6 turned off there is no [::1], and a listener on all addresses takes IPv4 too.
    assert.equal(at({ on: withAddresses(), host: '::' }).complete, 'http://127.0.0.1:8099');
    assert.deepEqual(at({ on: ipv6, host: '::' }).shown, http('pi-4.local', '[2001:db8::20]'));
    // The same addresses elsewhere are a home's, and WSL may share those of Windows.
    assert.deepEqual(at({ on: inWindows }).shown, http('172.24.97.12', 'pi-4.local'));
    assert.deepEqual(at({ on: { ...machine, isInWindows: true } }).shown, at({}).shown);
  });
});

describe('a machine', () => {
  const on = (container: string | undefined, marks: readonly string[] = [], kernel = '6.12.0') =>
    systemMachine({ container }, { exists: (path) => marks.includes(String(path)), kernel });

  it('is a container where an engine for programs says so, and not where a whole system runs in one', () => {
    for (const engine of ['oci', 'podman', 'docker']) assert.ok(on(engine).isContainer, engine);
    for (const mark of ['/.dockerenv', '/run/.containerenv'])
      assert.ok(on(undefined, [mark]).isContainer, mark);
    for (const system of [undefined, '', 'lxc', 'systemd-nspawn'])
      assert.ok(!on(system).isContainer, system ?? 'none');
  });

  it('is inside Windows where its kernel is', () => {
    assert.ok(on(undefined, [], '6.6.87.2-microsoft-standard-WSL2').isInWindows);
    assert.ok(!on(undefined).isInWindows);
  });
});
