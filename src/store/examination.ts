import { randomBytes } from 'node:crypto';
import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Finding } from '../domain/check.ts';
import { messageOf } from '../errors.ts';
import { sentenceOf } from '../refusals/refuse.ts';
import { createSettings, type Settings } from './bridge-records.ts';
import { openDatabase } from './database.ts';
import { databasePath, holderOf, unfitAs } from './directory.ts';
import { checkIntegrity } from './integrity.ts';
import { createLedger, type Ledger } from './ledger.ts';
import { createLogins, type Logins } from './login-rows.ts';
import { refuseUnknownSchema, versionOf } from './migrations.ts';
import { exposuresOf } from './permissions.ts';
import { migrations } from './schema.ts';
import { createVault, type Vault } from './vault.ts';
import { createTransfers, type Transfers } from './transfer-rows.ts';

/** Looks at stored data without changing them; SQLite may leave empty files beside the database, as after every reader. */

const { R_OK: read, W_OK: write, X_OK: enter } = constants;

/** A disk with less room, in bytes, is told of before it is full. */
const leastFreeSpace = 50 * 1_048_576;

/** With less, in bytes, the database cannot be opened. */
const leastUsableSpace = 1_048_576;

interface Needed {
  readonly name: string;
  readonly mode: number;
  readonly kind: 'directory' | 'file';
}

/** What the bridge needs in its data directory, where it is there. */
const needed: readonly Needed[] = [
  ...['.', 'backups'].map((name) => ({ name, mode: read | write | enter, kind: 'directory' }) as const),
  ...['lock', 'monzo-bridge.sqlite', 'monzo-bridge.sqlite-wal', 'monzo-bridge.sqlite-shm'].map(
    (name) => ({ name, mode: read | write, kind: 'file' }) as const,
  ),
  ...['secret-key', 'admin-token', 'options.json'].map(
    (name) => ({ name, mode: read, kind: 'file' }) as const,
  ),
];

/**
 * Whether this process can work in a data directory, nobody else has access to it, and its disk has room; `unknown` where
 * there is none that could be looked at, and nothing speaks against creating it. Never throws.
 */
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
  if (!found) return notThere(directory, access);
  if (!found.isDirectory()) return down(`${directory} is not a directory; set MONZO_BRIDGE_DATA_DIR.`);
  for (const one of needed) {
    const trouble = troubleWith(one, directory, access);
    if (trouble !== null) return down(trouble);
  }
  const free = freeSpaceOf(directory) ?? Number.POSITIVE_INFINITY;
  if (free < leastUsableSpace)
    return down(
      `The disk that holds ${directory} is full: nothing is written and no money is moved. Free some space; the bridge then continues by itself.`,
    );
  const [exposed] = exposuresOf(directory);
  if (exposed) return { state: 'degraded', sentence: exposed.sentence };
  if (free >= leastFreeSpace) return null;
  const sentence = `The disk that holds ${directory} has only ${Math.floor(free / 1_048_576)} MB left. Free some space: when it is full, nothing more is written and no money is moved.`;
  return { state: 'degraded', sentence };
}

/** What keeps the bridge from using this, as a sentence; null where nothing does, or it is not there. */
function troubleWith(
  { name, mode, kind }: Needed,
  directory: string,
  access: typeof accessSync,
): string | null {
  const path = join(directory, name);
  const code = refusalOf(() => access(path, mode), path);
  if (code === 'EROFS') return sentenceOf('disk_read_only', { when: 'starting', path: directory });
  if (code !== null) return noAccess(path, directory);
  return unfitAs(kind, path);
}

/** Whether the first start can create it. */
function notThere(directory: string, access: typeof accessSync): Finding {
  const unfit = unfitAs('directory', directory);
  if (unfit !== null) return down(unfit);
  const parent = nearestOf(directory);
  const isPossible = statSync(parent).isDirectory();
  const code = isPossible ? refusalOf(() => access(parent, write | enter), parent) : 'ENOTDIR';
  if (code !== null)
    return down(
      `${directory} does not exist and cannot be created in ${parent} (${code}). Run this as the user who runs the bridge, or set MONZO_BRIDGE_DATA_DIR to a directory that can be created, such as ./data.`,
    );
  const sentence = `${directory} does not exist. If the bridge has run before, run this where it runs, or set MONZO_BRIDGE_DATA_DIR; if not, its first start creates the directory.`;
  return { state: 'unknown', sentence };
}

function nearestOf(path: string): string {
  const parent = dirname(path);
  return existsSync(parent) ? parent : nearestOf(parent);
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
  /** What is encrypted, opened with this key. */
  readonly vaultWith: (secretKey: Uint8Array) => Vault;
}

export interface Examined<T> extends Finding {
  /** What was read; else why nothing was. */
  readonly read: { readonly value: T } | Unread;
}

export type Unread = 'not_there' | 'of_earlier_version' | 'not_sound';

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
    return { state: 'ok', sentence: 'There is none yet: the first start creates it.', read: 'not_there' };
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
          read: 'of_earlier_version',
        };
      const stored = {
        ledger: createLedger(database, timeZone),
        logins: createLogins(database),
        settings: createSettings(database),
        transfers: createTransfers(database),
        vaultWith: (secretKey: Uint8Array) => createVault(database, { secretKey, randomBytes }),
      };
      return { state: 'ok', sentence: `${path} is sound.`, read: { value: read(stored) } };
    } finally {
      database.close();
    }
  } catch (thrown) {
    return { state: 'down', sentence: messageOf(thrown), read: 'not_sound' };
  }
}
