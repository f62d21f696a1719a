import { checkOf, type Check } from '../domain/check.ts';
import type { PartHealth } from '../domain/view.ts';
import {
  approvalDue,
  type During,
  type HistoryProgress,
  type Login,
  type LoginState,
  type LoginTrouble,
  type LoginView,
  type MissingHistory,
  type Remedy,
  type TroubleFacts,
} from '../domain/login.ts';
import { nothingListed, untilApproved } from '../domain/history.ts';
import { dateText, dateTimeText, dayAfter } from '../domain/time.ts';
import { instantText, type Instant } from '../domain/values.ts';
import { BridgeError, messageOf } from '../errors.ts';
import { BankError } from '../monzo/transport.ts';
import { refusals } from '../refusals/refuse.ts';
import { needsFacts, render } from '../refusals/sentence.ts';
import {
  approvalNeeded,
  faultTable,
  notConnected,
  signInNeeded,
  type Cell,
  type FaultRow,
  type KnownState,
  type LoginFault,
} from './fault-table.ts';

/** The state that a fault puts a login in, and the trouble it is in then. */
export type Consequence = Pick<Login, 'state' | 'trouble'>;

const rows: ReadonlyMap<string, FaultRow> = new Map(
  faultTable.map((row) => [`${row.during} ${row.fault}`, row]),
);

/** What a thrown error means for a login. Errors that are not about logins leave its state alone. */
export function consequenceOf(login: Login, thrown: unknown, during: During = 'reading'): Consequence {
  const { state, trouble } = login;
  const fault = faultOf(thrown);
  const cell = rowOf(fault, during)?.cells[state as KnownState];
  if (!cell) return { state, trouble: { fault, facts: otherFacts(thrown) } };
  if (trouble !== null && explainsMore(trouble, fault) && cell.state === state) return { state, trouble };
  if (fault === 'no_tokens' && state === 'authorising') return { state, trouble };
  return { state: cell.state, trouble: { fault, facts: { during } } };
}

export interface SignInRefusal {
  readonly fault: Extract<LoginFault, 'cancelled' | 'no_refresh_token' | 'other_person' | 'person_connected'>;
  /** The name of the login that is in the way. */
  readonly other?: string;
}

/** What it means for a login that a sign-in was finished at Monzo but cannot be accepted. */
export function consequenceOfRefusal(login: Login, { fault, ...facts }: SignInRefusal): Consequence {
  const cell = rowOf(fault, 'sign_in')?.cells[login.state as KnownState];
  if (!cell) return login;
  return { state: cell.state, trouble: { fault, facts: { during: 'sign_in', ...facts } } };
}

/** Faults that do not explain why calls to the bank failed: a breaker that opened replaces them. */
const yieldToBreaker: ReadonlySet<string> = new Set<LoginFault>([
  'no_permission',
  'verification_required',
  'no_tokens',
  'renewal_interrupted',
  'sign_in_interrupted',
  'cancelled',
  'other_person',
  'person_connected',
]);

/** An open breaker follows from earlier faults, and missing tokens are no news: the earlier trouble says more. */
function explainsMore({ fault: earlier }: LoginTrouble, fault: string): boolean {
  if (fault === 'no_tokens') return true;
  return fault === 'breaker_open' && rowOf(earlier, 'reading') !== undefined && !yieldToBreaker.has(earlier);
}

function otherFacts(thrown: unknown): TroubleFacts {
  const refusal = thrown instanceof BridgeError && refusals.has(thrown.code) ? thrown.facts : null;
  return refusal === null ? { message: messageOf(thrown) } : { refusal };
}

function faultOf(thrown: unknown): string {
  if (thrown instanceof BankError) return thrown.fault;
  return thrown instanceof BridgeError ? thrown.code : 'internal';
}

/** Some faults have one row for reading and signing in alike. */
function rowOf(fault: string, during: During): FaultRow | undefined {
  return rows.get(`${during} ${fault}`) ?? rows.get(`reading ${fault}`) ?? rows.get(`sign_in ${fault}`);
}

/** When and where a login is shown. */
export interface Showing {
  readonly now: Instant;
  readonly timeZone: string;
  /** What an account is called. */
  readonly nameOf: (accountId: string) => string;
  /** What the bank does not show of single accounts, as a sentence; null or left out where it shows everything. */
  readonly accounts?: string | null;
}

