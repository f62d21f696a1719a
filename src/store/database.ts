import { rmSync, statfsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { tagsOf } from '../domain/tags.ts';
import { BridgeError } from '../errors.ts';
import { refuse } from '../refusals/refuse.ts';

/** What SQLite stores in a column and takes as a parameter. */
export type Value = null | number | bigint | string | Uint8Array;

export type Row = Readonly<Record<string, Value>>;

type ReadRow<T> = (row: Row) => T;

/** One connection to an SQLite file. File and disk errors are thrown as `BridgeError` (see `storeFailure`). */
export interface Database {
  readonly path: string;
  all<T>(sql: string, parameters: readonly Value[], read: ReadRow<T>): readonly T[];
  /** The first row, or undefined if there is none. */
  get<T>(sql: string, parameters: readonly Value[], read: ReadRow<T>): T | undefined;
  /** Writes, and returns the number of changed rows. */
  run(sql: string, parameters?: readonly Value[]): number;
  /** Runs one or more statements without parameters. */
  execute(sql: string): void;
  /** Commits all writes of `fn`, or none if it throws. `fn` must be synchronous; nested transactions throw. */
  transaction<T>(fn: () => T): T;
  /** Runs `fn` in the open transaction, or in one of its own. */
  atomically<T>(fn: () => T): T;
  close(): void;
}

export interface DatabaseOptions {
  readonly readOnly?: boolean;
  /** Called before every writing statement, BEGIN and COMMIT; throwing prevents the write. */
  readonly beforeWrite?: ((sql: string) => void) | undefined;
  /** Whether a commit has reached the disk when it returns. True if left out; only tests may say false. */
  readonly isFlushed?: boolean | undefined;
  /** Told where the file turns out to be damaged after it was opened. The statement fails as well. */
  readonly onDamage?: ((damage: BridgeError) => void) | undefined;
}

const busyTimeout = 5_000;

/** FULL survives a power cut; an untrusted schema keeps a file from somewhere else from running code. */
const settings = [
  'PRAGMA synchronous = FULL',
  'PRAGMA foreign_keys = ON',
  'PRAGMA trusted_schema = OFF',
  'PRAGMA temp_store = MEMORY',
  'PRAGMA journal_size_limit = 67108864',
];

/**
 * Opens an SQLite file, and creates it unless `readOnly`. Throws `database_unreadable` if the file is not a database,
 * `disk_error` if it cannot be read or written or the file system does not support a write-ahead log.
 */
export function openDatabase(path: string, options: DatabaseOptions = {}): Database {
  const readOnly = options.readOnly ?? false;
  const connection = orFailure(path, () => new DatabaseSync(path, { readOnly, timeout: busyTimeout }));
  try {
    orFailure(path, () => {
      if (!readOnly) requireWriteAheadLog(connection, path);
      for (const setting of settings) connection.exec(setting);
      if (options.isFlushed === false) connection.exec('PRAGMA synchronous = OFF');
      // The first statement that reads the file, so that a damaged one is refused here.
      connection.prepare('SELECT count(*) FROM sqlite_schema').get();
    });
  } catch (thrown) {
    connection.close();
    throw thrown;
  }
  return databaseOf(connection, path, options);
}

/** An empty database in memory. */
export function openMemory(): Database {
  return databaseOf(new DatabaseSync(':memory:'), ':memory:', {});
}

/** Referenced here so that the garbage collector does not close a connection and so release its lock. */
const held = new Set<DatabaseSync>();

/**
 * Locks a file until the returned function is called or this process ends. Returns null if another connection has the
 * lock.
 */
export function holdFile(path: string): (() => void) | null {
  const connection = orFailure(path, () => new DatabaseSync(path, { timeout: 0 }));
  try {
    connection.exec('BEGIN EXCLUSIVE');
  } catch (thrown) {
    connection.close();
    if (isBusy(thrown)) return null;
    throw storeFailure(thrown, path);
  }
  held.add(connection);
  return () => {
    if (held.delete(connection)) connection.close();
  };
}

/** Whether another connection has locked a file with `holdFile`. False where that cannot be told. */
export function isHeld(path: string): boolean {
  try {
    const connection = new DatabaseSync(path, { readOnly: true, timeout: 0 });
    try {
      connection.prepare('SELECT count(*) FROM sqlite_schema').get();
      return false;
    } finally {
      connection.close();
    }
  } catch (thrown) {
    return isBusy(thrown);
  }
}

function databaseOf(connection: DatabaseSync, path: string, options: DatabaseOptions): Database {
  const { beforeWrite = () => {}, onDamage = () => {} } = options;
  connection.function('has_tag', { deterministic: true }, (notes, tag) =>
    Number(typeof notes === 'string' && typeof tag === 'string' && tagsOf(notes).includes(tag)),
  );
  const prepare = statementCache(connection);
  const attempt = <T>(fn: () => T): T => {
    try {
      return orFailure(path, fn);
    } catch (thrown) {
      if (isDamage(thrown)) onDamage(thrown);
      throw thrown;
    }
  };
  const execute = (sql: string) => {
    beforeWrite(sql);
    attempt(() => connection.exec(sql));
  };
  const run = (sql: string, parameters: readonly Value[] = []) => {
    beforeWrite(sql);
    return attempt(() => Number(prepare(sql).run(...parameters).changes));
  };
  const transaction = <T>(fn: () => T): T => {
    if (connection.isTransaction) throw new Error('A transaction inside another one.');
    run('BEGIN IMMEDIATE');
    try {
      const result = fn();
      if (result instanceof Promise) throw new Error('A transaction cannot wait for anything.');
      run('COMMIT');
      return result;
    } catch (thrown) {
      rollBack(connection);
      throw thrown;
    }
  };
  return {
    path,
    all: (sql, parameters, read) =>
      attempt(() =>
        prepare(sql)
          .all(...parameters)
          .map(read),
      ),
    get: (sql, parameters, read) =>
      attempt(() => {
        const row = prepare(sql).get(...parameters);
        return row === undefined ? undefined : read(row);
      }),
    run,
    execute,
    transaction,
    atomically: (fn) => (connection.isTransaction ? fn() : transaction(fn)),
    close: () => {
      if (connection.isOpen) connection.close();
    },
  };
}

function orFailure<T>(path: string, fn: () => T): T {
  try {
    return fn();
  } catch (thrown) {
    throw storeFailure(thrown, path);
  }
}

/** After some errors, such as a full disk, SQLite has already rolled back. */
function rollBack(connection: DatabaseSync): void {
  if (!connection.isTransaction) return;
  try {
    connection.exec('ROLLBACK');
  } catch {
    // The error that made the transaction fail is reported instead.
  }
}

function statementCache(connection: DatabaseSync): (sql: string) => StatementSync {
  const statements = new Map<string, StatementSync>();
  return (sql) => {
    const known = statements.get(sql);
    if (known) return known;
    const statement = connection.prepare(sql);
    statements.set(sql, statement);
    return statement;
  };
}

function requireWriteAheadLog(connection: DatabaseSync, path: string): void {
  const mode = connection.prepare('PRAGMA journal_mode = WAL').get()?.['journal_mode'];
  if (mode === 'wal') return;
  const sentence = `The file system that holds ${path} cannot keep a write-ahead log. Choose a MONZO_BRIDGE_DATA_DIR on a local disk.`;
  throw new BridgeError('disk_error', sentence, { needsPerson: true });
}

/** SQLite's primary result codes that concern the file and its disk rather than our SQL. */
const busy = new Set([5, 6]);
const unreadable = new Set([11, 26]);
const refusedByDisk = new Set([3, 8, 10, 14, 15, 22]);
const full = 13;

/**
 * Turns an SQLite error about the file at `path` into a `BridgeError` with a remedy: `disk_full`, `disk_read_only` and
 * `database_busy` (retryable), `disk_error` and `database_unreadable` (a person must act). Returns any other error, such as a mistake
 * in our SQL, unchanged.
 */
export function storeFailure(thrown: unknown, path: string): unknown {
  const result = primaryResult(thrown);
  if (result === null) return thrown;
  const directory = dirname(path);
  if (result === full || (refusedByDisk.has(result) && isFull(directory)))
    return refuse('disk_full', { when: 'running' }, { cause: thrown });
  if (refusedByDisk.has(result) && isReadOnly(directory))
    return refuse('disk_read_only', { when: 'running', path }, { cause: thrown });
  if (refusedByDisk.has(result)) return diskError(thrown, path);
  if (unreadable.has(result)) return databaseUnreadable(path, thrown);
  return busy.has(result) ? refuse('database_busy', { path }, { cause: thrown }) : thrown;
}

/** Whether the error says that another connection has the lock. */
export function isBusy(thrown: unknown): boolean {
  return busy.has(primaryResult(thrown) ?? 0);
}

/** The lowest byte of an extended result code is the primary one. */
function primaryResult(thrown: unknown): number | null {
  if (!(thrown instanceof Error) || !('errcode' in thrown)) return null;
  return typeof thrown.errcode === 'number' ? thrown.errcode & 0xff : null;
}

/** With less free space than this, in bytes, any refused write counts as a full disk. */
const fullBelow = 1_048_576;

/** Whether the disk of a directory has no space left: some file systems report that as an input/output error. */
function isFull(directory: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(directory);
    return bavail * bsize < fullBelow;
  } catch {
    return false;
  }
}

