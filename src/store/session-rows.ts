import type { Instant } from '../domain/values.ts';
import type { Database } from './database.ts';
import { integer, text } from './rows.ts';

/** The sessions of the page. A cookie's own text is never stored, only its digest. */
export const sessionsSchema = `
CREATE TABLE page_session (
  id TEXT PRIMARY KEY,
  digest TEXT NOT NULL UNIQUE,
  began_under TEXT NOT NULL,
  browser TEXT NOT NULL,
  created INTEGER NOT NULL,
  last_used INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`;

export interface StoredSession {
  /** Names the session in lists; nobody can sign in with it. */
  readonly id: string;
  /** Of the text in the browser's cookie. */
  readonly digest: string;
  /** Stands for the admin token at that time: with another one the session is over. */
  readonly beganUnder: string;
  readonly browser: string;
  readonly created: Instant;
  readonly lastUsed: Instant;
}

export interface SessionRows {
  /** Those that began under this token, the least recently used first. */
  of(beganUnder: string): readonly StoredSession[];
  /** Also forgets those that began under another token. */
  add(session: StoredSession): void;
  touch(id: string, lastUsed: Instant): void;
  remove(ids: readonly string[]): void;
}

export function createSessionRows(database: Database): SessionRows {
  return {
    of: (beganUnder) =>
      database.all(
        'SELECT * FROM page_session WHERE began_under = ? ORDER BY last_used, id',
        [beganUnder],
        (row) => ({
          id: text(row, 'id'),
          digest: text(row, 'digest'),
          beganUnder: text(row, 'began_under'),
          browser: text(row, 'browser'),
          created: integer(row, 'created'),
          lastUsed: integer(row, 'last_used'),
        }),
      ),
    add: ({ id, digest, beganUnder, browser, created, lastUsed }) =>
      database.atomically(() => {
        database.run('DELETE FROM page_session WHERE began_under <> ?', [beganUnder]);
        const values = [id, digest, beganUnder, browser, created, lastUsed];
        database.run('INSERT INTO page_session VALUES (?, ?, ?, ?, ?, ?)', values);
      }),
    touch: (id, lastUsed) => {
      database.run('UPDATE page_session SET last_used = ? WHERE id = ?', [lastUsed, id]);
    },
    remove: (ids) =>
      database.atomically(() => {
        for (const id of ids) database.run('DELETE FROM page_session WHERE id = ?', [id]);
      }),
  };
}
