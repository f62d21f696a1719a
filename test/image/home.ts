import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { findProgram, installPackages, run as runOrThrow } from '../home-assistant/processes.ts';
import { temporaryDirectory, type Cleaner } from '../support/process.ts';
import { ensureBase } from './base.ts';
import { image } from './build.ts';
import {
  cacheDirectory,
  globalOptions,
  limits,
  mustBuildah,
  mustPodman,
  podman,
  run,
  type Ended,
} from './tools.ts';

/**
 * A home with two machines, each a network namespace with an address of its own: one runs containers, the other is somebody's
 * phone. Ports and firewall rules are those of the first alone, so that all lines can be tried as they are written.
 */
export interface Home {
  /** The address of the machine with the containers, as the phone sees it. */
  readonly address: string;
  /** A copy of what is in the repository for those who run containers. */
  readonly directory: string;
  /** Runs lines of a shell there; `docker` is podman. */
  shell(lines: string): Promise<Ended>;
  /** Runs a module on the phone, given this value as `given`; resolves with what it passes to `tell`. */
  onPhone<T>(module: string, given: object): Promise<T>;
}

const project = join(import.meta.dirname, '../..');

/** What the lines use beside podman: the packages of Debian by a program of each. */
const packages = [
  ['iptables', 'iptables'],
  ['ip', 'iproute2'],
  ['nsenter', 'util-linux'],
] as const;

const composeVersion = '1.6.0';

/** Installs podman's own compose once per machine. Returns its path. */
async function ensureCompose(): Promise<string> {
  const environment = join(cacheDirectory(), `compose-${composeVersion}`);
  const program = join(environment, 'bin/podman-compose');
  if (existsSync(program)) return program;
  const make = () => runOrThrow({ file: 'python3', args: ['-m', 'venv', environment] });
  await make().catch(async () => {
    await installPackages(['python3-venv']);
    await make();
  });
  const pip = ['-m', 'pip', 'install', '--quiet', `podman-compose==${composeVersion}`];
  await runOrThrow({ file: join(environment, 'bin/python'), args: pip });
  return program;
}

/** The name in compose.yaml, whose image cannot be had without a registry. */
const mosquitto = 'docker.io/library/eclipse-mosquitto:2';

const entryPoint =
  '#!/bin/sh\nset -e\nif [ "$(id -u)" = 0 ]; then chown -R mosquitto:mosquitto /mosquitto || true; fi\nexec "$@"\n';

/** Debian's Mosquitto in the place of the official image, with its user, directories, entry point and command. */
function ensureMosquitto(): Promise<void> {
  return ensureImage(mosquitto, { 'docker-entrypoint.sh': entryPoint }, [
    'RUN groupadd --gid 1883 mosquitto && useradd --uid 1883 --gid mosquitto --no-create-home mosquitto',
    install('mosquitto mosquitto-clients'),
    'RUN mkdir -p /mosquitto/config /mosquitto/data /mosquitto/log && chown -R mosquitto:mosquitto /mosquitto',
    'COPY --chmod=755 docker-entrypoint.sh /',
    'VOLUME ["/mosquitto/data", "/mosquitto/log"]',
    'ENTRYPOINT ["/docker-entrypoint.sh"]',
    'CMD ["/usr/sbin/mosquitto", "-c", "/mosquitto/config/mosquitto.conf"]',
  ]);
}

/** How Docker's own compose reads compose.yaml, as JSON text; it needs no Docker for that. */
export async function readByDocker(): Promise<string> {
  const name = 'localhost/monzo-bridge-docker-compose:latest';
  await ensureImage(name, {}, [install('docker-compose')]);
  const words = ['--volume', `${project}:/read:ro`, '--workdir', '/read', name];
  return mustPodman(
    'run',
    '--rm',
    '--network',
    'none',
    ...limits,
    ...words,
    'docker-compose',
    'config',
    '--format',
    'json',
  );
}

const install = (packages: string) =>
  `RUN apt-get update -q && apt-get install -y -q --no-install-recommends ${packages}`;