/** A login as it is shown at an instant. */
export function loginView(login: Login, { now, timeZone, nameOf, accounts = null }: Showing): LoginView {
  const { trouble, history, ...shown } = login;
  const fault = trouble === null || trouble.fault === 'unknown' ? null : trouble.fault;
  return {
    ...shown,
    ...withAccounts(withNextTry(adviceFor(login, now), login, timeZone), login, accounts),
    fault,
    approvalIsDue: approvalDue(login, now) !== null,
    history: { ...history, missing: missingIn(history, nameOf) },
  };
}

type Advice = Pick<LoginView, 'needs' | 'remedy'>;

function adviceFor(login: Login, now: Instant): Advice {
  const { state, trouble } = login;
  const usual = usualAdvice[state];
  if (trouble !== null) {
    const cell = cellLeadingTo(state, rowOf(trouble.fault, trouble.facts.during ?? 'reading'));
    if (cell) return { needs: cell.needs({ ...login, ...trouble.facts }), remedy: cell.remedy };
    const needs = otherSentence(trouble);
    if (needs !== undefined) return { needs, remedy: usual?.remedy ?? null };
  }
  const due = approvalDue(login, now);
  if (due !== null) return { needs: approvalNotice(due, now), remedy: 'renew_approval' };
  return usual ? { ...usual, needs: usual.needs(login) } : { needs: null, remedy: null };
}

/** What goes on by itself is told beside what the person can do. */
function withNextTry({ needs, remedy }: Advice, { state, trouble }: Login, timeZone: string): Advice {
  const next = trouble?.facts.next;
  if (next === undefined || needs === null || state !== 'needs_authorisation') return { needs, remedy };
  const when = next === 'soon' ? '' : `, next on ${dateTimeText(next, timeZone)}`;
  return { needs: `${needs} The bridge also tries again by itself${when}.`, remedy };
}

/** A login that works says beside what else it needs of which accounts the bank does not show everything. */
function withAccounts(advice: Advice, { state, trouble }: Login, accounts: string | null): Advice {
  if (accounts === null || state !== 'active' || trouble !== null) return advice;
  const { needs, remedy } = advice;
  return needs === null ? { needs: accounts, remedy: 'wait' } : { needs: `${needs} ${accounts}`, remedy };
}

/** The sentence of an error that is not about logins. */
function otherSentence({ fault, facts: { refusal, message } }: LoginTrouble): string | undefined {
  const row = refusals.get(fault);
  return row && refusal ? render(row, refusal, false) : message;
}

function cellLeadingTo(state: LoginState, row: FaultRow | undefined): Cell | undefined {
  return Object.values(row?.cells ?? {}).find((cell) => cell.state === state);
}

/** What the person is told where only the state is known. */
const usualAdvice: Readonly<Partial<Record<LoginState, Pick<Cell, 'needs' | 'remedy'>>>> = {
  authorising: { needs: signInNeeded, remedy: 'sign_in' },
  awaiting_approval: { needs: approvalNeeded, remedy: 'approve' },
  needs_approval: { needs: approvalNeeded, remedy: 'approve' },
  needs_authorisation: { needs: notConnected, remedy: 'sign_in' },
};

function approvalNotice(due: Instant, now: Instant): string {
  const lapses = now < due ? 'lapses' : 'was to lapse';
  return `The approval ${lapses} about ${dateText(due, 'UTC')}: renew it in the Monzo app (Settings, Privacy & Security, Manage Apps), then choose “I renewed it” on the bridge’s page.`;
}

function missingIn({ state, missing }: HistoryProgress, nameOf: Showing['nameOf']): string | null {
  if (state !== 'partial') return null;
  const day = (instant: Instant) => instantText(instant).slice(0, 10);
  const parts = missing.map(({ accountId, since, before, fault, held = 0 }) => {
    const time = since === undefined ? `before ${day(before)}` : `from ${day(since)} to ${day(before)}`;
    const there = held === 0 ? '' : ` (${held} transaction${held === 1 ? '' : 's'} of that time held)`;
    return `${nameOf(accountId)} ${time}${there}: ${missingReason(fault)}`;
  });
  const isPast = (part: MissingHistory) => untilApproved.has(part.fault);
  return [
    ...(parts.length === 0
      ? ['Transactions from before may be missing.']
      : [
          `The history is whole from ${dayAfter(day(Math.max(...missing.map(({ before }) => before))))} on.`,
          `What is older stays as far as it was read, and may be missing: ${parts.join('; ')}.`,
        ]),
    ...(missing.some((part) => !isPast(part))
      ? ['The bridge tries again by itself what Monzo did not refuse.']
      : []),
    ...(missing.some(isPast)
      ? ['To have what it refused read, choose “Sign in again” on the bridge’s page and approve the access.']
      : []),
  ].join(' ');
}

