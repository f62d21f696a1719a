import {
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { Instant } from '../domain/values.ts';
import { BridgeError, messageOf } from '../errors.ts';
import {
  addChecksum,
  fitsChecksum,
  flushDirectory,
  linkOrCopy,
  placeOf,
  publish,
  removeBeside,
  removeDatabase,
  withDraft,
} from './backup-files.ts';
import { createSettings, type Settings } from './bridge-records.ts';
import { isDamage, openDatabase, type Database } from './database.ts';
import { databasePath, sizeOf } from './directory.ts';
import { checkIntegrity } from './integrity.ts';
import { lastUseIn, leavePlaces } from './last-use.ts';
import { refuseUnknownSchema, type Migration } from './migrations.ts';

/** What a backup says of itself, so that the bridge that opens it knows that time has passed (ADR 0020). */
export interface BackupMark {
  readonly taken: Instant;
  /** Of the program that made it. */
  readonly version: string;
  /** 64 hexadecimal digits, where the person asked for the key too. */
  readonly secretKey: string | null;
}

/** From which backup the database comes, once a bridge has opened it. */
export interface Restored {
  readonly taken: Instant;
  readonly at: Instant;
  /** Whether it was not judged yet what may have happened since. */
  readonly isNew: boolean;
}

const markKey = 'backup';
const restoredKey = 'restored';
/** In the data directory: what Home Assistant’s backups take, and what a directory without a database begins with. */
const snapshotName = 'snapshot.sqlite';

interface BackupOptions {
  /** The data directory. */
  readonly directory: string;
  readonly file: string;
  readonly mark: BackupMark;
}

/**
 * Writes one consistent copy of a database that another process may be writing to. It gets its name once it is complete and on
 * the disk, and only its owner can read it. Throws `backup_not_written`, and what reading the database throws.
 */
export function writeBackup({ directory: given, file: named, mark }: BackupOptions): void {
  const directory = placeOf(given);
  const file = ownPlace(directory, named);
  try {
    if (dirname(file) === backupsIn(directory)) mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    withDraft(file, (draft) => {
      copyInto(databasePath(directory), draft);
      writeMark(draft, mark);
      addChecksum(draft);
      publish(draft, file);
    });
  } catch (thrown) {
    throw isDamage(thrown) ? thrown : notWritten(named, thrown);
  }
}

/**
 * Removes a backup, and not a link that leads to it. Answers where it was; null where there is none. Throws `backup_not_written`
 * for any other file.
 */
export function removeBackup({ directory, file }: Omit<BackupOptions, 'mark'>): string | null {
  const place = ownPlace(placeOf(directory), file);
  if (statSync(place, { throwIfNoEntry: false }) === undefined) return null;
  rmSync(place);
  return place;
}

/** Where a file is, or would be. Whoever mistypes its name does not lose another one: only a backup may be there. */
function ownPlace(directory: string, named: string): string {
  const file = placeOf(named);
  const found = statSync(named, { throwIfNoEntry: false });
  // One that the bridge left when it stopped says nothing of itself.
  if (found === undefined || file === join(directory, snapshotName)) return file;
  if (found.isFile() && found.size > 0 && file !== placeOf(databasePath(directory)) && markOf(file) !== null)
    return file;
  const sentence = `${file} is there already and is no backup of monzo-bridge. It was left as it is; choose another name.`;
  throw new BridgeError('backup_not_written', sentence, { needsPerson: true });
}

function backupsIn(directory: string): string {
  return join(directory, 'backups');
}

function notWritten(file: string, thrown: unknown): unknown {
  if (!(thrown instanceof Error)) return thrown;
  const sentence = `${file} could not be written (${reasonOf(thrown)}). Nothing was backed up; an earlier backup of that name is unchanged. Choose a place with enough space that the user who runs this may write to.`;
  return new BridgeError('backup_not_written', sentence, { needsPerson: true, cause: thrown });
}

function reasonOf(thrown: Error): string {
  const isFull =
    thrown instanceof BridgeError ? thrown.code === 'disk_full' : messageOf(thrown).includes('ENOSPC');
  return isFull ? 'there is not enough space' : messageOf(thrown);
}

/** What the backup says of itself; null for any other database. */
export function markOf(path: string): BackupMark | null {
  if (sizeOf(path) === 0) return null;
  try {
    return reading(path, markIn);
  } catch {
    // What cannot be read is named where it is opened.
    return null;
  }
}

function reading<T>(path: string, read: (database: Database) => T): T {
  const database = openDatabase(path, { readOnly: true });
  try {
    return read(database);
  } finally {
    database.close();
  }
}

function markIn(database: Database): BackupMark | null {
  if (!hasTable(database, 'setting')) return null;
  const mark = createSettings(database).get(markKey) as Partial<BackupMark> | undefined;
  const { taken, version, secretKey } = mark ?? {};
  if (typeof taken !== 'number' || typeof version !== 'string') return null;
  return { taken, version, secretKey: typeof secretKey === 'string' ? secretKey : null };
}

/** Of a copy that was made by hand: it says nothing of itself. */
function markByContent(path: string): BackupMark {
  return { taken: lastKnownIn(path), version: 'unknown', secretKey: null };
}

/** When a copy was made at the latest, by what is in it and by its date. */
function lastKnownIn(path: string): Instant {
  const written = Math.floor(statSync(path).mtimeMs);
  try {
    const known = reading(path, lastUseIn);
    return Math.min(written, known ?? written);
  } catch {
    // What cannot be read is named where it is opened.
    return written;
  }
}

function writeMark(path: string, mark: BackupMark): void {
  const copy = openDatabase(path);
  try {
    createSettings(copy).set(markKey, mark);
    // Without a write-ahead log it is one file, also for a disk that cannot be written to.
    copy.execute('PRAGMA journal_mode = DELETE');
    // That of what it was copied from.
    copy.execute('PRAGMA application_id = 0');
  } finally {
    copy.close();
  }
}

function copyInto(path: string, draft: string): void {
  reading(path, (database) => database.run('VACUUM INTO ?', [draft]));
}

export interface RestoreOptions {
  readonly file: string;
  /** The data directory, which the caller has locked. */
  readonly directory: string;
  readonly migrations: readonly Migration[];
}

/**
 * Checks a backup completely and puts a copy of it in the place of the database, which is kept as `backups/replaced.sqlite`. The
 * next start does the rest. Throws `backup_missing`, `backup_damaged`, `backup_too_new`, `backup_not_written`; then everything
 * is as it was. Throws what the operating system says where the file may not be read.
 */
export async function restoreBackup({ file, directory, migrations }: RestoreOptions): Promise<BackupMark> {
  await requireBackup(file, migrations);
  const mark = markOf(file) ?? markByContent(file);
  const path = placeOf(databasePath(directory));
  try {
    withDraft(path, (draft) => {
      copyInto(file, draft);
      writeMark(draft, mark);
      keepReplaced(path, directory);
      publish(draft, path);
    });
    giveToOwner(directory);
    return mark;
  } catch (thrown) {
    throw isDamage(thrown) ? damaged(file, thrown) : notRestored(path, thrown);
  }
}

/** Throws `backup_missing` where there is no file to restore. */
export function requireFile(file: string): void {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found?.isFile() === true) return;
  const what = found === undefined ? `There is no file ${file}` : `${file} is not a file`;
  throw refused('backup_missing', `${what}. Nothing was restored; name the file that the backup is in.`);
}