/** Builds an image once per machine, on the base of this suite. */
async function ensureImage(
  tag: string,
  files: Readonly<Record<string, string>>,
  lines: readonly string[],
): Promise<void> {
  if ((await podman(['image', 'exists', tag])).code === 0) return;
  const base = await ensureBase();
  const directory = mkdtempSync(join(tmpdir(), 'monzo-bridge-image-'));
  try {
    const dockerfile = `${[`FROM ${base}`, ...lines].join('\n')}\n`;
    for (const [name, text] of Object.entries({ ...files, Dockerfile: dockerfile }))
      writeFileSync(join(directory, name), text);
    const manner = '--isolation chroot --network host --pull-never --format docker'.split(' ');
    await mustBuildah('build', ...manner, '--tag', tag, directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Makes the home; everything in it is gone with the test. */
export async function createHome(t: Cleaner): Promise<Home> {
  for (const [program, name] of packages)
    if ((await findProgram(program)) === undefined) await installPackages([name]);
  const compose = await ensureCompose();
  await ensureMosquitto();
  const id = randomBytes(3).toString('hex');
  const [machine, phone] = [`mb-machine-${id}`, `mb-phone-${id}`];
  // Taken down in the reverse order.
  const everything = new AsyncDisposableStack();
  t.after(() => everything.disposeAsync());
  const later: Cleaner = { after: (fn) => everything.defer(async () => void (await fn())) };
  const directory = temporaryDirectory(later);
  const address = await connectMachines(later, { machine, phone, id });
  cpSync(join(project, 'compose.yaml'), join(directory, 'compose.yaml'));
  cpSync(join(project, 'mosquitto'), join(directory, 'mosquitto'), { recursive: true });
  const bin = writeDocker(directory, { machine, compose });
  const shell = async (lines: string) => {
    const path = [bin, process.env['PATH'] ?? ''].join(delimiter);
    return run('sh', ['-e', '-c', `PATH='${path}'; cd '${directory}'; ${lines}`]);
  };
  const clear = async () => {
    await shell('docker compose down --volumes || true; docker rm --force --volumes monzo-bridge || true');
    await podman(['volume', 'rm', '--force', 'monzo-bridge']);
  };
  // A run that was killed leaves containers behind.
  await clear();
  later.after(clear);
  await mustPodman('tag', image, 'localhost/monzo-bridge:latest');
  return {
    address,
    directory,
    shell,
    onPhone: async <T>(module: string, given: object) => {
      const head = `const given = JSON.parse(process.argv[1]); const tell = (told) => process.stdout.write(JSON.stringify(told));`;
      const words = [`--net=/run/netns/${phone}`, process.execPath, '--input-type=module', '--eval'];
      const child = spawn('nsenter', [...words, head + module, JSON.stringify(given)], { cwd: project });
      const texts = { out: '', errors: '' };
      child.stdout.setEncoding('utf8').on('data', (text: string) => (texts.out += text));
      child.stderr.setEncoding('utf8').on('data', (text: string) => (texts.errors += text));
      const code = await new Promise((resolve) => child.once('close', resolve));
      if (code !== 0) throw new Error(`The phone failed with ${String(code)}: ${texts.errors}`);
      return JSON.parse(texts.out) as T;
    },
  };
}

interface Machines {
  readonly machine: string;
  readonly phone: string;
  readonly id: string;
}

/** Two namespaces with a cable between them. Returns the address of the machine. */
async function connectMachines(t: Cleaner, { machine, phone, id }: Machines): Promise<string> {
  const ip = (words: string) => runOrThrow({ file: 'ip', args: words.split(' ') });
  for (const name of [machine, phone]) {
    await ip(`netns add ${name}`);
    t.after(() => ip(`netns delete ${name}`));
    await ip(`-n ${name} link set lo up`);
  }
  await ip(`link add mbm${id} netns ${machine} type veth peer name mbp${id} netns ${phone}`);
  const address = '198.51.100.20';
  for (const [name, device, own] of [
    [machine, `mbm${id}`, address],
    [phone, `mbp${id}`, '198.51.100.21'],
  ] as const) {
    await ip(`-n ${name} address add ${own}/24 dev ${device}`);
    await ip(`-n ${name} link set ${device} up`);
  }
  return address;
}

/** A program `docker` that is podman on that machine, and podman's compose. The image is built already, as all tests use it. */
function writeDocker(directory: string, { machine, compose }: { machine: string; compose: string }): string {
  // Not `ip netns exec`, which mounts /sys anew: runc then finds no control groups.
  const bin = join(directory, 'bin');
  mkdirSync(bin);
  const engine = `nsenter --net=/run/netns/${machine} podman ${globalOptions('podman').join(' ')}`;
  const files = {
    engine: `exec ${engine} "$@"`,
    docker: [
      'verb=$1; shift',
      'case $verb in',
      'build) ;;',
      `run) exec ${engine} run ${limits.join(' ')} "$@" ;;`,
      `compose) exec ${compose} --podman-path ${bin}/engine --podman-run-args='${limits.join(' ')}' "$@" ;;`,
      `*) exec ${engine} "$verb" "$@" ;;`,
      'esac',
    ].join('\n'),
  };
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(bin, name), 0o755);
  }
  return bin;
}
