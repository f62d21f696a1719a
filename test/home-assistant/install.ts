import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { installPackages, findProgram, isRoot, run, succeeds } from './processes.ts';
import type { Command } from './processes.ts';
import { fillEnvironment } from './requirements.ts';

/** The version of Home Assistant the suite is run against. */
export const HOME_ASSISTANT_VERSION = '2026.11.0';

/** How Home Assistant was made available. */
export type Way = 'python' | 'container' | 'chroot';

export type Environment = Readonly<Record<string, string>>;

const assigned = (environment: Environment) =>
  Object.entries(environment).map(([name, value]) => `${name}=${value}`);

/** A Home Assistant that can be started. */
export interface Installation {
  readonly version: string;
  readonly way: Way;
  /** Everything the suite keeps between runs. */
  readonly cacheDirectory: string;
  /** Configuration directories must be made below this one: it is what Home Assistant can reach. */
  readonly workDirectory: string;
  /** Starts Home Assistant on a configuration directory below `workDirectory`, with these variables beside our own. */
  command(configDirectory: string, environment?: Environment): Command;
  /** What Home Assistant calls a path below `workDirectory`. */
  inside(path: string): string;
  /** Kills, with no grace, what `command` started for this directory, where killing the process is not enough. */
  kill?(configDirectory: string): Command;
  /** Runs Home Assistant's own Python with these arguments; standard input and output are passed through. */
  python(args: readonly string[], environment?: Environment): Command;
  /** Where `further-packages.ts` puts what more integrations need; null where Home Assistant has all that any needs. */
  readonly furtherDirectory: string | null;
}

const markerSchema = z.object({
  version: z.string(),
  way: z.enum(['python', 'container', 'chroot']),
  program: z.string(),
});
type Marker = z.infer<typeof markerSchema>;

const INSIDE = { environment: '/opt/ha', work: '/srv/home-assistant', further: '/opt/further' };

function log(step: string): void {
  process.stderr.write(`home-assistant: ${step}\n`);
}

function cacheDirectory(): string {
  const own = process.env['MONZO_BRIDGE_HASS_CACHE'];
  const shared = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  return own || join(shared, 'monzo-bridge', `home-assistant-${HOME_ASSISTANT_VERSION}`);
}

/**
 * Makes Home Assistant available, once per machine, and says how to run it.
 * In this order: a Python new enough, a container engine, a small root of Debian testing entered with chroot.
 * Throws one clear line when none of them is possible.
 */
export async function installHomeAssistant(): Promise<Installation> {
  const cache = cacheDirectory();
  const marker = await readMarker(cache);
  if (marker !== undefined && marker.version === HOME_ASSISTANT_VERSION) return installation(cache, marker);
  await removeHalfInstall(cache);
  await mkdir(cache, { recursive: true });
  const made = await install(cache);
  await writeFile(join(cache, 'complete.json'), JSON.stringify(made));
  log(`ready (${made.way})`);
  return installation(cache, made);
}

/** Whether `installHomeAssistant` has nothing left to do. */
export async function isHomeAssistantInstalled(): Promise<boolean> {
  return (await readMarker(cacheDirectory()))?.version === HOME_ASSISTANT_VERSION;
}

async function readMarker(cache: string): Promise<Marker | undefined> {
  try {
    return markerSchema.parse(JSON.parse(await readFile(join(cache, 'complete.json'), 'utf8')));
  } catch {
    return undefined;
  }
}

async function removeHalfInstall(cache: string): Promise<void> {
  const mounts = await readFile('/proc/mounts', 'utf8').catch(() => '');
  if (mounts.split('\n').some((line) => line.split(' ')[1]?.startsWith(`${cache}/`))) {
    throw new Error(
      `Something is mounted below ${cache}: unmount it before Home Assistant is installed again.`,
    );
  }
  await rm(cache, { recursive: true, force: true });
}

