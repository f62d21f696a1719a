import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  lchownSync,
  lstatSync,
  readdirSync,
  readFileSync,
  statSync,
} from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { parseEnv } from 'node:util';

/**
 * The first file of the image's process: where it is root, gives the data directory to the bridge's user and becomes that
 * user, then goes on as everywhere else (decision 0018). Imports nothing of the program, so that nothing of it runs as root.
 */

/** The user `node` of the image. */
const user = 1000;
const directory = process.env['MONZO_BRIDGE_DATA_DIR'] ?? '/data';
const isStart = process.argv.slice(2).join(' ') === 'start';

/** A start that cannot succeed by being tried again, until a person acts. */
class Hopeless extends Error {}

/** That of such a start everywhere, `exitCodeForPerson` in `errors.ts`. */
const exitCodeOfHopeless = 78;

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** Root without any capability is as weak as every other user, and cannot become one. */
function hasCapabilities(): boolean {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  return !/^0+$/.test(effective ?? '');
}

/** Returns why not everything could be given; null where it is all the user's. Links are given, not what they lead to. */
function give(path: string): string | null {
  try {
    const found = lstatSync(path);
    if (found.uid !== user) lchownSync(path, user, user);
    const below = found.isDirectory() ? readdirSync(path) : [];
    return below.map((name) => give(join(path, name))).find((reason) => reason !== null) ?? null;
  } catch (thrown) {
    return messageOf(thrown);
  }
}

/** Every thread loses every capability, and no supplementary group is kept. */
function becomeUser(): void {
  try {
    process.setgroups?.([user]);
    process.setgid?.(user);
    process.setuid?.(user);
  } catch (thrown) {
    throw new Hopeless(
      `The container runs as root and cannot change to user ${user} (${messageOf(thrown)}). Nothing was started. Start it with --user ${user}:${user}, or with the capabilities CHOWN, DAC_OVERRIDE, SETGID and SETUID.`,
    );
  }
}

/** What a new volume takes over from the image is open to the group of root, for whoever is no user of the image. */
function closeIfNew(): void {
  try {
    if (statSync(directory).uid === process.getuid?.() && readdirSync(directory).length === 0)
      chmodSync(directory, 0o700);
  } catch {
    // The bridge names what is open to others.
  }
}

const { R_OK: read, W_OK: write, X_OK: enter } = constants;
/** What a start needs in the data directory, where it is there: other files are the business of whoever put them there. */
const needed: readonly (readonly [name: string, mode: number])[] = [
  ['.', read | write | enter],
  ['backups', read | write | enter],
  ...[
    'lock',
    'monzo-bridge.sqlite',
    'monzo-bridge.sqlite-wal',
    'monzo-bridge.sqlite-shm',
    'snapshot.sqlite',
  ].map((name) => [name, read | write] as const),
  ...['secret-key', 'admin-token', 'options.json'].map((name) => [name, read] as const),
];

/** `reason` says why not everything could be given to the user. What else is wrong with the directory the bridge says. */
function requireAccess(reason: string | null): void {
  const kept = needed.find(([name, mode]) => isRefused(join(directory, name), mode));
  if (kept === undefined) return;
  const path = join(directory, kept[0]);
  const owner = statSync(path, { throwIfNoEntry: false })?.uid;
  const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
  const why = reason === null ? '' : `, and cannot be given to them (${reason})`;
  const remedy = owner === uid ? 'chmod -R u+rwX' : `chown -R ${uid}:${gid}`;
  throw new Hopeless(
    `${path} belongs to user ${owner}; the bridge runs as user ${uid}, who cannot use it${why}. Nothing was started. Where the data directory is, run: ${remedy} <directory>, or choose its owner with --user.`,
  );
}

function isRefused(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return false;
  } catch (thrown) {
    return thrown instanceof Error && 'code' in thrown && thrown.code === 'EACCES';
  }
}

/** Whether the process whose health is asked has the data directory, and is not listening yet: migrations may take minutes. */
function isStarting(): boolean {
  try {
    // On a disk that became read-only the file is of a process that was killed.
    accessSync(directory, constants.W_OK);
    const { pid } = JSON.parse(readFileSync(join(directory, 'lock.json'), 'utf8')) as { pid: number };
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Asks the bridge's own process and nothing else: neither bank, broker nor Home Assistant make it unhealthy. */
async function isHealthy(): Promise<boolean> {
  const file = existsSync('.env') ? parseEnv(readFileSync('.env', 'utf8')) : {};
  const given = (name: string) => process.env[name] || file[name] || '';
  const port = Number(given('MONZO_BRIDGE_UI_PORT') || 8099);
  const set = given('MONZO_BRIDGE_UI_HOST');
  const host = /^(0\.0\.0\.0|\[?::\]?|)$/.test(set) ? '127.0.0.1' : set.replaceAll(/^\[|\]$/g, '');
  // Neither `fetch` nor `node:http`: this runs every half minute, and they cost more than everything else here.
  const socket = connect({ host, port, timeout: 4_000 });
  try {
    return await new Promise<boolean>((resolve) => {
      socket.once('connect', () => socket.write('GET /healthz HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n'));
      socket.once('data', (answer: Buffer) => resolve(/^HTTP\/1\.[01] 200 /.test(answer.toString('latin1'))));
      socket.once('timeout', () => resolve(false));
      socket.once('error', () => resolve(isStarting()));
    });
  } finally {
    socket.destroy();
  }
}

async function run(): Promise<void> {
  const canGive = isRoot() && hasCapabilities();
  // At the start alone: later the bridge could put links in the way of root while it looks around.
  const reason = canGive && isStart ? give(directory) : null;
  if (canGive) becomeUser();
  if (process.argv[2] === 'healthy') {
    process.exitCode = (await isHealthy()) ? 0 : 1;
    return;
  }
  if (isStart) {
    requireAccess(reason);
    closeIfNew();
  }
  await import('./launch.ts');
}

try {
  await run();
} catch (thrown) {
  if (!(thrown instanceof Hopeless)) throw thrown;
  process.stderr.write(`${thrown.message}\n`);
  process.exitCode = exitCodeOfHopeless;
}
