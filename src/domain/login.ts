import type { Instant } from './values.ts';

/** Where one person's authorisation stands. Only `active` logins are read; no state loses what is stored. */
export type LoginState =
  | 'new'
  | 'authorising'
  | 'awaiting_approval'
  | 'active'
  | 'needs_approval'
  | 'needs_authorisation'
  | 'removed';

/** One person's authorisation with one OAuth client, without its secrets. */
export interface Login {
  readonly id: string;
  /** The person's name as given at set-up. */
  readonly name: string;
  readonly clientId: string;
  readonly redirectUri: string;
  /** Monzo's id of the person; null until the first authorisation came back. */
  readonly userId: string | null;
  readonly state: LoginState;
  /** What a person has to do now, as a sentence; null while nothing is needed. */
  readonly needs: string | null;
  readonly created: Instant;
  /** When it first became active: the moment from which its accounts' transactions are events. */
  readonly activeSince: Instant | null;
  /** When the approval in the Monzo app was last seen; it lapses about ninety days later. */
  readonly approvedAt: Instant | null;
  /** The last time the bank answered one of its data calls. */
  readonly lastSuccess: Instant | null;
  readonly history: HistoryProgress;
}

/** How far the whole history has been read, with a true word about what could not be. */
export interface HistoryProgress {
  readonly state: 'not_started' | 'running' | 'complete' | 'partial';
  readonly read: number;
  /** Why a part is missing, as a sentence; null where nothing is. */
  readonly missing: string | null;
}

export const noHistory: HistoryProgress = { state: 'not_started', read: 0, missing: null };

const day = 24 * 3_600_000;
const approvalLifetime = 90 * day;
const noticeAge = 80 * day;

/** About when Monzo will ask for the approval again; null while none was seen. */
export function consentExpiresAbout(login: Login): Instant | null {
  return login.approvedAt === null ? null : login.approvedAt + approvalLifetime;
}

/** How the sentences of `approvalNotice` begin. */
export const approvalNotices = ['The approval lapses about ', 'The approval was to lapse about '] as const;

/**
 * From the eightieth day on: that Monzo will soon ask for the approval again, and how to be ahead of that; null
 * before, and while no approval was seen. Nobody is told the day by Monzo, so it is a guess and says so.
 */
export function approvalNotice(login: Pick<Login, 'approvedAt'>, now: Instant): string | null {
  const { approvedAt } = login;
  if (approvedAt === null || now - approvedAt < noticeAge) return null;
  const due = approvedAt + approvalLifetime;
  const date = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' }).format(due);
  const [soon, past] = approvalNotices;
  return `${now < due ? soon : past}${date}: renew it in the Monzo app (Settings, Privacy & Security, Manage Apps), then choose “I renewed it” on the bridge’s page.`;
}

/** Whether the login's accounts are read and its tokens are kept fresh. */
export function isReading(login: Login): boolean {
  return login.state === 'active' || login.state === 'needs_approval' || login.state === 'awaiting_approval';
}
