import { createHash } from 'node:crypto';
import { categoryName, type EventNames } from '../domain/names.ts';
import type { Instant } from '../domain/values.ts';
import type { Database } from './database.ts';
import { integer, json, text } from './rows.ts';

/** Values that the bridge keeps under a key, as JSON. The reader of a value checks its shape. */
export interface Settings {
  /** Undefined if the key was never set. */
  get(key: string): unknown;
  set(key: string, value: unknown): void;
  delete(key: string): void;
}

export function createSettings(database: Database): Settings {
  return {
    get: (key) => database.get('SELECT value FROM setting WHERE key = ?', [key], (row) => json(row, 'value')),
    set: (key, value) => {
      const sql =
        'INSERT INTO setting (key, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value';
      database.run(sql, [key, JSON.stringify(value)]);
    },
    delete: (key) => {
      database.run('DELETE FROM setting WHERE key = ?', [key]);
    },
  };
}

/** Names that outlast what Monzo shows: of pots, deleted ones included, and those that people give to their categories. */
export interface StoredNames extends EventNames {
  /** The names that people gave, by category. */
  readonly given: () => ReadonlyMap<string, string>;
  /** An empty name takes the name away. */
  readonly nameCategory: (category: string, name: string) => void;
}

const categoryNamesKey = 'category_names';

export function createStoredNames(database: Database): StoredNames {
  const settings = createSettings(database);
  const given = () =>
    new Map((settings.get(categoryNamesKey) ?? []) as readonly (readonly [string, string])[]);
  return {
    pot: (id) =>
      database.get('SELECT name FROM pot_name WHERE id = ?', [id], (row) => text(row, 'name')) ?? null,
    given,
    category: (category) => categoryName(category, given()),
    nameCategory: (category, name) => {
      const named = new Map(given());
      if (name === '') named.delete(category);
      else named.set(category, name);
      settings.set(categoryNamesKey, [...named]);
    },
  };
}

/** A part of an answer from the bank that does not have the expected format. */
export interface UnknownShape {
  /** The answer it was found in. */
  readonly where: string;
  /** The path within that answer. */
  readonly path: string;
  readonly expected: string;
  /** The type that was found instead; never the content, because then every row would be a new shape. */
  readonly got: string;
  readonly raw: string;
}

export interface KnownShape extends UnknownShape {
  readonly fingerprint: string;
  readonly firstSeen: Instant;
  readonly lastSeen: Instant;
  readonly count: number;
}

export interface Shapes {
  /** Counts it and returns whether the shape is new. Only the `raw` of the first one is kept. */
  note(shape: UnknownShape, at: Instant): boolean;
  /** In the order in which they were first seen. */
  all(): readonly KnownShape[];
}

const noting = `
INSERT INTO unknown_shape (fingerprint, place, path, expected, got, first_seen, last_seen, count, raw)
VALUES (?, ?, ?, ?, ?, ?, ?, 1, ?) ON CONFLICT DO NOTHING`;

const counting =
  'UPDATE unknown_shape SET count = count + 1, last_seen = max(last_seen, ?) WHERE fingerprint = ?';

export function createShapes(database: Database): Shapes {
  return {
    note: (shape, at) =>
      database.atomically(() => {
        const { where, path, expected, got, raw } = shape;
        const fingerprint = fingerprintOf(shape);
        const isNew = database.run(noting, [fingerprint, where, path, expected, got, at, at, raw]) === 1;
        if (!isNew) database.run(counting, [at, fingerprint]);
        return isNew;
      }),
    all: () =>
      database.all('SELECT * FROM unknown_shape ORDER BY first_seen, fingerprint', [], (row) => ({
        fingerprint: text(row, 'fingerprint'),
        where: text(row, 'place'),
        path: text(row, 'path'),
        expected: text(row, 'expected'),
        got: text(row, 'got'),
        firstSeen: integer(row, 'first_seen'),
        lastSeen: integer(row, 'last_seen'),
        count: integer(row, 'count'),
        raw: text(row, 'raw'),
      })),
  };
}

function fingerprintOf({ where, path, expected, got }: UnknownShape): string {
  const shape = JSON.stringify([where, path, expected, got]);
  return createHash('sha256').update(shape).digest('hex').slice(0, 16);
}
