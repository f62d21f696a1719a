import type { PartHealth } from '../domain/health.ts';
import type { Login } from '../domain/login.ts';

/** How a login does: well, in passing trouble, or waiting for its person. */
export function loginHealth(login: Login): PartHealth {
  const { id, state, needs, name } = login;
  const part = `login ${id}`;
  if (state === 'active')
    return { part, state: needs === null ? 'ok' : 'degraded', sentence: needs ?? historySentence(login) };
  return { part, state: 'needs_user', sentence: needs ?? `${name}: this login is not connected yet.` };
}

/** How far the history is, while it is read or where a part of it is missing. */
function historySentence({ history: { state, read, missing } }: Login): string | null {
  if (state === 'running') return `The history is being read: ${read} transactions so far.`;
  return missing;
}
