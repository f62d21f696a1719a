import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Calls back once everything is over: a test, or a benchmark. */
export interface Cleaner {
  after(fn: () => unknown): void;
}

export interface BridgeProcess {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly errors: () => string;
  readonly ended: Promise<number | null>;
}

/** The real process, ended with the test. */
export function startBridge(
  t: Cleaner,
  directory: string,
  settings: Readonly<Record<string, string>> = {},
): BridgeProcess {
  const texts = { out: '', err: '' };
  const child = spawn(process.execPath, ['src/launch.ts', 'start'], {
    env: {
      PATH: process.env['PATH'] ?? '',
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? '',
      MONZO_BRIDGE_DATA_DIR: directory,
      MONZO_BRIDGE_UI_PORT: '0',
      MONZO_BRIDGE_PUBLIC_PORT: '0',
      ...settings,
    },
  });
  child.stdout.on('data', (chunk: Buffer) => {
    texts.out += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    texts.err += chunk.toString();
  });
  t.after(() => child.kill('SIGKILL'));
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  return { child, ended, output: () => texts.out, errors: () => texts.err };
}

/** Gone with the test. */
export function temporaryDirectory(t: Cleaner): string {
  const directory = mkdtempSync(join(tmpdir(), 'monzo-bridge-test-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}
