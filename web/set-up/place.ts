import type { Login } from '../api/contract.ts';

/** The steps of a set-up, in order. */
export const steps = ['client', 'credentials', 'authorise', 'approve', 'history', 'done'] as const;
export type Step = (typeof steps)[number];

/**
 * What the person last chose on this page. With `auto`, the start, the page continues a set-up that was begun and not
 * finished, as the bridge's state shows it.
 */
export type Choice =
  | { readonly kind: 'auto' | 'overview' }
  | { readonly kind: 'add'; readonly step: 'client' | 'credentials' }
  | { readonly kind: 'set_up' | 'sign_in'; readonly id: string };

export type Place =
  | { readonly kind: 'overview' }
  | { readonly kind: 'step'; readonly step: Step; readonly login: Login | null };

const abandonedAfter = 24 * 3_600_000;
const overview: Place = { kind: 'overview' };

/** What the page shows. */
export function placeOf(choice: Choice, logins: readonly Login[], now: number): Place {
  if (choice.kind === 'overview' && logins.length > 0) return overview;
  if (choice.kind === 'add') return { kind: 'step', step: choice.step, login: null };
  const chosen = 'id' in choice ? logins.find((login) => login.id === choice.id) : undefined;
  if (chosen && choice.kind === 'set_up') return { kind: 'step', step: stepOf(chosen), login: chosen };
  if (chosen && choice.kind === 'sign_in') return signInAgain(chosen);
  if (logins.length === 0) return { kind: 'step', step: 'client', login: null };
  const begun = logins.findLast((login) => isBegun(login, now));
  return begun ? { kind: 'step', step: stepOf(begun), login: begun } : overview;
}

/** Keeps a set-up on the page once it is shown, also after it has finished. */
export function pinned(choice: Choice, place: Place): Choice {
  if (choice.kind !== 'auto' || place.kind !== 'step' || place.login === null) return choice;
  return { kind: 'set_up', id: place.login.id };
}

/** The choice after a refresh: once a renewed sign-in has begun at Monzo, it is shown like a set-up. */
export function followed(choice: Choice, logins: readonly Login[]): Choice {
  if (choice.kind !== 'sign_in') return choice;
  const state = logins.find((login) => login.id === choice.id)?.state;
  return state === 'awaiting_approval' ? { kind: 'set_up', id: choice.id } : choice;
}

/** Whether a login has never been connected. */
export function isNew({ consent, state }: Login): boolean {
  return consent.approved_at === null && state !== 'active' && state !== 'removed';
}

/** Whether something may change at any moment because a person is working on it. */
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

/** A login that signs in again keeps working until that succeeds, so its state does not change before. */
function signInAgain(login: Login): Place {
  const step = login.state === 'awaiting_approval' ? 'approve' : 'authorise';
  return { kind: 'step', step, login };
}
