import {
  anything,
  flag,
  listOf,
  number,
  oneOf,
  orMissing,
  orNull,
  shape,
  text,
  whole,
  type Guard,
} from './guards.ts';

/** What the page reads of the private API: the members it uses, checked where they arrive. */

export type LoginState =
  | 'new'
  | 'authorising'
  | 'awaiting_approval'
  | 'active'
  | 'needs_approval'
  | 'needs_authorisation'
  | 'removed';

export interface History {
  readonly state: 'not_started' | 'running' | 'complete' | 'partial';
  readonly read: number;
  readonly missing: string | null;
}

export interface Consent {
  readonly approved_at: string | null;
  readonly expires_about: string | null;
  /** Whether it is time to renew it. */
  readonly due: boolean;
}

export interface Login {
  readonly id: string;
  readonly name: string;
  readonly state: LoginState;
  /** What a person has to do now. */
  readonly needs: string | null;
  /** What went wrong, for programs; null while nothing has. */
  readonly fault: string | null;
  readonly redirect_uri: string;
  readonly created: string;
  readonly last_success: string | null;
  readonly consent: Consent;
  readonly history: History;
}

/** Amounts are whole minor units: the page never computes with the major ones beside them. */
export interface Account {
  readonly id: string;
  readonly type: string;
  readonly name: string;
  readonly currency: string;
  readonly balance_minor: number | null;
  readonly total_balance_minor: number | null;
  readonly spent_today_minor: number | null;
  readonly available: boolean;
  readonly logins: readonly string[];
}

/** Amounts are whole minor units. */
export interface Pot {
  readonly id: string;
  readonly account_id: string;
  readonly name: string;
  readonly currency: string;
  readonly balance_minor: number;
  readonly goal_minor: number | null;
  readonly locked: boolean;
  readonly available: boolean;
}

/** How the bridge and each of its parts do. */
export interface Health {
  readonly state: HealthState;
  readonly version: string;
  readonly parts: readonly {
    readonly part: string;
    readonly state: HealthState;
    readonly sentence: string | null;
  }[];
}

export type HealthState = 'ok' | 'degraded' | 'needs_user' | 'down';

export type RedirectKind = 'home_assistant' | 'own_callback' | 'my_home_assistant';

export interface Redirect {
  readonly kind: RedirectKind;
  readonly redirect_uri: string;
  /** The browser ends on a page that is not ours, and its address has to be brought here. */
  readonly paste_back: boolean;
  readonly sentence: string;
}

export interface Setup {
  readonly redirects: readonly Redirect[];
  readonly developer_url: string;
  /** In which days and months are counted. */
  readonly time_zone: string;
}

export interface Session {
  readonly signed_in: boolean;
  /** By what, such as `session` or `ingress`; only the first can be ended here. */
  readonly how: string | null;
}

export interface Authorisation {
  readonly id: string;
  readonly authorize_url: string;
}

export interface Problem {
  readonly code: string;
  readonly detail: string;
  /** What a refused move of money says about the money. */
  readonly money_moved?: unknown;
  readonly transfer_id?: string | null | undefined;
}

export interface List<T> {
  readonly items: readonly T[];
}

export const loginStates = [
  'new',
  'authorising',
  'awaiting_approval',
  'active',
  'needs_approval',
  'needs_authorisation',
  'removed',
] as const;

const isConsent = shape<Consent>({ approved_at: orNull(text), expires_about: orNull(text), due: flag });
const isHistory = shape<History>({
  state: oneOf(['not_started', 'running', 'complete', 'partial']),
  read: number,
  missing: orNull(text),
});

export const isLogin: Guard<Login> = shape<Login>({
  id: text,
  name: text,
  state: oneOf(loginStates),
  needs: orNull(text),
  fault: orNull(text),
  redirect_uri: text,
  created: text,
  last_success: orNull(text),
  consent: isConsent,
  history: isHistory,
});

export const isAccount: Guard<Account> = shape<Account>({
  id: text,
  type: text,
  name: text,
  currency: text,
  balance_minor: orNull(whole),
  total_balance_minor: orNull(whole),
  spent_today_minor: orNull(whole),
  available: flag,
  logins: listOf(text),
});

export const isPot: Guard<Pot> = shape<Pot>({
  id: text,
  account_id: text,
  name: text,
  currency: text,
  balance_minor: whole,
  goal_minor: orNull(whole),
  locked: flag,
  available: flag,
});

const isRedirect = shape<Redirect>({
  kind: oneOf(['home_assistant', 'own_callback', 'my_home_assistant']),
  redirect_uri: text,
  paste_back: flag,
  sentence: text,
});

export const isHealthState = oneOf(['ok', 'degraded', 'needs_user', 'down']);

export const isHealth: Guard<Health> = shape<Health>({
  state: isHealthState,
  version: text,
  parts: listOf(shape({ part: text, state: isHealthState, sentence: orNull(text) })),
});
export const isEventLog = shape<{ readonly last: number }>({ last: whole });
export const isLogins = shape<List<Login>>({ items: listOf(isLogin) });
export const isAccounts = shape<List<Account>>({ items: listOf(isAccount) });
export const isPots = shape<List<Pot>>({ items: listOf(isPot) });
export const isSetup = shape<Setup>({ redirects: listOf(isRedirect), developer_url: text, time_zone: text });
export const isSession = shape<Session>({ signed_in: flag, how: orNull(text) });
export const isAuthorisation = shape<Authorisation>({ id: text, authorize_url: text });
export const isProblem = shape<Problem>({
  code: text,
  detail: text,
  money_moved: anything,
  transfer_id: orMissing(orNull(text)),
});