/** Why a part of the history is missing, where the refusal's own sentence says something else. */
const missingReasons: ReadonlyMap<string, string> = new Map([
  ['verification_required', 'Monzo shows older transactions only in the first minutes after a sign-in'],
  ['no_permission', 'Monzo refused to show them'],
  ['breaker_open', 'Monzo has failed several times in a row'],
  [nothingListed, 'Monzo listed nothing of this account at the time'],
  ['bad_request', 'Monzo refused the request'],
  ['not_found', 'Monzo does not know what was asked for'],
]);

function missingReason(fault: string): string {
  const reason = missingReasons.get(fault);
  if (reason !== undefined) return reason;
  const row = refusals.get(fault);
  const { says } = row === undefined || needsFacts(row) ? unknownRefusal : row;
  return render({ says }, {}, false).replace(/\.$/, '');
}

const unknownRefusal = { says: 'Monzo did not show them.' };

/** The health of a login: ok, in trouble that passes by itself, or waiting for its person. */
export function loginHealth({ id, state, needs, name, history }: LoginView): PartHealth {
  const part = `login ${id}`;
  if (state !== 'active')
    return { part, state: 'needs_user', sentence: needs ?? `${name}: this login is not connected.` };
  const progress =
    history.state === 'running'
      ? `The history is being read: ${history.read} transactions so far.`
      : history.missing;
  return { part, state: needs === null ? 'ok' : 'degraded', sentence: needs ?? progress };
}

/** A login as a check, with the commands that help; by its id where the name would need quoting. */
function loginCheck(view: LoginView): Check {
  const { id, name, state, remedy } = view;
  const { state: verdict, sentence } = loginHealth(view);
  const { verbs = [] } = remedy === null ? {} : remedies[remedy];
  const called = /^[\p{L}\p{N}_]+$/u.test(name) ? name : id;
  return {
    check: 'login',
    about: name,
    state: verdict,
    sentence: sentence ?? `It is ${state.replaceAll('_', ' ')}.`,
    commands: verbs.map((verb) => `monzo-bridge login ${verb} ${called}`),
  };
}

/** Nobody can see a balance before somebody is connected. */
const nobody = checkOf('login', {
  state: 'needs_user',
  sentence: 'No one is connected yet. Connect a person on the page, or on the command line.',
});

export function loginChecks(views: readonly LoginView[]): readonly Check[] {
  if (views.length > 0) return views.map(loginCheck);
  return [{ ...nobody, commands: ['monzo-bridge login add'] }];
}

/** What helps against a fault: in words, and on the command line. */
export interface RemedyText {
  readonly words: string;
  /** Verbs of `monzo-bridge login`, each followed by the login's name, in the order in which to use them. */
  readonly verbs: readonly string[];
}

export const remedies: Readonly<Record<Remedy, RemedyText>> = {
  wait: { words: 'nothing: the bridge continues by itself', verbs: [] },
  approve: {
    words: 'approve the access in the Monzo app; the bridge notices by itself, or at once after Reload',
    verbs: ['reload'],
  },
  renew_approval: {
    words:
      'renew the access in the Monzo app (Settings, Privacy & Security, Manage Apps), then press I renewed it',
    verbs: ['renewed'],
  },
  reload: { words: 'press Reload once Monzo works again, or sign in again', verbs: ['reload'] },
  sign_in: { words: 'sign in at Monzo again', verbs: ['reauthorize'] },
  stop_other_program: {
    words: 'stop the other program, or give it an OAuth client of its own; then sign in again',
    verbs: ['reauthorize'],
  },
  replace_secret: {
    words: 'copy the client secret again from Monzo’s developer page; it is tried at once',
    verbs: ['secret'],
  },
  replace_secret_and_sign_in: {
    words: 'copy the client secret again from Monzo’s developer page, then sign in again',
    verbs: ['secret', 'reauthorize'],
  },
  set_confidential: {
    words: 'set Confidentiality to Confidential on Monzo’s developer page, then sign in again',
    verbs: ['reauthorize'],
  },
  register_redirect: {
    words: 'register the address with the OAuth client on Monzo’s developer page, then sign in again',
    verbs: ['reauthorize'],
  },
  sign_in_as_right_person: {
    words: 'sign in as the right person, or add a login for the other one',
    verbs: ['reauthorize'],
  },
  remove_login: { words: 'remove this login, or sign in as someone else', verbs: ['remove'] },
};
