import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addresses, homeAddress, hostsFile } from './addresses.ts';

/**
 * Runs the tests in namespaces of their own for network and mounts, which end with the last process in them: no address
 * is taken on the machine, nothing outside can be reached, and its files in /etc stay as they are.
 */
const script = [
  'set -e',
  'PATH="$PATH:/usr/sbin:/sbin"',
  'mount --bind "$0/hosts" /etc/hosts',
  'mount --bind "$0/resolv.conf" /etc/resolv.conf',
  'ip link set lo up',
  ...Object.values(addresses).map((address) => `ip address add ${address}/32 dev lo`),
  // Home Assistant takes for its own the address from which it would reach this one; all others are refused at once.
  `ip address add ${homeAddress}/24 dev lo`,
  `ip route add 8.8.8.8 dev lo src ${homeAddress}`,
  'exec "$@"',
].join('\n');

const directory = mkdtempSync(join(tmpdir(), 'monzo-bridge-hosts-'));
try {
  writeFileSync(join(directory, 'hosts'), hostsFile());
  // Where nobody answers, at once.
  writeFileSync(join(directory, 'resolv.conf'), 'nameserver 127.0.0.1\n');
  const given = process.argv.slice(2);
  const files = given.length > 0 ? given : ['test/supervised/*.test.ts'];
  const tests = [process.execPath, 'scripts/test.ts', '--concurrency=1', ...files];
  const args = ['--net', '--mount', 'sh', '-c', script, directory, ...tests];
  const { status, error } = spawnSync('unshare', args, { stdio: 'inherit' });
  if (error) throw error;
  process.exitCode = status ?? 1;
} finally {
  rmSync(directory, { recursive: true, force: true });
}
