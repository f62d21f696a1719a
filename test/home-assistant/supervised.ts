import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { open } from 'node:fs/promises';
import { once } from 'node:events';
import { findProgram } from './processes.ts';
import type { Command } from './processes.ts';

/** A running program whose output goes to a file. */
export interface Supervised {
  /** True until the program has ended. */
  alive(): boolean;
  /** Resolves with the exit code, or null when a signal ended the program. */
  readonly ended: Promise<number | null>;
  /** SIGTERM, and SIGKILL when the program is still there after 20 seconds. Resolves when it is gone. */
  stop(): Promise<void>;
  /** SIGKILL. Resolves when it is gone. */
  kill(): Promise<void>;
}

const running = new Set<ChildProcess>();
// A test process that exits without clean-up must not leave servers behind.
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** The same command, killed by the kernel when this process is killed and no handler of ours can run. */
async function boundToUs(command: Command): Promise<Command> {
  const setpriv = await findProgram('setpriv');
  if (setpriv === undefined) return command;
  return { file: setpriv, args: ['--pdeathsig', 'KILL', '--', command.file, ...command.args] };
}

const GRACE_MS = 20_000;

/** Starts a program, appends its output to `logFile` and keeps it from outliving this process. */
export async function supervise(command: Command, logFile: string): Promise<Supervised> {
  const { file, args } = await boundToUs(command);
  const log = await open(logFile, 'a');
  const child = spawn(file, args, { stdio: ['ignore', log.fd, log.fd] });
  running.add(child);
  const ended = new Promise<number | null>((resolve) => {
    const end = (code: number | null) => {
      running.delete(child);
      resolve(code);
    };
    child.once('exit', end);
    child.once('error', () => end(127));
  });
  try {
    await once(child, 'spawn');
  } finally {
    await log.close();
  }
  const signal = async (name: NodeJS.Signals) => {
    child.kill(name);
    await ended;
  };
  return {
    alive: () => running.has(child),
    ended,
    async stop() {
      const timer = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
      await signal('SIGTERM').finally(() => clearTimeout(timer));
    },
    kill: () => signal('SIGKILL'),
  };
}
