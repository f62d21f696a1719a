import { createHash } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { Instant } from '../domain/values.ts';
import type { Database } from './database.ts';
import { integer, integerOrNull, text } from './row.ts';

/** OAuth states on their way through a browser, each good for one return. Only their hashes are stored. */
export interface Authorisations {
  begin(authorisation: NewAuthorisation): void;
  /** Uses the state up and says whose it is, or why it is worth nothing. */
  take(state: string, now: Instant): TakenAuthorisation;
  /** Whose sign-in the state belongs to, without using it up; null for one that was never begun. */
  ownerOf(state: string): string | null;
}

export interface NewAuthorisation {
  readonly loginId: string;
  readonly redirectUri: string;
  readonly state: string;
  readonly expires: Instant;
}

export type TakenAuthorisation =
  | { readonly ok: true; readonly loginId: string; readonly redirectUri: string }
  | { readonly ok: false; readonly reason: 'unknown' | 'used' | 'expired' };

/** Old states are remembered for a while, so that a late return is told the truth. */
const remembered = 7 * 24 * 3_600_000;

export function createAuthorisations(database: Database, clock: Clock): Authorisations {
  return {
    begin: ({ loginId, redirectUri, state, expires }) =>
      database.atomically(() => {
        const now = clock.now();
        database.run('DELETE FROM authorisation WHERE expires < ?', [now - remembered]);
        database.run(
          'INSERT INTO authorisation (state, login_id, redirect_uri, created, expires) VALUES (?, ?, ?, ?, ?)',
          [hashOf(state), loginId, redirectUri, now, expires],
        );
      }),
    take: (state, now) => database.atomically(() => take(database, hashOf(state), now)),
    ownerOf: (state) => {
      const sql = 'SELECT login_id FROM authorisation WHERE state = ?';
      return database.get(sql, [hashOf(state)], (row) => text(row, 'login_id')) ?? null;
    },
  };
}

function take(database: Database, hash: Uint8Array, now: Instant): TakenAuthorisation {
  const found = database.get(
    'SELECT login_id, redirect_uri, expires, used FROM authorisation WHERE state = ?',
    [hash],
    (row) => ({
      loginId: text(row, 'login_id'),
      redirectUri: text(row, 'redirect_uri'),
      expires: integer(row, 'expires'),
      used: integerOrNull(row, 'used'),
    }),
  );
  if (!found) return { ok: false, reason: 'unknown' };
  if (found.used !== null) return { ok: false, reason: 'used' };
  if (found.expires <= now) return { ok: false, reason: 'expired' };
  database.run('UPDATE authorisation SET used = ? WHERE state = ?', [now, hash]);
  return { ok: true, loginId: found.loginId, redirectUri: found.redirectUri };
}

function hashOf(state: string): Uint8Array {
  return createHash('sha256').update(state).digest();
}