async function requireBackup(file: string, migrations: readonly Migration[]): Promise<void> {
  requireFile(file);
  closeSync(openSync(file, 'r'));
  try {
    const { signal } = new AbortController();
    await checkIntegrity(file, { isThorough: true, atOnceBelow: Number.POSITIVE_INFINITY, signal });
    refuseUnknownSchema(file, migrations);
    if (!reading(file, (database) => hasTable(database, 'setting'))) throw new Error('it holds nothing');
    if (!fitsChecksum(file)) throw new Error('it is not as it was written');
  } catch (thrown) {
    if (!(thrown instanceof BridgeError) || thrown.code !== 'database_too_new') throw damaged(file, thrown);
    const sentence = `${file} was made by a later version of monzo-bridge. Nothing was restored; install that version, then restore the backup with it.`;
    throw refused('backup_too_new', sentence, thrown);
  }
}

function damaged(file: string, cause: unknown): BridgeError {
  const sentence = `${file} is damaged or is no backup of monzo-bridge. Nothing was restored; use another backup.`;
  return refused('backup_damaged', sentence, cause);
}

function notRestored(path: string, thrown: unknown): unknown {
  if (!(thrown instanceof Error)) return thrown;
  const sentence = `${path} could not be replaced (${reasonOf(thrown)}). Nothing was restored; the database is as it was. Put that right, then restore again.`;
  return refused('backup_not_written', sentence, thrown);
}

function refused(code: string, sentence: string, cause?: unknown): BridgeError {
  return new BridgeError(code, sentence, { needsPerson: true, cause });
}

