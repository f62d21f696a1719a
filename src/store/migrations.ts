import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { BridgeError } from '../errors.ts';
import { openDatabase, openMemory, type Database } from './database.ts';
import { ensurePrivateFile } from './directory.ts';
import { integer, text, textOrNull } from './rows.ts';

/** One step of the schema. Versions count up from 1 without gaps. */
export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
}

const backupsKept = 2;
const backupName = /^before-(\d+)\.sqlite$/;

/**
 * Throws `database_too_new` if a later version of the program has written the database, and `database_version_wrong` if
 * its tables are not those of the version it says it has. Leaves the file unchanged. Call it before opening the database
 * for writing.
 */
export function refuseUnknownSchema(path: string, migrations: readonly Migration[]): void {
  if (!existsSync(path) || statSync(path).size === 0) return;
  const database = openDatabase(path, { readOnly: true });
  try {
    const found = versionOf(database);
    const known = migrations.at(-1)?.version ?? 0;
    if (found > known) throw tooNew(path, { found, known });
    if (isEmpty(database) && found === 0) return;
    if (!isSchemaOf(database, migrations, found)) throw versionWrong(path, found);
  } finally {
    database.close();
  }
}

function tooNew(path: string, { found, known }: { readonly found: number; readonly known: number }) {
  const sentence = `${path} was written by a later version of monzo-bridge (its schema is ${found}, this program knows ${known}). It was left unchanged. Install that version again, or restore a backup from the directory "backups" beside it.`;
  return new BridgeError('database_too_new', sentence, { needsPerson: true });
}

function versionWrong(path: string, found: number): BridgeError {
  const sentence = `${path} says that its schema has version ${found}, but its tables are not those of that version: the version was changed by hand, or the file was put together from several. It was left unchanged. Set the version back, or restore a backup: one of yours, or one from the directory "backups" beside it.`;
  return new BridgeError('database_version_wrong', sentence, { needsPerson: true });
}

/** Tables with their columns, indexes and triggers, by name. */
type Shape = ReadonlyMap<string, string>;

/** Whether a database has everything of a version, and nothing that only other versions have; what is nobody's may stay. */
function isSchemaOf(database: Database, migrations: readonly Migration[], version: number): boolean {
  const actual = shapeOf(database);
  const wanted = shapeAt(migrations, version);
  const latest = shapeAt(migrations, migrations.length);
  return [...new Set([...wanted.keys(), ...latest.keys()])].every(
    (name) => actual.get(name) === wanted.get(name),
  );
}

function shapeOf(database: Database): Shape {
  const rows = database.all(
    `SELECT name, type, CASE type WHEN 'table'
       THEN (SELECT group_concat(name) FROM (SELECT c.name FROM pragma_table_xinfo(o.name) c ORDER BY c.name)) END AS columns
     FROM sqlite_schema o WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'`,
    [],
    (row) => [text(row, 'name'), `${text(row, 'type')} ${textOrNull(row, 'columns') ?? ''}`] as const,
  );
  return new Map(rows);
}

const shapes = new WeakMap<readonly Migration[], Map<number, Shape>>();

/** The shape that the migrations lead to, up to a version. */
function shapeAt(migrations: readonly Migration[], version: number): Shape {
  const known = shapes.get(migrations) ?? new Map<number, Shape>();
  shapes.set(migrations, known);
  const existing = known.get(version);
  if (existing) return existing;
  const database = openMemory();
  for (const migration of migrations) if (migration.version <= version) database.execute(migration.sql);
  const shape = shapeOf(database);
  database.close();
  known.set(version, shape);
  return shape;
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
