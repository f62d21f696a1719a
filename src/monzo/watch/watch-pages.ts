import type { Instant } from '../../domain/values.ts';
import { durations, shortPage } from '../../limits.ts';
import type { JudgedAnswer } from '../exchange.ts';
import { refusesId } from '../page-walk.ts';
import {
  accountIn,
  compared,
  callOf,
  instantOf,
  remembered,
  rowsIn,
  textOf,
  type Watch,
  type WatchTools,
} from './heard.ts';

const { second, minute, hour, day } = durations;

interface PlacedRow {
  readonly id: string;
  readonly created: Instant;
}

/** One page of a list of transactions. */
interface SeenPage {
  readonly at: Instant;
  /** What it was asked for: an instant or an id, and the end. */
  readonly since: Instant | string;
  readonly before: Instant | null;
  readonly rows: readonly PlacedRow[];
  readonly ids: ReadonlySet<string>;
  readonly oldest: Instant;
  readonly newest: Instant;
  readonly isAscending: boolean;
  readonly isDescending: boolean;
}

interface AccountPages {
  /** When each row that was ever shown was created. */
  readonly known: Map<string, Instant>;
  last: SeenPage | null;
  isAscending: boolean;
}

/** How lists of transactions are cut into pages, ordered and bounded. */
export function watchPages({ note }: WatchTools): Watch {
  const accounts = remembered<AccountPages>(() => ({ known: new Map(), last: null, isAscending: true }));
  return (answer) => {
    if (callOf(answer) !== 'GET /transactions') return;
    const account = accounts(accountIn(answer));
    const page = pageOf(answer);
    if (page === null) {
      const since = textOf(answer.request.query?.['since']);
      if (refusesId(answer.refusal) && account.known.has(since)) note('since_id', 'refused');
      return;
    }
    if (page.isAscending !== page.isDescending) account.isAscending = page.isAscending;
    for (const look of [noteOrder, noteFullPage, noteBounds, noteSameInstant, noteCut])
      look(page, account, note);
    const isNews = page.rows.some(({ id }) => !account.known.has(id));
    for (const { id, created } of page.rows) account.known.set(id, created);
    for (const id of account.known.keys()) if (account.known.size > compared.rows) account.known.delete(id);
    if (isNews) account.last = page;
  };
}

function pageOf(answer: JudgedAnswer): SeenPage | null {
  const found = rowsIn(answer, 'transactions');
  if (found === null) return null;
  const { query } = answer.request;
  const rows = found.flatMap(({ id, created }) => {
    const at = instantOf(created);
    return at === null ? [] : [{ id: textOf(id), created: at }];
  });
  const times = rows.map(({ created }) => created);
  const since = textOf(query?.['since']);
  return {
    at: answer.at,
    since: instantOf(since) ?? since,
    before: instantOf(query?.['before']),
    rows,
    ids: new Set(rows.map(({ id }) => id)),
    oldest: Math.min(...times),
    newest: Math.max(...times),
    isAscending: times.every((time, place) => place === 0 || time >= (times[place - 1] ?? 0)),
    isDescending: times.every((time, place) => place === 0 || time <= (times[place - 1] ?? 0)),
  };
}

type Look = (page: SeenPage, account: AccountPages, note: WatchTools['note']) => void;

/** Of a page that begins with the newest row, only another one of the same list shows whether it is the newest part. */
const noteOrder: Look = (page, { last, known }, note) => {
  if (page.oldest < page.newest && page.isAscending) note('page_order', 'oldest_first');
  if (last === null || last.isAscending || !last.isDescending) return;
  const others = page.rows.filter(({ id }) => !known.has(id));
  const isIn = ({ created }: PlacedRow) => created >= beginOf(last, known) && created <= last.at;
  if (others.some((row) => isIn(row) && row.created > last.newest)) note('page_order', 'turned');
  if (others.some((row) => isIn(row) && row.created < last.oldest)) note('page_order', 'newest_first');
};

