import type { Health, Login } from '../../api/contract.ts';
import { texts } from '../../texts/activity.ts';

/** What a part of the bridge is called. */
export function nameOfPart(part: string, logins: readonly Login[] | null): string {
  const login = logins?.find(({ id }) => part === `login ${id}`);
  return login ? texts.health.login(login.name) : texts.health.part(part);
}

export function toneOf(state: Health['state'] | 'unknown'): string {
  return state === 'ok' ? 'good' : state === 'down' ? 'bad' : state === 'unknown' ? '' : 'warn';
}
