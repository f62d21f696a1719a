import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../test/support/port.ts';
import { until } from '../test/support/until.ts';
import { callsOver } from './http.ts';
import { median } from './measure.ts';
import type { Program } from './program.ts';

const call = callsOver(false);
export const adminToken = 'the-admin-token-of-the-benchmark';

/** The packed program as a process of its own, seen from outside. */
export interface Bridge {
  readonly uiUrl: string;
  readonly api: (path: string, init?: RequestInit) => Promise<Response>;
  /** Processor time used so far, in milliseconds. */
  readonly cpu: () => number;
  /** Resident memory, in MB. */
  readonly resident: () => number;
  /** Resolves when it answers; rejects when it has ended. */
  readonly serves: () => Promise<void>;
  /** SIGTERM; resolves when it is gone. */
  stop(): Promise<void>;
}

export type StartBridge = () => Bridge;

/** A place where the program runs: its ports and its data directory stay the same from start to start. */
export async function installBridge(
  everything: AsyncDisposableStack,
  program: Program,
  settings: (publicUrl: string) => Readonly<Record<string, string>>,
): Promise<{ readonly start: StartBridge; readonly directory: string }> {
  const directory = mkdtempSync(join(tmpdir(), 'monzo-bridge-bench-'));
  everything.defer(() => rmSync(directory, { recursive: true, force: true }));
  const [uiPort, publicPort] = [await freePort(), await freePort()];
  const uiUrl = `http://127.0.0.1:${uiPort}`;
  const headers = {
    authorization: `Bearer ${adminToken}`,
    'content-type': 'application/json',
  };
  const start: StartBridge = () => {
    const child = spawn(program.launcher, ['start'], {
      env: {
        PATH: [dirname(process.execPath), process.env['PATH'] ?? ''].join(delimiter),
        MONZO_BRIDGE_DATA_DIR: directory,
        MONZO_BRIDGE_UI_PORT: String(uiPort),
        MONZO_BRIDGE_PUBLIC_PORT: String(publicPort),
        MONZO_BRIDGE_ADMIN_TOKEN: adminToken,
        ...settings(`http://127.0.0.1:${publicPort}`),
      },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    everything.defer(() => void child.kill('SIGKILL'));
    const { pid } = child;
    if (pid === undefined) throw new Error(`${program.launcher} did not start.`);
    const isServing = () => {
      if (child.exitCode !== null) throw new Error(`The bridge ended with ${child.exitCode}.`);
      return call(`${uiUrl}/healthz`).then(
        ({ ok }) => ok,
        () => false,
      );
    };
    return {
      uiUrl,
      api: (path, init) => call(uiUrl + path, { ...init, headers }),
      cpu: () => sumOver(pid, cpuOf),
      resident: () => sumOver(pid, residentOf),
      serves: () => until('the bridge serves', isServing),
      stop: () => stopped(child),
    };
  };
  return { start, directory };
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => {
    child.once('exit', resolve);
  });
  child.kill('SIGTERM');
  await gone;
}

/** A figure of a process and all that it has started: a launcher may start the program as its child. */
function sumOver(pid: number, figure: (pid: number) => number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
  return children.reduce((sum, child) => sum + sumOver(Number(child), figure), figure(pid));
}

/** Linux counts in ticks of a hundredth of a second. */
const tick = 10;

function cpuOf(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * tick;
}

function residentOf(pid: number): number {
  const [, kilobytes = 'NaN'] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) / 1_000;
}

/** What some work costs the bridge: processor time in milliseconds, less what it uses at rest in the same time. */
export async function cpuDuring(bridge: Bridge, work: () => Promise<unknown>): Promise<number> {
  const rests: number[] = [];
  // What runs now and then is not what it uses at rest.
  for (let second = 0; second < 5; second += 1) {
    const { cpu, passed } = await used(bridge, () => sleep(1_000));
    rests.push(cpu / passed);
  }
  const busy = await used(bridge, work);
  return Math.max(0, busy.cpu - median(rests) * busy.passed);
}

async function used({ cpu }: Bridge, work: () => Promise<unknown>) {
  const before = { cpu: cpu(), at: performance.now() };
  await work();
  return { cpu: cpu() - before.cpu, passed: performance.now() - before.at };
}
