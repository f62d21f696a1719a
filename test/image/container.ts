import { randomBytes } from 'node:crypto';
import { freePort } from '../support/port.ts';
import type { Cleaner } from '../support/process.ts';
import { until } from '../support/until.ts';
import { image } from './build.ts';
import { limits, mustPodman, podman, type Ended } from './tools.ts';

export interface ContainerOptions {
  /** Options of `podman run` beside those that every container here needs. */
  readonly options?: readonly string[];
  /** Settings, without `MONZO_BRIDGE_`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** The words after the image; its own where left out. */
  readonly command?: readonly string[];
  /** A volume or directory for `/data`; a new volume where left out, gone with the test. */
  readonly data?: string;
}

/** A container of the image under test on the network of this machine, on ports of its own. */
export interface Container {
  readonly name: string;
  readonly uiPort: number;
  readonly publicPort: number;
  /** What it has printed so far. */
  logs(): Promise<string>;
  /** Runs a command inside. */
  exec(...words: readonly string[]): Promise<Ended>;
  /** One line of the file with the state of its first process, such as `Uid` or `CapEff`. */
  status(line: string): Promise<string>;
  /** Whether the image's own health check says that it is well. */
  isHealthy(): Promise<boolean>;
  /** Waits until it says that it runs. */
  running(): Promise<void>;
  /** Waits until these words are in what it has printed. */
  says(words: string): Promise<void>;
  /** Sends a signal to its first process. */
  signal(name: string): Promise<void>;
  /** Sends SIGTERM, and SIGKILL after these seconds. Resolves with the exit code. */
  stop(seconds: number): Promise<number>;
  /** Waits until it ends by itself, and resolves with the exit code. */
  ended(): Promise<number>;
}

/** Starts a container, removed with the test. */
export async function startContainer(t: Cleaner, options: ContainerOptions = {}): Promise<Container> {
  const name = `monzo-bridge-${randomBytes(6).toString('hex')}`;
  const [uiPort, publicPort] = [await freePort(), await freePort()];
  const settings = { UI_PORT: String(uiPort), PUBLIC_PORT: String(publicPort), ...options.settings };
  const environment = Object.entries(settings).flatMap(([key, value]) => [
    '--env',
    `MONZO_BRIDGE_${key}=${value}`,
  ]);
  const data = options.data ?? (await makeVolume(t));
  t.after(() => podman(['rm', '--force', '--time', '0', name]));
  const fixed = ['--detach', '--name', name, '--network', 'host', '--volume', `${data}:/data`, ...limits];
  const chosen = [...environment, ...(options.options ?? [])];
  await mustPodman('run', ...fixed, ...chosen, image, ...(options.command ?? []));
  const inspect = (format: string) => mustPodman('inspect', '--format', format, name);
  const logs = async () => {
    const { out, errors } = await podman(['logs', name]);
    return `${out}${errors}`;
  };
  const exec = (...words: readonly string[]) => podman(['exec', name, ...words]);
  const exitCode = async () => Number(await inspect('{{.State.ExitCode}}'));
  const isOver = async () => (await inspect('{{.State.Status}}')) === 'exited';
  const patiently = { between: () => new Promise((resolve) => setTimeout(resolve, 100)) };
  const says = (words: string) =>
    until(
      `${name} says: ${words}`,
      async () => {
        const text = await logs();
        if (text.includes(words)) return true;
        if (await isOver()) throw new Error(`The container ended with ${await exitCode()}:\n${text}`);
        return false;
      },
      patiently,
    );
  return {
    name,
    uiPort,
    publicPort,
    logs,
    exec,
    status: async (line) => {
      const read = 'process.stdout.write(require("node:fs").readFileSync("/proc/1/status", "utf8"))';
      const { out } = await exec('node', '-e', read);
      return new RegExp(`^${line}:\\s*(.*)$`, 'm').exec(out)?.[1] ?? '';
    },
    isHealthy: async () => (await podman(['healthcheck', 'run', name])).code === 0,
    says,
    running: () => says('is running'),
    signal: async (signal) => void (await mustPodman('kill', '--signal', signal, name)),
    stop: async (seconds) => {
      await mustPodman('stop', '--time', String(seconds), name);
      return exitCode();
    },
    ended: async () => {
      await until(`${name} ends`, isOver, patiently);
      return exitCode();
    },
  };
}

/** Runs the image with some words to its end, on a data directory or without one. */
export async function runImage(words: readonly string[], options: readonly string[] = []): Promise<Ended> {
  return podman(['run', '--rm', '--network', 'host', ...limits, ...options, image, ...words]);
}

/** An empty volume, removed with the test. */
export async function makeVolume(t: Cleaner): Promise<string> {
  const name = await mustPodman('volume', 'create');
  t.after(() => podman(['volume', 'rm', '--force', name]));
  return name;
}
