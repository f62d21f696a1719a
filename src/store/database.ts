import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { BridgeError } from '../errors.ts';
import { isBusy, storeFailure } from './failure.ts';
import type { Row, Value } from './row.ts';

export type ReadRow<T> = (row: Row) => T;

/** One connection to an SQLite file. Every failure of file or disk is a `BridgeError` (see `storeFailure`). */
export interface Database {
  readonly path: string;
  all<T>(sql: string, parameters: readonly Value[], read: ReadRow<T>): readonly T[];
  /** The first row, or undefined where there is none. */
  get<T>(sql: string, parameters: readonly Value[], read: ReadRow<T>): T | undefined;
  /** Writes, and says how many rows that changed. */
  run(sql: string, parameters?: readonly Value[]): number;
  /** Runs several statements that have no parameters. */
  execute(sql: string): void;
  /** All of `fn`'s writes, or, where it throws, none. `fn` is synchronous; a transaction inside another is refused. */
  transaction<T>(fn: () => T): T;
  /** Joins the transaction that is under way, or is one. */
  atomically<T>(fn: () => T): T;
  close(): void;
}

export interface DatabaseOptions {
  readonly readOnly?: boolean;
  /** Called before every writing statement, BEGIN and COMMIT; what it throws stops the write. */
  readonly beforeWrite?: ((sql: string) => void) | undefined;
}

const busyTimeout = 5_000;

/** What each setting is for: a power cut counts, rows name each other, and a file we are given cannot run code. */
const settings = [
  'PRAGMA synchronous = FULL',
  'PRAGMA foreign_keys = ON',
  'PRAGMA trusted_schema = OFF',
  'PRAGMA temp_store = MEMORY',
  'PRAGMA cache_size = -16000',
  'PRAGMA journal_size_limit = 67108864',
];

/**
 * Opens an SQLite file, creating it unless `readOnly`. Throws `database_unreadable` where the file is not one,
 * `disk_error` where the disk refuses it or cannot keep a write-ahead log.
 */
export function openDatabase(path: string, options: DatabaseOptions = {}): Database {
  const readOnly = options.readOnly ?? false;
  const connection = orFailure(path, () => new DatabaseSync(path, { readOnly, timeout: busyTimeout }));
  try {
    orFailure(path, () => {
      if (!readOnly) requireWriteAheadLog(connection, path);
      for (const setting of settings) connection.exec(setting);
      // Looks at the file at last: until now nothing had to read it.
      connection.prepare('SELECT count(*) FROM sqlite_schema').get();
    });
  } catch (thrown) {
    connection.close();
    throw thrown;
  }
  return databaseOf(connection, path, options.beforeWrite ?? (() => {}));
}

/** Out of reach of the garbage collector, which would close a connection that nobody keeps and so free its file. */
const holding = new Set<DatabaseSync>();

/** Holds a file against everybody else until the returned function is called or this process ends; null if somebody does. */
export function holdFile(path: string): (() => void) | null {
  const connection = orFailure(path, () => new DatabaseSync(path, { timeout: 0 }));
  try {
    connection.exec('BEGIN EXCLUSIVE');
  } catch (thrown) {
    connection.close();
    if (isBusy(thrown)) return null;
    throw storeFailure(thrown, path);
  }
  holding.add(connection);
  return () => {
    if (holding.delete(connection)) connection.close();
  };
}

function databaseOf(connection: DatabaseSync, path: string, beforeWrite: (sql: string) => void): Database {
  const prepare = statementCache(connection);
  const execute = (sql: string) => {
    beforeWrite(sql);
    orFailure(path, () => connection.exec(sql));
  };
  const transaction = <T>(fn: () => T): T => {
    if (connection.isTransaction) throw new Error('A transaction inside another one.');
    execute('BEGIN IMMEDIATE');
    try {
      const result = fn();
      if (result instanceof Promise) throw new Error('A transaction cannot wait for anything.');
      execute('COMMIT');
      return result;
    } catch (thrown) {
      rollBack(connection);
      throw thrown;
    }
  };
  return {
    path,
    all: (sql, parameters, read) =>
      orFailure(path, () =>
        prepare(sql)
          .all(...parameters)
          .map(read),
      ),
    get: (sql, parameters, read) =>
      orFailure(path, () => {
        const row = prepare(sql).get(...parameters);
        return row === undefined ? undefined : read(row);
      }),
    run: (sql, parameters = []) => {
      beforeWrite(sql);
      return orFailure(path, () => Number(prepare(sql).run(...parameters).changes));
    },
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

/** After some failures, a full disk among them, SQLite has already rolled back by itself. */
function rollBack(connection: DatabaseSync): void {
  if (!connection.isTransaction) return;
  try {
    connection.exec('ROLLBACK');
  } catch {
    // What made the transaction fail is the better thing to report.
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