async function install(cache: string): Promise<Marker> {
  const version = HOME_ASSISTANT_VERSION;
  const python = await findPython();
  if (python !== undefined) {
    await installWithPython(cache, python);
    return { version, way: 'python', program: python };
  }
  const engine = await findEngine();
  if (engine !== undefined) {
    log(`pulling the official image with ${engine}`);
    // An engine that some other suite has installed may reach no registry.
    if (await succeeds({ file: engine, args: ['pull', image()] }, 15 * 60_000))
      return { version, way: 'container', program: engine };
    log('it could not be pulled');
  }
  if (!isRoot() || (await findProgram('apt-get')) === undefined) {
    throw new Error(
      'Home Assistant needs Python 3.14.2 or newer (python3.14 on PATH, or HASS_PYTHON), a docker or podman that can pull its image, or root on Debian.',
    );
  }
  await installWithChroot(cache);
  return { version, way: 'chroot', program: 'chroot' };
}

async function findPython(): Promise<string | undefined> {
  const path = process.env['HASS_PYTHON'] || (await findProgram('python3.14'));
  const check = 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 14, 2))';
  return path !== undefined && (await succeeds({ file: path, args: ['-c', check] })) ? path : undefined;
}

async function findEngine(): Promise<string | undefined> {
  for (const name of ['docker', 'podman']) {
    const path = await findProgram(name);
    if (path !== undefined && (await succeeds({ file: path, args: ['info'] }))) return path;
  }
  return undefined;
}

function image(): string {
  return `homeassistant/home-assistant:${HOME_ASSISTANT_VERSION}`;
}

async function installWithPython(cache: string, python: string): Promise<void> {
  const environment = join(cache, 'venv');
  log(`making a virtual environment with ${python}`);
  await run({ file: python, args: ['-m', 'venv', environment] });
  await fillEnvironment({
    version: HOME_ASSISTANT_VERSION,
    environment,
    pip: (args) => ({ file: join(environment, 'bin', 'python'), args: ['-m', 'pip', ...args] }),
    inside: (path) => path,
    log,
  });
}

const DEBIAN_PACKAGES = ['python3.14', 'python3.14-venv', 'ca-certificates', 'libffi8', 'libssl3t64'];

async function installWithChroot(cache: string): Promise<void> {
  const root = join(cache, 'root');
  if ((await findProgram('debootstrap')) === undefined) {
    log('installing debootstrap and mosquitto');
    await installPackages(['debootstrap', 'mosquitto']);
  }
  log('making a small root of Debian testing');
  // The last word names debootstrap's own script: an older Debian has none for forky, and sid's fits.
  const options = ['--variant=minbase', `--include=${DEBIAN_PACKAGES.join(',')}`];
  const args = ['debootstrap', ...options, 'forky', root, await debianMirror(), 'sid'];
  await run({ file: 'unshare', args: ['--mount', ...args] });
  await copyMachineSettings(root);
  log('making a virtual environment inside it');
  await run(enter(root, ['python3.14', '-m', 'venv', INSIDE.environment]));
  await mkdir(join(root, INSIDE.work), { recursive: true });
  await fillEnvironment({
    version: HOME_ASSISTANT_VERSION,
    environment: join(root, INSIDE.environment),
    pip: (args) => enter(root, [`${INSIDE.environment}/bin/python`, '-m', 'pip', ...args]),
    inside: (path) => path.slice(root.length),
    log,
  });
}

/** The mirror this machine itself uses for Debian, from apt's own sources. */
export async function debianMirror(): Promise<string> {
  const indexes = async () =>
    run({ file: 'apt-get', args: ['indextargets', '--format', '$(ORIGIN)|$(LABEL)|$(REPO_URI)'] });
  const find = (lines: string) => lines.split('\n').find((line) => line.startsWith('Debian|Debian|'));
  let line = find(await indexes());
  if (line === undefined) {
    await run({ file: 'apt-get', args: ['update', '-q'] });
    line = find(await indexes());
  }
  const mirror = line?.split('|')[2];
  if (!mirror)
    throw new Error("apt's sources name no Debian mirror: a root for Home Assistant cannot be made.");
  return mirror;
}

/** What Python and pip need inside the root to reach the network the way this machine does. */
async function copyMachineSettings(root: string): Promise<void> {
  const certificates = ['PIP_CERT', 'SSL_CERT_FILE', 'REQUESTS_CA_BUNDLE'].map((name) => process.env[name]);
  const pip = ['/etc/pip.conf', join(homedir(), '.config/pip/pip.conf'), process.env['PIP_CONFIG_FILE']];
  const network = ['/etc/resolv.conf', '/etc/hosts', '/etc/ssl/certs/ca-certificates.crt'];
  for (const path of new Set([...network, ...pip, ...certificates])) {
    if (!path?.startsWith('/')) continue;
    await mkdir(dirname(join(root, path)), { recursive: true });
    await cp(path, join(root, path), { dereference: true }).catch(() => undefined);
  }
}

