import { createHash } from 'node:crypto';
import { z } from 'zod';
import { sleep } from '../async.ts';
import type { Clock } from '../clock.ts';
import {
  questionNames,
  shownPosition,
  type BankPosition,
  type NotePosition,
  type QuestionName,
} from '../domain/bank-questions.ts';
import { categoryName, type EventNames, type KeptName } from '../domain/names.ts';
import type { Instant } from '../domain/values.ts';
import { durations } from '../limits.ts';
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

/** Names that outlast what Monzo shows: of accounts and pots, closed ones included, and those that people give to categories. */
export interface StoredNames extends EventNames {
  /** The last names of all accounts and pots that were ever shown. */
  readonly kept: () => readonly KeptName[];
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
      database.get('SELECT name FROM kept_name WHERE id = ?', [id], (row) => text(row, 'name')) ?? null,
    kept: () =>
      database.all('SELECT * FROM kept_name ORDER BY name, id', [], (row) => ({
        id: text(row, 'id'),
        accountId: text(row, 'account_id'),
        name: text(row, 'name'),
      })),
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

/** How the bank was seen to behave: the first sight of each position. */
export interface BankPositions {
  /** Keeps a position that is new. Never throws. */
  readonly note: NotePosition;
  /** In the order of the questions, and of each the first seen first. */
  all(): readonly BankPosition[];
  /** Stores what is new. Never throws: what is lost is seen again. */
  close(): void;
}

export interface PositionsOptions {
  readonly settings: Settings;
  readonly clock: Clock;
  /** Told of each new position. */
  readonly onNew?: ((position: BankPosition) => void) | undefined;
}

/** The first hour shows most: it is written together. Of each question no more is kept than this, whatever the bank says. */
const savedAfter = durations.hour;
const mostPositions = 60;

const positionsKey = 'bank_positions';
const storedPositions = z.array(z.tuple([z.string(), z.string(), z.number()])).catch([]);

export function createBankPositions({ settings, clock, onNew }: PositionsOptions): BankPositions {
  const seen = new Map<QuestionName, Map<string, number>>(questionNames.map((name) => [name, new Map()]));
  for (const [question, position, at] of storedPositions.parse(settings.get(positionsKey)))
    if (shownPosition(question, position) === position) seen.get(question as QuestionName)?.set(position, at);
  const stop = new AbortController();
  let isSaved = true;
  let saving: Promise<void> | null = null;

  const all = () =>
    questionNames.flatMap((question) =>
      [...(seen.get(question) ?? [])].map(([position, firstSeen]) => ({ question, position, firstSeen })),
    );
  const save = () => {
    if (isSaved) return;
    try {
      settings.set(
        positionsKey,
        all().map(({ question, position, firstSeen }) => [question, position, firstSeen]),
      );
      isSaved = true;
    } catch {
      // A disk that is full is told elsewhere; the next new position tries again.
    }
  };
  const saveSoon = async () => {
    const isOver = await sleep(clock, savedAfter, stop.signal);
    saving = null;
    if (isOver) save();
  };
  return {
    note: (question, text) => {
      const position = shownPosition(question, text);
      const known = seen.get(question);
      if (position === null || !known || known.has(position) || known.size >= mostPositions) return;
      const firstSeen = clock.now();
      known.set(position, firstSeen);
      isSaved = false;
      onNew?.({ question, position, firstSeen });
      saving ??= saveSoon();
    },
    all,
    close: () => {
      stop.abort(new Error('the bridge is stopping'));
      save();
    },
  };
}