/**
 * Whether the file system of a directory takes no writes at all. Found out by trying one, because a file system that
 * stopped itself after an error still says that it is writable.
 */
export function isReadOnly(directory: string): boolean {
  const probe = join(directory, `.probe.${process.pid}`);
  try {
    writeFileSync(probe, '', { mode: 0o600 });
    rmSync(probe, { force: true });
    return false;
  } catch (thrown) {
    return thrown instanceof Error && 'code' in thrown && thrown.code === 'EROFS';
  }
}

function diskError(cause: unknown, path: string): BridgeError {
  const sentence = `The disk refused to read or write ${path}. Check its permissions and its health, then restart the bridge.`;
  return new BridgeError('disk_error', sentence, { needsPerson: true, cause });
}

/** Whether an error says that the database is damaged. */
export function isDamage(thrown: unknown): thrown is BridgeError {
  return thrown instanceof BridgeError && thrown.code === 'database_unreadable';
}

/** The error of a database that is damaged. */
export function databaseUnreadable(path: string, cause: unknown): BridgeError {
  const sentence = `${path} is damaged or is not a database. Move that file away together with those whose names add -wal and -shm, and put a backup in its place: one of yours, or the newest in ${join(dirname(path), 'backups')}. Without a backup the bridge begins anew, and reads from Monzo what Monzo still shows.`;
  return new BridgeError('database_unreadable', sentence, { needsPerson: true, cause });
}
