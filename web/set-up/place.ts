import type { Login } from '../api/contract.ts';

/** The steps of a set-up, in order. */
export const steps = ['client', 'credentials', 'authorise', 'approve', 'history', 'done'] as const;
export type Step = (typeof steps)[number];

/**
 * What the person last chose on this page. `auto` is the start: the page then goes wherever the bridge's own state
 * says that something was begun and not finished.
 */
export type Wish =
  | { readonly kind: 'auto' | 'overview' }
  | { readonly kind: 'add'; readonly step: 'client' | 'credentials' }
  | { readonly kind: 'set_up' | 'sign_in'; readonly id: string };

export type Place =
  | { readonly kind: 'overview' }
  | { readonly kind: 'step'; readonly step: Step; readonly login: Login | null };

const abandonedAfter = 24 * 3_600_000;
const overview: Place = { kind: 'overview' };

/** What the page shows. */
export function placeOf(wish: Wish, logins: readonly Login[], now: number): Place {
  if (wish.kind === 'overview' && logins.length > 0) return overview;
  if (wish.kind === 'add') return { kind: 'step', step: wish.step, login: null };
  const chosen = 'id' in wish ? logins.find((login) => login.id === wish.id) : undefined;
  if (chosen && wish.kind === 'set_up') return { kind: 'step', step: stepOf(chosen), login: chosen };
  if (chosen && wish.kind === 'sign_in') return signInAgain(chosen);
  if (logins.length === 0) return { kind: 'step', step: 'client', login: null };
  const begun = logins.findLast((login) => isBegun(login, now));
  return begun ? { kind: 'step', step: stepOf(begun), login: begun } : overview;
}

/** The wish that keeps a set-up on the page once it is shown, also when it is finished. */
export function pinned(wish: Wish, place: Place): Wish {
  if (wish.kind !== 'auto' || place.kind !== 'step' || place.login === null) return wish;
  return { kind: 'set_up', id: place.login.id };
}

/** The wish after something was learnt: a renewed sign-in, once begun at Monzo, is followed like a set-up. */
export function followed(wish: Wish, logins: readonly Login[]): Wish {
  if (wish.kind !== 'sign_in') return wish;
  const state = logins.find((login) => login.id === wish.id)?.state;
  return state === 'awaiting_approval' ? { kind: 'set_up', id: wish.id } : wish;
}

/** Whether a login was never connected yet. */
export function isNew({ consent, state }: Login): boolean {
  return consent.approved_at === null && state !== 'active' && state !== 'removed';
}

/** Whether something may change at any moment because somebody is busy with it. */
export function isWaiting(login: Login): boolean {
  return (
    login.state === 'authorising' ||
    login.state === 'awaiting_approval' ||
    login.state === 'needs_approval' ||
    isReadingHistory(login) ||
    isNew(login)
  );
}

export function isReadingHistory({ state, history }: Login): boolean {
  return state === 'active' && (history.state === 'running' || history.state === 'not_started');
}

function isBegun(login: Login, now: number): boolean {
  const isYoung = now - Date.parse(login.created) < abandonedAfter;
  return isYoung && (isNew(login) || isReadingHistory(login));
}

function stepOf(login: Login): Step {
  if (login.state === 'active') return isReadingHistory(login) ? 'history' : 'done';
  return login.state === 'awaiting_approval' || login.state === 'needs_approval' ? 'approve' : 'authorise';
}

/** A login that is signed in again keeps working until it has succeeded, so its state says nothing before that. */
function signInAgain(login: Login): Place {
  const step = login.state === 'awaiting_approval' ? 'approve' : 'authorise';
  return { kind: 'step', step, login };
}
