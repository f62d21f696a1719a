import type { Instant } from './values.ts';

/** The states of one person's authorisation. Only `active` logins are read. */
export const loginStates = [
  'new',
  'authorising',
  'awaiting_approval',
  'active',
  'needs_approval',
  'needs_authorisation',
  'removed',
] as const;

export type LoginState = (typeof loginStates)[number];

/** One person's authorisation with one OAuth client, without its secrets. */
export interface Login {
  readonly id: string;
  /** The person's name as given at set-up. */
  readonly name: string;
  readonly clientId: string;
  readonly redirectUri: string;
  /** Monzo's id of the person; null before the first sign-in. */
  readonly userId: string | null;
  readonly state: LoginState;
  /** What went wrong last; null while nothing has. */
  readonly trouble: LoginTrouble | null;
  readonly created: Instant;
  /** When it first became active: the moment from which its accounts' transactions are events. */
  readonly activeSince: Instant | null;
  /** When the approval in the Monzo app was last seen; it lapses about `approvalDays` later. */
  readonly approvedAt: Instant | null;
  /** The last time the bank answered one of its data calls. */
  readonly lastSuccess: Instant | null;
  readonly history: HistoryProgress;
}

/** Whether the login's data were being read (a reload counts) or a sign-in was being finished. */
export type During = 'reading' | 'sign_in';

/** A fault that a login has met. Facts only: the sentence and the remedy follow from them where they are shown. */
export interface LoginTrouble {
  /** A fault of the table in `logins/fault-table.ts`, the code of another refusal, or `unknown`. */
  readonly fault: string;
  readonly facts: TroubleFacts;
}

export interface TroubleFacts {
  /** `reading` if left out. */
  readonly during?: During;
  /** The name of another login that is involved. */
  readonly other?: string;
  /** The facts of a refusal that is not in the table of login faults, such as a full disk. */
  readonly refusal?: object;
  /** The message of an error that has no sentence of ours. */
  readonly message?: string;
  /** When the stored tokens are tried again by themselves; `soon` where that is going on. Left out where they are not. */
  readonly next?: Instant | 'soon';
}

export const historyStates = ['not_started', 'running', 'complete', 'partial'] as const;

/** How far the whole history has been read. */
export interface HistoryProgress {
  readonly state: (typeof historyStates)[number];
  /** Transactions read so far. */
  readonly read: number;
  /** What could not be read. May be empty in the state `partial`, after an upgrade. */
  readonly missing: readonly MissingHistory[];
  /** The accounts whose history was begun; not known of what an earlier version read. */
  readonly accounts?: readonly string[];
}

/** An account's transactions before an instant that were not read: all of them, or those since another instant. */
export interface MissingHistory {
  readonly accountId: string;
  readonly since?: Instant;
  readonly before: Instant;
  /** The bank's fault, by name; `unread` for what was not tried yet. */
  readonly fault: string;
  /** How many transactions of that time the ledger held all the same when the reading ended. */
  readonly held?: number;
}

export const noHistory: HistoryProgress = { state: 'not_started', read: 0, missing: [] };

/** What helps a login in trouble; `logins/trouble.ts` has the words. */
export const remedyNames = [
  'wait',
  'approve',
  'renew_approval',
  'reload',
  'sign_in',
  'stop_other_program',
  'replace_secret',
  'replace_secret_and_sign_in',
  'set_confidential',
  'register_redirect',
  'sign_in_as_right_person',
  'remove_login',
] as const;
export type Remedy = (typeof remedyNames)[number];

/** A login as it is shown, with its trouble in words. */
export interface LoginView extends Omit<Login, 'trouble' | 'history'> {
  /** What the person has to do now, as a sentence; null if nothing. */
  readonly needs: string | null;
  /** What went wrong, as a code; null if nothing did or it is unknown. */
  readonly fault: string | null;
  /** What helps; null if nothing is needed or nothing is known to help. */
  readonly remedy: Remedy | null;
  /** Whether it is time to renew the approval. */
  readonly approvalIsDue: boolean;
  readonly history: HistoryView;
}

export interface HistoryView extends Omit<HistoryProgress, 'missing'> {
  /** What could not be read and why, as a sentence; null if nothing is missing. */
  readonly missing: string | null;
}

/** How many days Monzo's approval lasts, as observed; Monzo does not say on which day it lapses. */
const approvalDays = 90;

/** How many days before the approval lapses people are reminded to renew it. */
export const reminderDays = 10;

const day = 24 * 3_600_000;

/** About when Monzo will ask for approval again; null if no approval was seen yet. */
export function consentExpiresAbout({ approvedAt }: Pick<Login, 'approvedAt'>): Instant | null {
  return approvedAt === null ? null : approvedAt + approvalDays * day;
}

/**
 * About when the approval of an active login lapses, once it is time to remind the person to renew it; null before.
 */
export function approvalDue(login: Pick<Login, 'state' | 'approvedAt'>, now: Instant): Instant | null {
  const { state, approvedAt } = login;
  if (state !== 'active' || approvedAt === null) return null;
  if (now - approvedAt < (approvalDays - reminderDays) * day) return null;
  return consentExpiresAbout(login);
}
