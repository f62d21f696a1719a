import { randomBytes as systemRandomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import { createAudit, type Audit } from './audit.ts';
import { createAuthorisations, type Authorisations } from './authorisations.ts';
import { openDatabase, type Database } from './database.ts';
import { createDeliveries, type Deliveries } from './deliveries.ts';
import { ensurePrivateFile, type RandomBytes } from './directory.ts';
import { createEventLog, type EventLog } from './event-log.ts';
import { createLedger, type Ledger } from './ledger.ts';
import { lockDirectory } from './lock.ts';
import { createLogins, type Logins } from './logins.ts';
import { migrate, refuseNewer, type Migration } from './migrations.ts';
import { migrations as allMigrations } from './schema.ts';
import { createSettings, type Settings } from './settings.ts';
import { createShapes, type Shapes } from './shapes.ts';
import { createTransfers, type Transfers } from './transfers.ts';
import { createVault, type Vault } from './vault.ts';

/** Everything on disk. One process at a time holds it, through one writing connection. */
export interface Store {
  /** All of `fn`'s writes, whichever part makes them, or, where it throws, none. `fn` is synchronous. */
  transaction<T>(fn: () => T): T;
  readonly ledger: Ledger;
  readonly events: EventLog;
  readonly deliveries: Deliveries;
  readonly logins: Logins;
  readonly vault: Vault;
  readonly authorisations: Authorisations;
  readonly settings: Settings;
  readonly shapes: Shapes;
  readonly transfers: Transfers;
  readonly audit: Audit;
  /** Where the database is, for read-only connections. */
  readonly path: string;
  /** Bytes on disk, the write-ahead log included. */
  size(): number;
  /** Brings the write-ahead log into the database file. */
  checkpoint(): void;
  /** Idempotent; lets the next process in. */
  close(): void;
}

export interface StoreOptions {
  readonly directory: string;
  readonly clock: Clock;
  /** 32 bytes (`secretKeyFrom`). */
  readonly secretKey: Uint8Array;
  readonly randomBytes?: RandomBytes;
  /** Whose days transactions fall on. */
  readonly timeZone?: string;
  /** See `DatabaseOptions`. */
  readonly beforeWrite?: ((sql: string) => void) | undefined;
  readonly migrations?: readonly Migration[];
}

/**
 * Opens the data directory: takes its lock, refuses a database of a later version untouched, brings an older one
 * up to date. Throws `data_directory_in_use`, `data_directory_unusable`, `database_too_new`,
 * `database_unreadable`, `disk_full`, `disk_error`.
 */
export function openStore(options: StoreOptions): Store {
  const lock = lockDirectory(options.directory);
  try {
    const database = openMigrated(options);
    return storeOf(database, options, () => {
      database.close();
      lock.release();
    });
  } catch (thrown) {
    lock.release();
    throw thrown;
  }
}

function openMigrated({ directory, beforeWrite, migrations = allMigrations }: StoreOptions): Database {
  const path = join(directory, 'monzo-bridge.sqlite');
  ensurePrivateFile(path);
  refuseNewer(path, migrations);
  const database = openDatabase(path, { beforeWrite });
  try {
    migrate(database, migrations);
    return database;
  } catch (thrown) {
    database.close();
    throw thrown;
  }
}

function storeOf(database: Database, options: StoreOptions, close: () => void): Store {
  const { clock, secretKey, randomBytes = systemRandomBytes, timeZone = 'Europe/London' } = options;
  return {
    transaction: (fn) => database.transaction(fn),
    ledger: createLedger(database, timeZone),
    events: createEventLog(database),
    deliveries: createDeliveries(database, clock),
    logins: createLogins(database),
    vault: createVault(database, { secretKey, randomBytes }),
    authorisations: createAuthorisations(database, clock),
    settings: createSettings(database),
    shapes: createShapes(database),
    transfers: createTransfers(database),
    audit: createAudit(database),
    path: database.path,
    size: () => sizeOf(database.path) + sizeOf(`${database.path}-wal`),
    checkpoint: () => database.execute('PRAGMA wal_checkpoint(TRUNCATE)'),
    close,
  };
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