/**
 * A command inside the root, which finds the hosts that this process finds. All is mounted in a mount namespace of its
 * own, so that nothing is left mounted afterwards: deleting the cache must never reach the machine's devices.
 */
function enter(root: string, args: readonly string[]): Command {
  const names = ['/etc/hosts', '/etc/resolv.conf'].map((path) => `--bind ${path} "$0${path}"`);
  const mounts = ['-t proc proc "$0/proc"', '--rbind /dev "$0/dev"', ...names];
  const script = `${mounts.map((each) => `mount ${each} && `).join('')}exec chroot "$0" "$@"`;
  return { file: 'unshare', args: ['--mount', 'sh', '-c', script, root, ...args] };
}

function installation(cache: string, marker: Marker): Installation {
  const ways: Record<
    Way,
    (cache: string, program: string) => Omit<Installation, 'version' | 'way' | 'cacheDirectory'>
  > = {
    python: inPython,
    container: inContainer,
    chroot: inChroot,
  };
  return {
    version: marker.version,
    way: marker.way,
    cacheDirectory: cache,
    ...ways[marker.way](cache, marker.program),
  };
}

const HASS_ARGUMENTS = ['--skip-pip', '--log-no-color'];

function inPython(cache: string): Omit<Installation, 'version' | 'way' | 'cacheDirectory'> {
  const python = join(cache, 'venv', 'bin', 'python');
  return {
    workDirectory: tmpdir(),
    inside: (path) => path,
    command: (directory, environment = {}) => ({
      file: 'env',
      args: [...assigned(environment), python, '-m', 'homeassistant', '-c', directory, ...HASS_ARGUMENTS],
    }),
    python: (args, environment = {}) => ({ file: 'env', args: [...assigned(environment), python, ...args] }),
    furtherDirectory: join(cache, 'further'),
  };
}

function inChroot(cache: string): Omit<Installation, 'version' | 'way' | 'cacheDirectory'> {
  const root = join(cache, 'root');
  const python = `${INSIDE.environment}/bin/python`;
  const inside = (path: string) => path.slice(root.length);
  return {
    workDirectory: join(root, INSIDE.work),
    inside,
    command: (directory, environment = {}) => {
      const hass = [python, '-m', 'homeassistant', '-c', inside(directory), ...HASS_ARGUMENTS];
      return enter(root, ['env', ...assigned(environment), ...hass]);
    },
    python: (args, environment = {}) => enter(root, ['env', ...assigned(environment), python, ...args]),
    furtherDirectory: join(root, INSIDE.further),
  };
}

function inContainer(
  _cache: string,
  engine: string,
): Omit<Installation, 'version' | 'way' | 'cacheDirectory'> {
  const name = (directory: string) => `monzo-bridge-${directory.replaceAll(/[^a-zA-Z0-9]+/g, '-')}`;
  const start = (args: readonly string[]): readonly string[] => {
    const user = `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`;
    return ['run', '--rm', '--network', 'host', '--user', user, '--entrypoint', 'python3', ...args];
  };
  const hass = ['-m', 'homeassistant', ...HASS_ARGUMENTS, '-c'];
  const variables = (environment: Environment) =>
    assigned(environment).flatMap((variable) => ['--env', variable]);
  return {
    workDirectory: tmpdir(),
    inside: (path) => path,
    command: (directory, environment = {}) => ({
      file: engine,
      args: [
        ...start(['--name', name(directory), '-v', `${dirname(directory)}:${dirname(directory)}`]),
        ...variables(environment),
        image(),
        ...hass,
        directory,
      ],
    }),
    kill: (directory) => ({ file: engine, args: ['kill', '--signal', 'KILL', name(directory)] }),
    python: (args, environment = {}) => ({
      file: engine,
      args: [...start(['-i']), ...variables(environment), image(), ...args],
    }),
    furtherDirectory: null,
  };
}
