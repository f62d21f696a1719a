import type { Reading } from '../domain/bank.ts';
import type { Knowledge } from '../domain/fold.ts';
import type { Database } from './database.ts';
import { integer, json, text } from './row.ts';

/** The three kinds of reading, and what their subjects are called on disk. */
const prefixes = { accounts: 'accounts/', balances: 'balance/', pots: 'pots/' } as const;

export type ReadingPart = keyof typeof prefixes;

export const readingParts: readonly ReadingPart[] = ['accounts', 'balances', 'pots'];

/** The stored readings of a part by login id (accounts) or account id (balances, pots). */
export function readReadings<Part extends ReadingPart>(database: Database, part: Part): Knowledge[Part] {
  const prefix = prefixes[part];
  const readings = database.all(
    'SELECT subject, at, value FROM reading WHERE substr(subject, 1, ?) = ? ORDER BY subject',
    [prefix.length, prefix],
    (row) =>
      [
        text(row, 'subject').slice(prefix.length),
        { at: integer(row, 'at'), value: json(row, 'value') },
      ] as const,
  );
  return new Map(readings) as ReadonlyMap<string, Reading<unknown>> as Knowledge[Part];
}

type Readings = ReadonlyMap<string, Reading<unknown>>;

/** Writes the readings that are another object than before and deletes those that are gone. */
export function writeReadings(
  database: Database,
  part: ReadingPart,
  { before, after }: { readonly before: Readings; readonly after: Readings },
): void {
  for (const [key, reading] of after) {
    if (before.get(key) === reading) continue;
    const sql =
      'INSERT INTO reading (subject, at, value) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET at = excluded.at, value = excluded.value';
    database.run(sql, [prefixes[part] + key, reading.at, JSON.stringify(reading.value)]);
  }
  for (const key of before.keys()) {
    if (!after.has(key)) deleteReading(database, part, key);
  }
}

export function deleteReading(database: Database, part: ReadingPart, key: string): void {
  database.run('DELETE FROM reading WHERE subject = ?', [prefixes[part] + key]);
}
