import type { SnapshotItem, HealthItem } from '../../src/contract/bridge-data.ts';
import type { AccountItem, FormerItem, PotItem } from '../../src/contract/bank-data.ts';
import type { ListOf, ProblemItem } from '../../src/contract/elements.ts';
import type { EventList } from '../../src/contract/event-data.ts';
import type {
  AuthorisationItem,
  LoginItem,
  RedirectItem,
  SessionItem,
  SetupItem,
} from '../../src/contract/login-data.ts';
import type { MoveAnswer } from '../../src/contract/money-data.ts';
import {
  anything,
  every,
  flag,
  listOf,
  oneOf,
  orMissing,
  orNull,
  partOf,
  text,
  whole,
  type Guarded,
} from './guards.ts';

/**
 * What all of the page reads of the private API: the members it uses, checked where they arrive. Amounts are whole minor
 * units; the page never computes with the major ones beside them.
 */

const isConsent = partOf<LoginItem['consent']>()({
  approved_at: orNull(text),
  expires_about: orNull(text),
  due: flag,
});
const isHistory = partOf<LoginItem['history']>()({
  state: oneOf(
    every<LoginItem['history']['state']>({ not_started: true, running: true, complete: true, partial: true }),
  ),
  read: whole,
  missing: orNull(text),
});

export const isLoginState = oneOf(
  every<LoginItem['state']>({
    new: true,
    authorising: true,
    awaiting_approval: true,
    active: true,
    needs_approval: true,
    needs_authorisation: true,
    removed: true,
  }),
);

export const isLogin = partOf<LoginItem>()({
  id: text,
  name: text,
  state: isLoginState,
  needs: orNull(text),
  fault: orNull(text),
  redirect_uri: text,
  created: text,
  last_success: orNull(text),
  consent: isConsent,
  learnt: listOf(text),
  history: isHistory,
});

export const isAccount = partOf<AccountItem>()({
  id: text,
  type: text,
  name: text,
  currency: text,
  balance_minor: orNull(whole),
  total_balance_minor: orNull(whole),
  spent_today_minor: orNull(whole),
  available: flag,
  missing: flag,
  figures_from: orNull(text),
  lacks: listOf(
    oneOf(every<AccountItem['lacks'][number]>({ balance: true, pots: true, transactions: true })),
  ),
  logins: listOf(text),
});

export const isPot = partOf<PotItem>()({
  id: text,
  account_id: text,
  name: text,
  currency: text,
  balance_minor: whole,
  goal_minor: orNull(whole),
  locked: flag,
  available: flag,
  missing: flag,
  figures_from: orNull(text),
});

const isRedirect = partOf<RedirectItem>()({
  kind: oneOf(
    every<RedirectItem['kind']>({ home_assistant: true, own_callback: true, my_home_assistant: true }),
  ),
  redirect_uri: text,
  paste_back: flag,
  sentence: text,
});

export const isHealthState = oneOf(
  every<HealthItem['state']>({ ok: true, degraded: true, needs_user: true, down: true }),
);

export const isHealth = partOf<HealthItem>()({
  state: isHealthState,
  version: text,
  parts: listOf(
    partOf<HealthItem['parts'][number]>()({ part: text, state: isHealthState, sentence: orNull(text) }),
  ),
});

const isFormer = partOf<FormerItem>()({
  kind: oneOf(every<FormerItem['kind']>({ account: true, pot: true })),
  id: text,
  name: text,
  closed: flag,
});

export const isSnapshot = partOf<SnapshotItem>()({
  at: text,
  logins: listOf(isLogin),
  accounts: listOf(isAccount),
  pots: listOf(isPot),
  former: listOf(isFormer),
  health: isHealth,
  paused: flag,
  undelivered: whole,
  last_event: whole,
});

export const isBeat = partOf<Pick<SnapshotItem, 'at'>>()({ at: text });
export const isEventLog = partOf<EventList>()({ last: whole });
export const isLogins = partOf<ListOf<LoginItem>>()({ items: listOf(isLogin) });
export const isAccounts = partOf<ListOf<AccountItem>>()({ items: listOf(isAccount) });
export const isPots = partOf<ListOf<PotItem>>()({ items: listOf(isPot) });
export const isFormerList = partOf<ListOf<FormerItem>>()({ items: listOf(isFormer) });
export const isSetup = partOf<SetupItem>()({
  redirects: listOf(isRedirect),
  developer_url: text,
  time_zone: text,
});
export const isSession = partOf<SessionItem>()({
  signed_in: flag,
  how: orNull(oneOf(every<NonNullable<SessionItem['how']>>({ session: true, token: true, ingress: true }))),
});
export const isAuthorisation = partOf<AuthorisationItem>()({ id: text, authorize_url: text });

/**
 * A refused move also says whether money moved, and the page believes only `no`; a refusal inside Home Assistant names its
 * user.
 */
export const isProblem = partOf<
  ProblemItem & Partial<Pick<MoveAnswer, 'money_moved' | 'transfer_id'>> & { readonly user?: string }
>()({
  code: text,
  detail: text,
  money_moved: anything,
  transfer_id: orMissing(orNull(text)),
  user: anything,
});

export type Login = Guarded<typeof isLogin>;
export type LoginState = Login['state'];
export type Account = Guarded<typeof isAccount>;
export type Pot = Guarded<typeof isPot>;
export type Former = Guarded<typeof isFormer>;
export type Redirect = Guarded<typeof isRedirect>;
export type RedirectKind = Redirect['kind'];
export type Health = Guarded<typeof isHealth>;
export type HealthState = Health['state'];
export type Snapshot = Guarded<typeof isSnapshot>;
export type Setup = Guarded<typeof isSetup>;
export type Session = Guarded<typeof isSession>;
export type Authorisation = Guarded<typeof isAuthorisation>;
export type Problem = Guarded<typeof isProblem>;
