import { spawn } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { connect } from 'node:net';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A program and its arguments, ready for `spawn`. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
}

interface RunOptions {
  readonly input?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly timeoutMs?: number;
}

/** Runs a program to its end and returns its standard output. Throws with the last lines it printed when it fails. */
export async function run({ file, args }: Command, options: RunOptions = {}): Promise<string> {
  const child = spawn(file, args, {
    env: options.env ?? process.env,
    signal: AbortSignal.timeout(options.timeoutMs ?? 15 * 60_000),
    killSignal: 'SIGKILL',
  });
  const output: string[] = [];
  const everything: string[] = [];
  const keep = (sinks: readonly string[][]) => (chunk: string) => {
    for (const sink of sinks) sink.push(chunk);
  };
  child.stdout.setEncoding('utf8').on('data', keep([output, everything]));
  child.stderr.setEncoding('utf8').on('data', keep([everything]));
  child.stdin.on('error', () => undefined).end(options.input ?? '');
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code === 0) return output.join('');
  const tail = everything.join('').trim().split('\n').slice(-12).join('\n');
  throw new Error(`${file} ${args.slice(0, 4).join(' ')} ended with ${code}:\n${tail}`);
}

/** Whether the program runs and ends well. */
export async function succeeds(command: Command, timeoutMs = 20_000): Promise<boolean> {
  return run(command, { timeoutMs }).then(
    () => true,
    () => false,
  );
}

const SYSTEM_DIRECTORIES = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** The full path of a program on PATH or in a system directory, or undefined. */
export async function findProgram(name: string): Promise<string | undefined> {
  const directories = [...(process.env['PATH'] ?? '').split(delimiter), ...SYSTEM_DIRECTORIES];
  for (const directory of directories.filter(Boolean)) {
    const path = join(directory, name);
    const found = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return path;
  }
  return undefined;
}

/** Whether this process may install packages and enter another root. */
export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** Installs Debian packages. Throws when this is not a Debian-like machine or not root. */
export async function installPackages(names: readonly string[]): Promise<void> {
  if (!isRoot() || (await findProgram('apt-get')) === undefined) {
    throw new Error(`Please install ${names.join(' and ')} first: apt-get as root is not available here.`);
  }
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  await run({ file: 'apt-get', args: ['update', '-q'] }, { env });
  await run({ file: 'apt-get', args: ['install', '-y', '-q', ...names] }, { env });
}

/** Whether somebody accepts connections on a port, of a loopback address where none is given. */
export async function acceptsConnections(port: number, host = '127.0.0.1'): Promise<boolean> {
  const socket = connect({ host, port });
  try {
    return await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
    });
  } finally {
    socket.destroy();
  }
}

interface Patience {
  readonly timeoutMs?: number;
  readonly everyMs?: number;
}

/**
 * Asks again and again until the answer is neither undefined nor false, and returns it.
 * Throws after `timeoutMs` (default one minute), naming what was waited for and the last error of the probe.
 */
export async function eventually<T>(
  what: string,
  probe: () => Promise<T | undefined | false> | T | undefined | false,
  { timeoutMs = 60_000, everyMs = 50 }: Patience = {},
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      const answer = await probe();
      if (answer !== undefined && answer !== false) return answer;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (Date.now() >= deadline) throw new Error(`Waited ${timeoutMs} ms for ${what}`, { cause: last });
    await sleep(everyMs);
  }
}
