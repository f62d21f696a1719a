import { createHash } from 'node:crypto';
import type { Instant } from '../domain/values.ts';
import type { Database } from './database.ts';
import { integer, text } from './row.ts';

/** Something of the bank's that does not look as we know it. */
export interface UnknownShape {
  /** Which answer it stood in. */
  readonly where: string;
  /** Where in that answer. */
  readonly path: string;
  readonly expected: string;
  /** What kind of thing was there instead; never its content, which would make every row a new shape. */
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
  /** Counts it, and says whether it is the first of its shape. Only the first one's `raw` is kept. */
  note(shape: UnknownShape, at: Instant): boolean;
  /** The first seen first. */
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
