import { listOf } from '../contract/elements.ts';
import { loginSchema, type LoginItem } from '../contract/login-data.ts';
import type { Client } from './client.ts';
import { CommandFailure } from './failure.ts';

const loginList = listOf(loginSchema);

export async function allLogins(client: Client): Promise<readonly LoginItem[]> {
  return (await client.json(loginList, { path: '/api/logins' })).items;
}

/** The login with this id, or, where that is unique, this name. Throws `unknown_login`, `ambiguous_login`. */
export async function loginNamed(client: Client, idOrName: string): Promise<LoginItem> {
  const logins = await allLogins(client);
  const byId = logins.find(({ id }) => id === idOrName);
  if (byId) return byId;
  const named = logins.filter(({ name }) => name.toLowerCase() === idOrName.toLowerCase());
  const [only] = named;
  if (only && named.length === 1) return only;
  throw only
    ? new CommandFailure('ambiguous_login', `Several logins are called ${idOrName}; use the id instead.`)
    : new CommandFailure('unknown_login', `There is no login ${idOrName}; see: monzo-bridge login list`);
}

/** The path of a login's resource, whatever its id consists of. */
export function pathOf(id: string, action = ''): string {
  return `/api/logins/${encodeURIComponent(id)}${action}`;
}
