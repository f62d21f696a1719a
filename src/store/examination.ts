import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Finding } from '../domain/check.ts';
import { messageOf } from '../errors.ts';
import { sentenceOf } from '../refusals/refuse.ts';
import { createSettings, type Settings } from './bridge-records.ts';
import { openDatabase } from './database.ts';
import { databasePath, holderOf } from './directory.ts';
import { checkIntegrity } from './integrity.ts';
import { createLedger, type Ledger } from './ledger.ts';
import { createLogins, type Logins } from './login-rows.ts';
import { refuseUnknownSchema, versionOf } from './migrations.ts';
import { exposuresOf } from './permissions.ts';
import { migrations } from './schema.ts';
import { createTransfers, type Transfers } from './transfer-rows.ts';

/** Looks at stored data without changing them; SQLite may leave empty files beside the database, as after every reader. */

const { R_OK: read, W_OK: write, X_OK: enter } = constants;

/** A disk with less room, in bytes, is told of before it is full. */
const leastFreeSpace = 50 * 1_048_576;

/** What the bridge needs in its data directory, where it is there. */
const needed: readonly (readonly [name: string, mode: number])[] = [
  ['.', read | write | enter],
  ['backups', read | write | enter],
  ...['lock', 'monzo-bridge.sqlite', 'monzo-bridge.sqlite-wal', 'monzo-bridge.sqlite-shm'].map(
    (name) => [name, read | write] as const,
  ),
  ...['secret-key', 'admin-token', 'options.json'].map((name) => [name, read] as const),
];

/** Whether this process can work in a data directory, nobody else has access to it, and its disk has room. Never throws. */
export function examineDirectory(directory: string, access = accessSync): Finding {
  try {
    return wrongWith(directory, access) ?? { state: 'ok', sentence: `${directory} is this user’s alone.` };
  } catch (thrown) {
    const sentence = `${directory} cannot be looked at (${messageOf(thrown)}). Check the path, and run this as the user who runs the bridge.`;
    return { state: 'down', sentence };
  }
}

function wrongWith(directory: string, access: typeof accessSync): Finding | null {
  const found = statSync(directory, { throwIfNoEntry: false });
  if (!found) return down(`${directory} does not exist yet; the first start creates it.`);
  if (!found.isDirectory()) return down(`${directory} is not a directory; set MONZO_BRIDGE_DATA_DIR.`);
  const refused = needed
    .map(([name, mode]) => ({ path: join(directory, name), mode }))
    .map(({ path, mode }) => ({ path, code: refusalOf(() => access(path, mode), path) }))
    .find(({ code }) => code !== null);
  if (refused?.code === 'EROFS')
    return down(sentenceOf('disk_read_only', { when: 'starting', path: directory }));
  if (refused) return down(noAccess(refused.path, directory));
  const [exposed] = exposuresOf(directory);
  if (exposed) return { state: 'degraded', sentence: exposed.sentence };
  const free = freeSpaceOf(directory);
  if (free === null || free >= leastFreeSpace) return null;
  const sentence = `The disk that holds ${directory} has only ${Math.floor(free / 1_048_576)} MB left. Free some space: when it is full, nothing more is written and no money is moved.`;
  return { state: 'degraded', sentence };
}

/** The system's word; null where it allows it, or there is nothing. */
function refusalOf(access: () => void, path: string): string | null {
  try {
    if (existsSync(path)) access();
    return null;
  } catch (thrown) {
    return thrown instanceof Error && 'code' in thrown ? String(thrown.code) : messageOf(thrown);
  }
}

function noAccess(path: string, directory: string): string {
  const owner = statSync(path, { throwIfNoEntry: false })?.uid;
  const [uid, gid] = [process.getuid?.(), process.getgid?.()];
  if (owner === undefined || uid === undefined || owner === uid)
    return `${path} cannot be used by the user who runs this. Run: chmod -R u+rwX ${directory}`;
  return `${path} belongs to user ${owner} and cannot be used by user ${uid}, who runs this. Run this as the user who runs the bridge; if that is user ${uid}, run: chown -R ${uid}:${gid} ${directory}`;
}

/** In bytes; null where the file system does not say. */
function freeSpaceOf(directory: string): number | null {
  const { bavail, bsize, blocks } = statfsSync(directory);
  return blocks === 0 ? null : bavail * bsize;
}

function down(sentence: string): Finding {
  return { state: 'down', sentence };
}

/** What is stored, as far as checks are made of it; only to read. */
export interface Stored {
  readonly ledger: Ledger;
  readonly logins: Logins;
  readonly settings: Settings;
  readonly transfers: Transfers;
}

export interface Examined<T> extends Finding {
  /** What was read; null where the database is not there, not sound or of an earlier version. */
  readonly read: T | null;
}

export interface DatabaseExamination<T> {
  readonly directory: string;
  readonly timeZone: string;
  readonly signal: AbortSignal;
  readonly read: (stored: Stored) => T;
}

/** Checks a database as a start does, without changing it, and reads what is in a sound one. Never throws. */
export async function examineDatabase<T>(options: DatabaseExamination<T>): Promise<Examined<T>> {
  const { directory, timeZone, signal, read } = options;
  const path = databasePath(directory);
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) === 0)
    return { state: 'ok', sentence: 'There is none yet: the first start creates it.', read: null };
  try {
    refuseUnknownSchema(path, migrations);
    const isThorough = existsSync(join(directory, 'not-closed')) && holderOf(directory) === null;
    await checkIntegrity(path, { isThorough, atOnceBelow: Number.POSITIVE_INFINITY, signal });
    const database = openDatabase(path, { readOnly: true });
    try {
      if (versionOf(database) < migrations.length)
        return {
          state: 'ok',
          sentence: 'It is of an earlier version: the next start upgrades it, after a copy.',
          read: null,
        };
      const stored = {
        ledger: createLedger(database, timeZone),
        logins: createLogins(database),
        settings: createSettings(database),
        transfers: createTransfers(database),
      };
      return { state: 'ok', sentence: `${path} is sound.`, read: read(stored) };
    } finally {
      database.close();
    }
  } catch (thrown) {
    return { state: 'down', sentence: messageOf(thrown), read: null };
  }
}
