import type { HistoryProgress, Login, LoginState, LoginTrouble } from '../domain/login.ts';
import { refuse } from '../refusals/refuse.ts';
import type { Database } from './database.ts';
import { integer, integerOrNull, json, jsonOrNull, text, textOrNull, type Row } from './row.ts';

export interface Logins {
  /** In the order of their creation. */
  all(): readonly Login[];
  byId(id: string): Login | undefined;
  /** Creates or replaces. Throws `client_in_use` where another login has the same OAuth client. */
  save(login: Login): void;
  /** Deletes the row, and with it the login's secrets and its open authorisations. */
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
  if (other === undefined) return;
  throw refuse('client_in_use', { login: other });
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
