import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { BridgeError } from '../errors.ts';
import { refuse } from '../refusals/refuse.ts';

/** SQLite's primary result codes that are about the file and its disk rather than about our SQL. */
const busy = new Set([5, 6]);
const unreadable = new Set([11, 26]);
const refusedByDisk = new Set([3, 8, 10, 14, 15, 22]);
const full = 13;

/** Less than this free and the disk is full, whatever words it chose to refuse the write with. */
const lastBytes = 1_048_576;

/**
 * Turns what SQLite threw about the file at `path` into a `BridgeError` with a remedy: `disk_full` and
 * `database_busy` (retryable), `disk_error`, `database_unreadable` (a person must act). Anything else, such as
 * a mistake in our SQL, comes back as it is.
 */
export function storeFailure(thrown: unknown, path: string): unknown {
  const result = primaryResult(thrown);
  if (result === null) return thrown;
  if (result === full || (refusedByDisk.has(result) && isFull(path))) return diskFull(thrown);
  if (refusedByDisk.has(result)) return diskError(thrown, path);
  if (unreadable.has(result)) return databaseUnreadable(thrown, path);
  return busy.has(result) ? databaseBusy(thrown, path) : thrown;
}

/** Whether another connection holds the file. */
export function isBusy(thrown: unknown): boolean {
  return busy.has(primaryResult(thrown) ?? 0);
}

/** Extended codes carry the primary one in their lowest byte. */
function primaryResult(thrown: unknown): number | null {
  if (!(thrown instanceof Error) || !('errcode' in thrown)) return null;
  return typeof thrown.errcode === 'number' ? thrown.errcode & 0xff : null;
}

/** Some file systems report want of space as an input/output error. */
function isFull(path: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(dirname(path));
    return bavail * bsize < lastBytes;
  } catch {
    return false;
  }
}

function diskFull(cause: unknown): BridgeError {
  return refuse('disk_full', { when: 'running' }, { cause });
}

function diskError(cause: unknown, path: string): BridgeError {
  const sentence = `The disk refused to read or write ${path}. Check its permissions, that it is not mounted read-only, and its health, then restart the bridge.`;
  return new BridgeError('disk_error', sentence, { needsPerson: true, cause });
}

function databaseUnreadable(cause: unknown, path: string): BridgeError {
  const sentence = `${path} is damaged or is not a database. Stop the bridge and put a backup in its place: one of yours, or the newest in the directory "backups" beside it.`;
  return new BridgeError('database_unreadable', sentence, { needsPerson: true, cause });
}

function databaseBusy(cause: unknown, path: string): BridgeError {
  return refuse('database_busy', { path }, { cause });
}