/** A page is full where another one of the same list shows more. */
const noteFullPage: Look = (page, { last, known }, note) => {
  if (last === null || last.rows.length < shortPage) return;
  const others = page.rows.filter(({ id }) => !known.has(id));
  const isMore = others.some(
    ({ created }) =>
      created <= last.at - minute && created >= beginOf(last, known) && created < (last.before ?? Infinity),
  );
  if (isMore) note('longest_page', lengthOf(last.rows.length));
};

function beginOf({ since }: SeenPage, known: ReadonlyMap<string, Instant>): Instant {
  return typeof since === 'number' ? since : (known.get(since) ?? Number.POSITIVE_INFINITY);
}

function lengthOf(rows: number) {
  return (['100', '50', '30', '10'] as const).find((one) => Number(one) === rows) ?? 'another_number';
}

/** Whether rows at the very bounds of a page are on it. A short page shows all; a longer one what lies inside. */
const noteBounds: Look = (page, { known }, note) => {
  const { since, before, rows, ids } = page;
  const isShort = rows.length < shortPage;
  if (typeof since === 'string') {
    if (ids.has(since)) note('since_id', 'inclusive');
    else if (isShort && known.has(since)) note('since_id', 'exclusive');
  }
  const nextSecond = typeof since === 'number' ? (Math.floor(since / second) + 1) * second : 0;
  for (const [id, created] of [...known, ...rows.map((row) => [row.id, row.created] as const)]) {
    const isShown = ids.has(id);
    const isCovered = isShort || (page.isAscending && created < page.newest);
    if (created === before && (isShown || isShort)) note('before_time', isShown ? 'inclusive' : 'exclusive');
    if (typeof since !== 'number' || created < since || created >= nextSecond) continue;
    if (created === since && isShown) note('since_time', 'inclusive');
    if (!isShown && isCovered && (before === null || created < before))
      note('since_time', created === since ? 'exclusive' : 'exclusive_second');
  }
};

/** Where a row that is new stands beside a known one of the same instant. */
const noteSameInstant: Look = ({ rows, isAscending, isDescending }, account, note) => {
  const isUp = isAscending === isDescending ? account.isAscending : isAscending;
  const inOrder = isUp ? rows : rows.toReversed();
  inOrder.forEach((row, place) => {
    const next = inOrder[place + 1];
    if (next?.created !== row.created || account.known.has(row.id) === account.known.has(next.id)) return;
    note('same_instant', account.known.has(row.id) ? 'after' : 'before');
  });
};

/** A list that begins later than it was asked for, although older rows are known. */
const noteCut: Look = (page, { known }, note) => {
  const { since, at, ids, oldest, before } = page;
  if (typeof since !== 'number' || !page.isAscending) return;
  const isLeftOut = ([id, created]: readonly [string, Instant]) =>
    created > since + second && created < Math.min(oldest, before ?? oldest, at - 7 * day) && !ids.has(id);
  // A single one may have vanished.
  if ([...known].filter(isLeftOut).length > 2) note('reach_beyond', 'cut');
};

const reachSteps = ['7', '30', '60', '85'] as const;
const daysIn = (step: string) => Number(step) * day;
const fullHistory = 5 * minute;

interface Approval {
  signedInAt: Instant | null;
  approvedAt: Instant | null;
  isRenewal: boolean;
  isRefused: boolean;
}

