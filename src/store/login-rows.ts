import { createHash } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { nothingLearnt, type Learnt } from '../domain/learnt.ts';
import type { HistoryProgress, Login, LoginState, LoginTrouble } from '../domain/login.ts';
import type { Instant } from '../domain/values.ts';
import { refuse } from '../refusals/refuse.ts';
import type { Database, Row } from './database.ts';
import { integer, integerOrNull, json, jsonOrNull, text, textOrNull } from './rows.ts';

export interface Logins {
  /** In the order of creation. */
  all(): readonly Login[];
  byId(id: string): Login | undefined;
  /** Creates or replaces. Throws `client_in_use` if another login has the same OAuth client. */
  save(login: Login): void;
  /** Deletes the row, the login's secrets and its open authorisations. */
  remove(id: string): void;
}

const saving = `
INSERT INTO login (id, name, client_id, redirect_uri, user_id, state, trouble, created, active_since, approved_at, last_success, history)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET
  name = excluded.name, client_id = excluded.client_id, redirect_uri = excluded.redirect_uri,
  user_id = excluded.user_id, state = excluded.state, trouble = excluded.trouble, created = excluded.created,
  active_since = excluded.active_since, approved_at = excluded.approved_at,
  last_success = excluded.last_success, history = excluded.history`;

export function createLogins(database: Database): Logins {
  return {
    all: () => database.all('SELECT * FROM login ORDER BY created, id', [], readLogin),
    byId: (id) => database.get('SELECT * FROM login WHERE id = ?', [id], readLogin),
    save: (login) =>
      database.atomically(() => {
        refuseTakenClient(database, login);
        database.run(saving, valuesOf(login));
      }),
    remove: (id) => {
      database.run('DELETE FROM login WHERE id = ?', [id]);
    },
  };
}

function refuseTakenClient(database: Database, { id, clientId }: Login): void {
  const sql = 'SELECT name FROM login WHERE client_id = ? AND id <> ?';
  const other = database.get(sql, [clientId, id], (row) => text(row, 'name'));
  if (other !== undefined) throw refuse('client_in_use', { login: other });
}

function valuesOf(login: Login) {
  return [
    login.id,
    login.name,
    login.clientId,
    login.redirectUri,
    login.userId,
    login.state,
    login.trouble === null ? null : JSON.stringify(login.trouble),
    login.created,
    login.activeSince,
    login.approvedAt,
    login.lastSuccess,
    JSON.stringify(login.history),
  ];
}

function readLogin(row: Row): Login {
  return {
    id: text(row, 'id'),
    name: text(row, 'name'),
    clientId: text(row, 'client_id'),
    redirectUri: text(row, 'redirect_uri'),
    userId: textOrNull(row, 'user_id'),
    state: text(row, 'state') as LoginState,
    trouble: jsonOrNull(row, 'trouble') as LoginTrouble | null,
    created: integer(row, 'created'),
    activeSince: integerOrNull(row, 'active_since'),
    approvedAt: integerOrNull(row, 'approved_at'),
    lastSuccess: integerOrNull(row, 'last_success'),
    history: json(row, 'history') as HistoryProgress,
  };
}

export const learntSchema = `
CREATE TABLE learnt (
  login_id TEXT PRIMARY KEY REFERENCES login (id) ON DELETE CASCADE,
  facts TEXT NOT NULL
) STRICT, WITHOUT ROWID;
`;

/** What the bank was seen to do, by login. */
export interface LearntFacts {
  /** Facts that were never learnt are as in `nothingLearnt`. */
  of(loginId: string): Learnt;
  /** Adds to what is known or replaces it. A login that was removed learns nothing more. */
  save(loginId: string, facts: Partial<Learnt>): void;
}

export function createLearntFacts(database: Database): LearntFacts {
  const of = (loginId: string): Learnt => {
    const sql = 'SELECT facts FROM learnt WHERE login_id = ?';
    const known = database.get(sql, [loginId], (row) => json(row, 'facts') as Partial<Learnt>);
    return { ...nothingLearnt, ...known };
  };
  return {
    of,
    save: (loginId, facts) =>
      database.atomically(() => {
        const sql =
          'INSERT INTO learnt (login_id, facts) SELECT id, ? FROM login WHERE id = ? ON CONFLICT DO UPDATE SET facts = excluded.facts';
        database.run(sql, [JSON.stringify({ ...of(loginId), ...facts }), loginId]);
      }),
  };
}

/** OAuth states of sign-ins in progress, each valid for one callback. Only their hashes are stored. */
export interface Authorisations {
  begin(authorisation: NewAuthorisation): void;
  /** Uses the state up and returns its login, or why it is not valid. */
  take(state: string, now: Instant): TakenAuthorisation;
  /** The login of the state, without using it up; null for an unknown state. */
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

/** Expired states are kept for so many milliseconds, so that a late callback gets the right reason. */
const keptAfterExpiry = 7 * 24 * 3_600_000;

export function createAuthorisations(database: Database, clock: Clock): Authorisations {
  return {
    begin: ({ loginId, redirectUri, state, expires }) =>
      database.atomically(() => {
        const now = clock.now();
        database.run('DELETE FROM authorisation WHERE expires < ?', [now - keptAfterExpiry]);
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
