import { readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { makeDirectory } from './directories.ts';
import { freePort } from '../support/port.ts';
import { acceptsConnections, eventually, findProgram, installPackages } from './processes.ts';
import { supervise } from './supervised.ts';
import type { Supervised } from './supervised.ts';

/** A real Mosquitto, open to everyone unless it has a file of passwords, forgetting nothing when it is stopped in peace. */
export interface Mosquitto extends AsyncDisposable {
  readonly port: number;
  /** `mqtt://…` */
  readonly url: string;
  /** Starts it again on the same port; resolves when it accepts connections. Does nothing while it runs. */
  start(): Promise<void>;
  /** Ends it in peace: retained messages are written to disk and are back after `start`. */
  stop(): Promise<void>;
  /** `kill -9`: retained messages since the last peaceful stop are lost. */
  kill(): Promise<void>;
  /** Stops (or kills, when told) and starts. */
  restart(how?: 'stop' | 'kill'): Promise<void>;
  /** What it printed so far. */
  log(): Promise<string>;
  /** Ends it and deletes its files. */
  dispose(): Promise<void>;
}

/** Where a broker listens; a loopback address and a free port where left out. */
interface Place {
  readonly host: string;
  readonly port: number;
}

/**
 * Starts a broker with further lines of its configuration; installs it first where that is possible. Throws one clear line
 * when there is none.
 */
export async function startMosquitto(settings: readonly string[] = [], place?: Place): Promise<Mosquitto> {
  const program = await findMosquitto();
  const directory = await makeDirectory(tmpdir());
  const logFile = join(directory, 'mosquitto.log');
  const configuration = join(directory, 'mosquitto.conf');
  const { host, port } = place ?? { host: '127.0.0.1', port: await freePort() };
  await writeFile(configuration, describe({ host, port }, directory, settings));
  let broker: Supervised | undefined;
  const start = async () => {
    if (broker?.alive()) return;
    const started = await supervise({ file: program, args: ['-c', configuration] }, logFile);
    broker = started;
    await eventually(`Mosquitto on port ${port}`, () => started.alive() && acceptsConnections(port, host), {
      everyMs: 20,
    });
  };
  const stop = async () => broker?.stop();
  const kill = async () => broker?.kill();
  const dispose = async () => {
    await kill();
    await rm(directory, { recursive: true, force: true });
  };
  await start().catch(async (error: unknown) => {
    await dispose();
    throw error;
  });
  return {
    port,
    url: `mqtt://${host}:${port}`,
    start,
    stop,
    kill,
    restart: async (how = 'stop') => {
      await (how === 'kill' ? kill() : stop());
      await start();
    },
    log: () => readFile(logFile, 'utf8'),
    dispose,
    [Symbol.asyncDispose]: dispose,
  };
}

/** The path of Mosquitto, installed first where that is possible. */
export async function findMosquitto(): Promise<string> {
  const found = await findProgram('mosquitto');
  if (found !== undefined) return found;
  process.stderr.write('home-assistant: installing mosquitto\n');
  await installPackages(['mosquitto']);
  const installed = await findProgram('mosquitto');
  if (installed === undefined) throw new Error('Mosquitto was installed but is not on PATH.');
  return installed;
}

function describe({ host, port }: Place, directory: string, settings: readonly string[]): string {
  const isOpen = settings.every((line) => !line.startsWith('password_file'));
  const lines = [
    `listener ${port} ${host}`,
    `allow_anonymous ${isOpen}`,
    // As the document on MQTT advises.
    'set_tcp_nodelay true',
    'persistence true',
    `persistence_location ${directory}/`,
    // Started by root, Mosquitto would become another user, who cannot write here.
    `user ${userInfo().username}`,
    'log_type error',
    'log_type warning',
    'log_type notice',
    ...settings,
  ];
  return `${lines.join('\n')}\n`;
}
