import type { PartHealth } from '../domain/health.ts';
import type { Login } from '../domain/login.ts';

/** How a login does: well, in passing trouble, or waiting for its person. */
export function loginHealth({ id, state, needs, name }: Login): PartHealth {
  const part = `login ${id}`;
  if (state === 'active') return { part, state: needs === null ? 'ok' : 'degraded', sentence: needs };
  return { part, state: 'needs_user', sentence: needs ?? `${name}: this login is not connected yet.` };
}
