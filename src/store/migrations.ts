import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { BridgeError } from '../errors.ts';
import { openDatabase, type Database } from './database.ts';
import { ensurePrivateFile } from './directory.ts';
import { integer } from './rows.ts';

/** One step of the schema. Versions count up from 1 without gaps. */
export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
}

const backupsKept = 2;
const backupName = /^before-(\d+)\.sqlite$/;

/**
 * Throws `database_too_new` if a later version of the program has written the database, and leaves the file unchanged.
 * Call it before opening the database for writing.
 */
export function refuseNewer(path: string, migrations: readonly Migration[]): void {
  if (!existsSync(path) || statSync(path).size === 0) return;
  const database = openDatabase(path, { readOnly: true });
  const found = versionOf(database);
  database.close();
  const known = migrations.at(-1)?.version ?? 0;
  if (found <= known) return;
  const sentence = `${path} was written by a later version of monzo-bridge (its schema is ${found}, this program knows ${known}). It was left unchanged. Install that version again, or restore a backup from the directory "backups" beside it.`;
  throw new BridgeError('database_too_new', sentence, { needsPerson: true });
}

/**
 * Migrates a database to the latest version, each step in its own transaction and after a copy of the file into
 * `backups` beside it. A database without tables is not copied.
 */
export function migrate(database: Database, migrations: readonly Migration[]): void {
  const found = versionOf(database);
  const isNew = found === 0 && isEmpty(database);
  for (const migration of migrations) {
    if (migration.version <= found) continue;
    if (!isNew) backUp(database, migration.version);
    database.transaction(() => {
      database.execute(migration.sql);
      database.execute(`PRAGMA user_version = ${migration.version}`);
    });
  }
}

/** The version of a database's schema; 0 for a new one. */
export function versionOf(database: Database): number {
  return database.get('PRAGMA user_version', [], (row) => integer(row, 'user_version')) ?? 0;
}

function isEmpty(database: Database): boolean {
  return database.get('SELECT 1 AS found FROM sqlite_schema', [], () => true) === undefined;
}

/** An interrupted copy keeps the name of the draft, so it is never mistaken for a complete one. */
function backUp(database: Database, version: number): void {
  const directory = join(dirname(database.path), 'backups');
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const draft = join(directory, 'draft.sqlite');
  rmSync(draft, { force: true });
  ensurePrivateFile(draft);
  database.run('VACUUM INTO ?', [draft]);
  renameSync(draft, join(directory, `before-${version}.sqlite`));
  for (const old of oldBackups(directory)) rmSync(join(directory, old), { force: true });
}

function oldBackups(directory: string): readonly string[] {
  const backups = readdirSync(directory).filter((name) => backupName.test(name));
  return backups.sort((a, b) => versionIn(b) - versionIn(a)).slice(backupsKept);
}

function versionIn(name: string): number {
  return Number(backupName.exec(name)?.[1] ?? 0);
}