/** How far back lists may begin, and when the minutes of full history are. */
export function watchReach({ note, clock }: WatchTools): Watch {
  const startedAt = clock.monotonic();
  const logins = remembered<Approval>(() => ({
    signedInAt: null,
    approvedAt: null,
    isRenewal: false,
    isRefused: false,
  }));
  const badRequestsOf = remembered(() => ({ ...noneBad }));
  return (answer, loginId) => {
    const login = logins(loginId);
    noteApproval(answer, login);
    const since = instantOf(answer.request.query?.['since']);
    if (callOf(answer) !== 'GET /transactions' || since === null) return;
    const { at, refusal, status } = answer;
    const span = at - since;
    const badRequests = badRequestsOf(accountIn(answer));
    const isRefused = refusal?.fault === 'verification_required' || status === 400;
    if (refusal !== null && !isRefused) return;
    const fromApproval = at - (login.approvedAt ?? -Infinity);
    const isFull = fromApproval < fullHistory + minute;
    if (span > 91 * day && span < 365 * day && isFull) noteFullHistory(login, { at, isRefused }, note);
    // What was before the start is not known, nor whether its minutes are over.
    if (isFull || clock.monotonic() - startedAt < fullHistory + minute) return;
    const within = (ms: number) => (one: string) => ms >= daysIn(one);
    if (!isRefused) {
      if (span >= badRequests.span - hour) Object.assign(badRequests, noneBad);
      else if (badRequests.count > 0) badRequests.isLessListed = true;
      noteBadRequests(badRequests, note);
      // A list that goes back too far may be cut without a word: only what it shows was listed.
      const oldest = Math.min(at, ...(pageOf(answer)?.rows ?? []).map(({ created }) => created));
      const listed = reachSteps.findLast(within(at - oldest + day));
      if (listed !== undefined) note('reach', `listed_at_${listed}`);
      return;
    }
    if (!reachSteps.some(within(span + 2 * hour))) return;
    if (status === 403) return noteTooFar(note, { span, status });
    badRequests.count += 1;
    badRequests.span = Math.min(badRequests.span, span);
    noteBadRequests(badRequests, note);
  };
}

/**
 * Lists of an account that were refused as bad requests, which may be about anything: only where it happens again to a long
 * list, and to no shorter one in between, the length is the reason.
 */
interface BadRequests {
  count: number;
  /** Of the shortest of them, in milliseconds. */
  span: number;
  isLessListed: boolean;
}

const noneBad: BadRequests = { count: 0, span: Number.POSITIVE_INFINITY, isLessListed: false };

function noteBadRequests({ count, span, isLessListed }: BadRequests, note: WatchTools['note']): void {
  if (count > 1 && isLessListed) noteTooFar(note, { span, status: 400 });
}

interface Refused {
  readonly span: number;
  readonly status: number;
}

function noteTooFar(note: WatchTools['note'], { span, status }: Refused): void {
  const step = reachSteps.find((one) => span <= daysIn(one) + hour);
  if (step !== undefined) note('reach', `refused_at_${step}`);
  if (span < 365 * day) note('reach_beyond', status === 403 ? '403' : '400');
}

function noteApproval(answer: JudgedAnswer, login: Approval): void {
  const { at, refusal, request } = answer;
  const call = callOf(answer);
  if (call === 'POST /oauth2/token') {
    if (request.form?.['grant_type'] === 'refresh_token' || refusal !== null) return;
    Object.assign(login, { signedInAt: at, approvedAt: null, isRenewal: false, isRefused: true });
  } else if (call === 'GET /accounts' && refusal?.fault === 'no_permission') {
    login.isRenewal ||= login.approvedAt !== null || login.signedInAt === null;
    login.isRefused = true;
  } else if (refusal === null && login.isRefused) {
    login.isRefused = false;
    login.approvedAt = at;
  }
}

function noteFullHistory(
  { signedInAt, approvedAt, isRenewal }: Approval,
  { at, isRefused }: { readonly at: Instant; readonly isRefused: boolean },
  note: WatchTools['note'],
): void {
  if (approvedAt === null || at - approvedAt > fullHistory - 30 * second) return;
  if (isRenewal) note('reapproval', isRefused ? 'keeps_history_shut' : 'opens_history');
  else if (signedInAt !== null && at - signedInAt > fullHistory + minute)
    note('full_history', isRefused ? 'from_login' : 'from_approval');
}
