import { randomBytes as systemRandomBytes } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { Instant } from '../domain/values.ts';
import type { BridgeError } from '../errors.ts';
import { createAudit, type Audit } from './audit.ts';
import { noteRestore } from './backup.ts';
import {
  createAuthorisations,
  createLearntFacts,
  createLogins,
  type Authorisations,
  type LearntFacts,
  type Logins,
} from './login-rows.ts';
import { openDatabase, type Database } from './database.ts';
import { createDeliveries, type Deliveries } from './deliveries.ts';
import {
  databasePath,
  ensurePrivateFile,
  lockDirectory,
  sizeOf,
  type DirectoryLock,
  type RandomBytes,
} from './directory.ts';
import { createEventLog, type EventLog } from './event-log.ts';
import { lastUseIn, leavePlacesAfterGap } from './last-use.ts';
import { createLedger, type Ledger } from './ledger.ts';
import { migrate, refuseUnknownSchema, type Migration } from './migrations.ts';
import { migrations as allMigrations } from './schema.ts';
import {
  createSettings,
  createShapes,
  createStoredNames,
  type Settings,
  type Shapes,
  type StoredNames,
} from './bridge-records.ts';
import { createSessionRows, type SessionRows } from './session-rows.ts';
import { createTransfers, type Transfers } from './transfer-rows.ts';
import { createVault, type Vault } from './vault.ts';

/** All stored data. One process at a time has it open, with one writing connection. */
export interface Store {
  /** Commits all writes of `fn`, in whichever part, or none if it throws. `fn` must be synchronous. */
  transaction<T>(fn: () => T): T;
  readonly ledger: Ledger;
  readonly events: EventLog;
  readonly deliveries: Deliveries;
  readonly logins: Logins;
  readonly learnt: LearntFacts;
  readonly vault: Vault;
  readonly authorisations: Authorisations;
  readonly settings: Settings;
  readonly names: StoredNames;
  readonly shapes: Shapes;
  readonly transfers: Transfers;
  readonly audit: Audit;
  readonly sessions: SessionRows;
  /** The path of the database, for read-only connections. */
  readonly path: string;
  /** When a bridge last ran with the database before this one opened it; null for a new one. */
  readonly lastUse: Instant | null;
  /** Bytes on disk, including the write-ahead log. */
  size(): number;
  /** Copies the write-ahead log into the database file. */
  checkpoint(): void;
  /** Closes the database, and releases the lock of the directory where the store took it. Idempotent. */
  close(): void;
}

export interface StoreOptions {
  readonly directory: string;
  /** The lock of the directory, where it is held already; the caller releases it then. */
  readonly lock?: DirectoryLock;
  readonly clock: Clock;
  /** 32 bytes (`secretKeyFrom`). */
  readonly secretKey: Uint8Array;
  readonly randomBytes?: RandomBytes;
  /** The time zone of local days; Europe/London if left out. */
  readonly timeZone?: string;
  /** See `DatabaseOptions`. */
  readonly beforeWrite?: ((sql: string) => void) | undefined;
  /** See `DatabaseOptions`. */
  readonly isFlushed?: boolean | undefined;
  /** See `DatabaseOptions`. */
  readonly onDamage?: ((damage: BridgeError) => void) | undefined;
  readonly migrations?: readonly Migration[];
}

/**
 * Opens the data directory: takes its lock, refuses a database of a later version or of a mixed one, and migrates an older
 * one. Throws `data_directory_in_use`, `data_directory_unusable`, `database_too_new`, `database_version_wrong`,
 * `database_unreadable`, `disk_full`, `disk_read_only`, `disk_error`.
 */
export function openStore(options: StoreOptions): Store {
  const ownLock = options.lock ? null : lockDirectory(options.directory);
  try {
    const database = openMigrated(options);
    return storeOf(database, options, () => {
      database.close();
      ownLock?.release();
    });
  } catch (thrown) {
    ownLock?.release();
    throw thrown;
  }
}

function openMigrated(options: StoreOptions): Database {
  const { directory, clock, beforeWrite, isFlushed, onDamage, migrations = allMigrations } = options;
  const path = databasePath(directory);
  ensurePrivateFile(path);
  refuseUnknownSchema(path, migrations);
  const database = openDatabase(path, { beforeWrite, isFlushed, onDamage });
  try {
    // Before a migration copies what must not stay.
    noteRestore(database, clock.now());
    migrate(database, migrations);
    leavePlacesAfterGap(database, clock.now());
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
    learnt: createLearntFacts(database),
    vault: createVault(database, { secretKey, randomBytes }),
    authorisations: createAuthorisations(database, clock),
    settings: createSettings(database),
    names: createStoredNames(database),
    shapes: createShapes(database),
    transfers: createTransfers(database),
    audit: createAudit(database),
    sessions: createSessionRows(database),
    path: database.path,
    lastUse: lastUseIn(database),
    size: () => sizeOf(database.path) + sizeOf(`${database.path}-wal`),
    checkpoint: () => database.execute('PRAGMA wal_checkpoint(TRUNCATE)'),
    close,
  };
}
