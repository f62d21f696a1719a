import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { findProgram, installPackages, isRoot } from '../home-assistant/processes.ts';

/** What a program ended with. */
export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly errors: string;
}

/** What the suite keeps between runs: the base image, and podman's storage of its own beside the machine's. */
export function cacheDirectory(): string {
  const shared = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  const directory = process.env['MONZO_BRIDGE_IMAGE_CACHE'] || join(shared, 'monzo-bridge', 'image');
  mkdirSync(directory, { recursive: true });
  return directory;
}

/** Each program that is called, and the packages of Debian that hold what it needs. */
const packages: readonly (readonly [program: string, names: readonly string[]])[] = [
  ['podman', ['podman', 'netavark', 'aardvark-dns', 'iptables', 'uidmap']],
  ['buildah', ['buildah']],
  ['runc', ['runc']],
  ['conmon', ['conmon']],
  ['debootstrap', ['debootstrap']],
  ['apparmor_parser', ['apparmor']],
  ['strace', ['strace']],
  ['catatonit', ['catatonit']],
];

/** Installs what is missing. Throws a sentence where this machine cannot run containers. */
export async function ensureTools(): Promise<void> {
  if (!isRoot()) throw new Error('npm run test:image needs root, as every rootful container engine does.');
  const missing: string[] = [];
  for (const [program, names] of packages)
    if ((await findProgram(program)) === undefined) missing.push(...names);
  if (missing.length > 0) await installPackages(['--no-install-recommends', ...missing]);
  const info = await podman(['info', '--format', '{{.Store.GraphDriverName}}']);
  if (info.code !== 0)
    throw new Error(`podman does not work on this machine: ${info.errors.trim().split('\n').at(-1)}`);
}

/** Runs podman to its end; never rejects because of how it ended. */
export async function podman(words: readonly string[], input = ''): Promise<Ended> {
  return run('podman', [...globalOptions('podman'), ...words], input);
}

/** As `podman`, but throws what it complained about where it failed. Returns what it printed, without the last line break. */
export async function mustPodman(...words: readonly string[]): Promise<string> {
  return must('podman', words, await podman(words));
}

/** Runs buildah on the same storage. Throws what it complained about. */
export async function mustBuildah(...words: readonly string[]): Promise<string> {
  return must('buildah', words, await run('buildah', [...globalOptions('buildah'), ...words]));
}

function must(program: string, words: readonly string[], { code, out, errors }: Ended): string {
  if (code === 0) return out.trim();
  const tail = `${out}${errors}`.trim().split('\n').slice(-15).join('\n');
  throw new Error(`${program} ${words.slice(0, 3).join(' ')} ended with ${code}:\n${tail}`);
}

/** Debian's crun refuses machines whose control groups are of both versions; runc does not. */
export function globalOptions(program: 'podman' | 'buildah'): readonly string[] {
  const storage = ['--root', join(cacheDirectory(), 'storage'), '--runroot', join(cacheDirectory(), 'run')];
  return program === 'podman' ? [...storage, '--runtime', 'runc', '--cgroup-manager', 'cgroupfs'] : storage;
}

/** Runs any program to its end and keeps what it prints. Rejects only where it cannot be started. */
export async function run(file: string, args: readonly string[], input = ''): Promise<Ended> {
  const child = spawn(file, args, { signal: AbortSignal.timeout(15 * 60_000), killSignal: 'SIGKILL' });
  const texts = { out: '', errors: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (texts.out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (texts.errors += text));
  child.stdin.on('error', () => {}).end(input);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return { code, ...texts };
}

/** This machine may forbid podman to raise the limits to those it would choose. */
export const limits = ['--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=4096:4096'];
