import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../support/until.ts';

/**
 * A machine of its own that systemd runs: this one's files below a layer in memory, with processes, network and host name
 * of its own. Needs root, and Linux. What is done in it is gone with it.
 */
export interface Machine {
  /** Runs lines of a shell as root, and gives what they print. Throws what they complain about where one fails. */
  sh(lines: string): string;
  /** The properties of the service, by their names. */
  service(): Readonly<Record<string, string>>;
  stop(): void;
}

/** What a machine with a package of sudo does, as far as the documents use it. */
const sudo = `#!/bin/sh
test "$1" = -u || exec "$@"
user=$2
shift 2
exec setpriv --reuid "$user" --regid "$user" --clear-groups "$@"
`;

/** Until systemd is process 1. */
const boot = `set -eu
mount --make-rprivate /
mount -t tmpfs tmpfs "$0"
mkdir "$0/upper" "$0/work" "$0/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$0/upper,workdir=$0/work" "$0/root"
cd "$0/root"
mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
for place in run tmp dev; do mount -t tmpfs tmpfs "$place"; done
for name in null zero full random urandom tty; do touch "dev/$name"; mount --bind "/dev/$name" "dev/$name"; done
mkdir dev/pts
mount -t devpts devpts dev/pts -o newinstance,ptmxmode=0666
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
mkdir -p usr/local/bin mnt
cp "$1/node" "$1/sudo" usr/local/bin/
cp "$1/package.tgz" mnt/
echo 0123456789abcdef0123456789abcdef > etc/machine-id
mkdir -p mnt/before
pivot_root . mnt/before
umount -l /mnt/before
export container=other
exec /lib/systemd/systemd --system --unit=basic.target
`;

/** Starts one with the pinned Node and a packed program in /mnt/package.tgz; `directory` must be empty. */
export async function startMachine(directory: string, tarball: string): Promise<Machine> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0)
    throw new Error('A machine that systemd runs can only be made as root on Linux.');
  if (!existsSync('/lib/systemd/systemd')) spawnSync('apt-get', ['install', '--yes', '--quiet', 'systemd']);
  const [root, files] = [join(directory, 'root'), join(directory, 'files')];
  for (const path of [root, files]) mkdirSync(path);
  copyFileSync(process.execPath, join(files, 'node'));
  copyFileSync(tarball, join(files, 'package.tgz'));
  writeFileSync(join(files, 'sudo'), sudo, { mode: 0o755 });
  // It ends with the test, also where that is killed.
  const dying = ['--pdeathsig', 'KILL', 'unshare'];
  const apart = ['--mount', '--pid', '--fork', '--kill-child', '--uts', '--ipc', '--cgroup', '--net'];
  const first = spawn('setpriv', [...dying, ...apart, 'sh', '-c', boot, root, files], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [first.stdout, first.stderr]) stream.on('data', (text) => (said += String(text)));

  const isOver = () => first.exitCode !== null || first.signalCode !== null;
  const processOne = () => {
    const children = `/proc/${first.pid}/task/${first.pid}/children`;
    return isOver() ? '' : readFileSync(children, 'utf8').trim();
  };
  const run = (lines: string) => {
    const env = {
      PATH: '/usr/local/bin:/usr/local/sbin:/usr/bin:/usr/sbin:/bin:/sbin',
      HOME: '/mnt',
      LC_ALL: 'C',
    };
    const one = processOne();
    if (one === '')
      return { status: null, stdout: '', stderr: `There is no such machine (any more). ${said}` };
    const words = ['--target', one, '--all', 'sh', '-euc', `cd /mnt\n${lines}`];
    return spawnSync('nsenter', words, { env, encoding: 'utf8' });
  };
  const sh = (lines: string) => {
    const { status, stdout, stderr } = run(lines);
    if (status !== 0) throw new Error(`${lines} ended with ${status}: ${stdout}${stderr}`);
    return stdout;
  };
  await until('systemd runs', () => {
    if (isOver()) throw new Error(`The machine does not start: ${said}`);
    return /running|degraded/.test(run('systemctl is-system-running').stdout);
  });
  return {
    sh,
    service: () =>
      Object.fromEntries(
        sh('systemctl show monzo-bridge')
          .split('\n')
          .map((line) => [line.split('=', 1)[0] ?? '', line.slice(line.indexOf('=') + 1)]),
      ),
    stop: () => {
      const one = Number(processOne());
      if (one > 1) process.kill(one, 'SIGKILL');
    },
  };
}
