import type { Login } from '../api/contract.ts';
import { isReadingHistory } from '../set-up/place.ts';

/** Green only where nothing is left to do, neither for a person nor for the bridge. */
export function toneOfLogin(login: Login): 'good' | 'calm' | 'warn' | 'bad' {
  const { state, needs, history } = login;
  if (state === 'needs_authorisation') return 'bad';
  if (state !== 'active' || needs !== null) return 'warn';
  return isReadingHistory(login) || history.missing !== null ? 'calm' : 'good';
}