/** What root restores stays with the user whose directory it is: the bridge may run as another than root. */
function giveToOwner(directory: string): void {
  const { uid, gid } = statSync(directory);
  if (process.getuid?.() !== 0 || uid === 0) return;
  const kept = backupsIn(directory);
  const paths = [databasePath(directory), join(directory, 'lock'), kept];
  const below = existsSync(kept) ? readdirSync(kept).map((name) => join(kept, name)) : [];
  for (const path of [...paths, ...below]) if (existsSync(path)) chownSync(path, uid, gid);
}

/**
 * The database has its name until the backup takes it, so that no start in between finds none. One that no bridge has opened since
 * it was restored is a copy of its backup: what the bridge used before it stays kept.
 */
function keepReplaced(path: string, directory: string): void {
  const kept = join(backupsIn(directory), 'replaced.sqlite');
  if (sizeOf(path) === 0 || (markOf(path) !== null && sizeOf(kept) > 0)) return removeBeside(path);
  mkdirSync(dirname(kept), { recursive: true, mode: 0o700 });
  removeDatabase(kept);
  foldLog(path);
  for (const suffix of ['-wal', '-shm'])
    if (existsSync(`${path}${suffix}`)) renameSync(`${path}${suffix}`, `${kept}${suffix}`);
  linkOrCopy(path, kept);
}

/** What a process that was killed has left in the write-ahead log goes into the file. */
function foldLog(path: string): void {
  try {
    // Opened for writing, what is no database would lose its log.
    reading(path, markIn);
    const database = openDatabase(path);
    database.execute('PRAGMA wal_checkpoint(TRUNCATE)');
    database.close();
  } catch {
    // A damaged one is kept as it is.
  }
}

/**
 * Leaves the database of a locked directory, once it is closed, under the name that Home Assistant’s backups take: they run
 * `monzo-bridge backup` only while the bridge runs. The next start takes the name away again.
 */
export function leaveSnapshot(directory: string): void {
  const path = databasePath(directory);
  const snapshot = join(directory, snapshotName);
  if (sizeOf(path) === 0 || sizeOf(`${path}-wal`) > 0) return;
  withDraft(snapshot, (draft) => {
    rmSync(draft);
    linkOrCopy(path, draft);
    renameSync(draft, snapshot);
  });
}

/** Gives the snapshot in a locked directory that has no database the database's name. */
export function takeSnapshot(directory: string): void {
  const path = databasePath(directory);
  const snapshot = join(directory, snapshotName);
  const found = statSync(snapshot, { throwIfNoEntry: false });
  if (found === undefined || found.size === 0) return;
  if (sizeOf(path) > 0) {
    if (statSync(path).ino === found.ino) rmSync(snapshot);
    return;
  }
  try {
    if (markOf(snapshot) === null) writeMark(snapshot, markByContent(snapshot));
  } catch {
    // A damaged one is named when the database is checked.
  }
  removeDatabase(path);
  renameSync(snapshot, path);
  flushDirectory(directory);
}

/**
 * Notes in a database that it comes from a backup, if it says so. What was signed out since must not be signed in again, so the
 * page's sessions end.
 */
export function noteRestore(database: Database, now: Instant): void {
  const mark = markIn(database);
  if (mark === null) return;
  const settings = createSettings(database);
  // The key that was in it leaves no trace.
  database.execute('PRAGMA secure_delete = ON');
  database.transaction(() => {
    settings.delete(markKey);
    settings.set(restoredKey, { taken: mark.taken, at: now, isNew: true } satisfies Restored);
    if (hasTable(database, 'page_session')) database.run('DELETE FROM page_session');
    database.execute('PRAGMA application_id = 0');
    leavePlaces(database);
  });
  database.execute('PRAGMA secure_delete = OFF');
}

/** From which backup the database comes; null where it comes from none. */
export function restoredFrom(settings: Pick<Settings, 'get'>): Restored | null {
  const { taken, at, isNew } = (settings.get(restoredKey) ?? {}) as Partial<Restored>;
  return typeof taken === 'number' && typeof at === 'number' ? { taken, at, isNew: isNew === true } : null;
}

/** It was judged what may have happened since the backup. */
export function judgedRestore(settings: Pick<Settings, 'get' | 'set'>): void {
  const restored = restoredFrom(settings);
  if (restored !== null) settings.set(restoredKey, { ...restored, isNew: false });
}

function hasTable(database: Database, name: string): boolean {
  return database.get('SELECT 1 FROM sqlite_schema WHERE name = ?', [name], () => true) === true;
}
