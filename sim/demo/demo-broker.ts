import { spawn } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { networkInterfaces, tmpdir, userInfo } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startEmbeddedBroker } from '../broker.ts';

export interface DemoBroker {
  /** `built_in` speaks MQTT 3.1.1 alone. */
  readonly kind: 'mosquitto' | 'built_in';
  /** For programs on this machine, `mqtt://…`. */
  readonly url: string;
  close(): Promise<void>;
}

interface Place {
  readonly host: string;
  readonly port: number;
}

/** Starts Mosquitto where one is installed, else the built-in broker; open to everyone. Throws for a port in use. */
export async function startDemoBroker(
  place: Place,
  { mosquitto = findMosquitto() }: { readonly mosquitto?: string | null } = {},
): Promise<DemoBroker> {
  const started =
    mosquitto !== null && !(await acceptsConnections(place)) ? await startMosquitto(mosquitto, place) : null;
  if (started !== null) return started;
  const embedded = await startEmbeddedBroker(place);
  return { kind: 'built_in', url: urlOf(place), close: () => embedded.close() };
}

/** The host that programs on other machines use for this one: a wildcard address is none. */
export function addressFor({ host }: Pick<Place, 'host'>): string {
  if (!isWildcard(host)) return host;
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return all.find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? host;
}

/** Whether only programs on this machine can connect. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

function urlOf(place: Place): string {
  const host = hereOf(place);
  return `mqtt://${host.includes(':') ? `[${host}]` : host}:${place.port}`;
}

function hereOf({ host }: Pick<Place, 'host'>): string {
  if (!isWildcard(host)) return host;
  return host === '::' ? '::1' : '127.0.0.1';
}

/** Not on the PATH of most people. */
const systemDirectories = ['/usr/local/sbin', '/usr/sbin', '/opt/homebrew/sbin'];

function findMosquitto(): string | null {
  const directories = [...(process.env['PATH'] ?? '').split(delimiter), ...systemDirectories];
  const paths = directories.filter((path) => path !== '').map((path) => join(path, 'mosquitto'));
  return paths.find(canRun) ?? null;
}

function canRun(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Ends Mosquitto when its standard input ends, so that it never outlives the demo, however that ends. */
const bound = '"$0" -c "$1" </dev/null & read -r _; kill $!; wait';
const patience = { tries: 100, pause: 50 } as const;

/** Null where it does not accept connections within five seconds. */
async function startMosquitto(program: string, place: Place): Promise<DemoBroker | null> {
  const directory = mkdtempSync(join(tmpdir(), 'monzo-bridge-demo-broker-'));
  const configuration = join(directory, 'mosquitto.conf');
  const lines = [
    `listener ${place.port} ${place.host}`,
    'allow_anonymous true',
    'persistence false',
    'set_tcp_nodelay true',
    // Started by root, Mosquitto would become another user, who may not exist.
    `user ${userInfo().username}`,
  ];
  writeFileSync(configuration, `${lines.join('\n')}\n`);
  // A group of its own: Ctrl-C is for the demo, which needs its broker to say goodbye.
  const child = spawn('sh', ['-c', bound, program, configuration], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  child.on('error', () => {});
  child.stdin.on('error', () => {});
  const close = async () => {
    const ended = child.exitCode === null && new Promise((resolve) => child.once('exit', resolve));
    child.stdin.end();
    await ended;
    rmSync(directory, { recursive: true, force: true });
  };
  for (let tried = 0; tried < patience.tries && child.pid !== undefined; tried += 1) {
    if (await acceptsConnections(place)) return { kind: 'mosquitto', url: urlOf(place), close };
    await sleep(patience.pause);
  }
  if (child.pid !== undefined) await close();
  return null;
}

async function acceptsConnections(place: Place): Promise<boolean> {
  const socket = connect({ host: hereOf(place), port: place.port });
  try {
    return await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
    });
  } finally {
    socket.destroy();
  }
}
