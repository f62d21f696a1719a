import type { Instant } from '../../domain/values.ts';
import { durations, shortPage } from '../../limits.ts';
import { createRecent } from '../../memo.ts';
import type { JudgedAnswer } from '../exchange.ts';
import {
  accountIn,
  compared,
  callOf,
  instantOf,
  remembered,
  rowsIn,
  textOf,
  under,
  type Row,
  type Watch,
  type WatchTools,
} from './heard.ts';

const { second, minute, hour, day } = durations;

/** What is compared when the row is shown again. */
interface KnownRow {
  readonly loginId: string;
  readonly account: string;
  readonly merchant: string;
  readonly created: Instant;
  readonly updated: Instant | null;
  readonly amount: number;
  readonly isPending: boolean;
  readonly isSettled: boolean;
  readonly category: string;
  readonly notes: string;
  /** Whether a login saw its category change: what nobody has touched looks the same to everybody. */
  readonly isSorted: boolean;
  /** Whether another row seems to have charged it, and since when. */
  chargedAt: Instant | null;
}

const transfers: ReadonlySet<string> = new Set(['payport_faster_payments', 'faster_payments']);

/** What rows of transactions carry. */
export function watchKinds({ note }: WatchTools): Watch {
  return (answer) => {
    if (callOf(answer) !== 'GET /transactions') return;
    for (const row of rowsIn(answer, 'transactions') ?? []) {
      const scheme = textOf(row['scheme']);
      note('schemes', scheme);
      note('decline_reasons', textOf(row['decline_reason']));
      const merchant = under(row, 'merchant');
      const hasMerchant = Object.keys(merchant).length > 0;
      if (hasMerchant) note('merchant_dates', 'created' in merchant ? 'present' : 'absent');
      // One that is named by its id alone is there, too.
      const isAbsent = row['merchant'] === null || row['merchant'] === undefined;
      if (transfers.has(scheme) && (hasMerchant || isAbsent))
        note('transfer_merchant', hasMerchant ? 'present' : 'absent');
    }
  };
}

/** How rows change, are found by their ids, and charge one another. */
export function watchRows(tools: WatchTools): Watch {
  const { note } = tools;
  const known = createRecent<KnownRow>(compared.rows);
  /** When a row was not found by its id: it may be gone, which only a later list that shows it rules out. */
  const unfound = createRecent<Instant>(compared.others);
  const holds = remembered(() => new Map<string, KnownRow>());
  const take = (row: Row, loginId: string, answer: JudgedAnswer) => {
    const id = textOf(row['id']);
    const before = known.get(id);
    const now = knownRowOf(row, loginId, before);
    if (now === null) return null;
    if (before !== undefined) noteChange(tools, { before, now, at: answer.at });
    known.set(id, now);
    const own = holds(now.account);
    if (now.isPending && now.amount !== 0) own.set(id, now);
    // What is charged itself holds nothing for another row.
    else if (before !== undefined && now.isSettled && now.amount !== 0) own.delete(id);
    for (const oldest of own.keys()) if (own.size > compared.others) own.delete(oldest);
    return before === undefined && now.isSettled ? now : null;
  };
  const takeAll = (rows: readonly Row[], loginId: string, answer: JudgedAnswer) => {
    const charges = rows.map((row) => take(row, loginId, answer)).filter((now) => now !== null);
    for (const now of charges) markCharged(now, holds(now.account), answer.at);
  };
  return (answer, loginId) => {
    const { refusal, request, body } = answer;
    const call = callOf(answer);
    const rows = call === 'GET /transactions' ? rowsIn(answer, 'transactions') : null;
    takeAll(rows ?? [], loginId, answer);
    const isThere = (row: Row) => answer.at > (unfound.get(textOf(row['id'])) ?? answer.at);
    if (rows?.some(isThere) === true) note('by_id', 'unknown');
    if (rows !== null) noteHolds(tools, { answer, rows, own: holds(accountIn(answer)) });
    if (call !== 'GET /transactions/:id') return;
    const id = request.path.split('/').at(-1) ?? '';
    if (!known.get(id)) return;
    if (refusal === null) {
      note('by_id', unfound.get(id) === undefined ? 'works' : 'lags');
      takeAll([under(body, 'transaction')], loginId, answer);
    } else if (refusal.status === 404) {
      if (refusal.bankCode?.includes('no_handler') === true) note('by_id', 'no_handler');
      else unfound.set(id, answer.at);
    } else if (refusal.status === 403) note('by_id', 'refused');
  };
}

function knownRowOf(row: Row, loginId: string, before: KnownRow | undefined): KnownRow | null {
  const created = instantOf(row['created']);
  if (created === null) return null;
  return {
    loginId,
    created,
    account: textOf(row['account_id']),
    merchant: textOf(under(row, 'merchant')['id']),
    updated: instantOf(row['updated']),
    amount: Number(row['amount']),
    isPending: row['amount_is_pending'] === true,
    isSettled: textOf(row['settled']) !== '',
    category: textOf(row['category']),
    notes: textOf(row['notes']),
    isSorted: before !== undefined && (before.isSorted || isSortedAnew(before, row, loginId)),
    chargedAt: before?.chargedAt ?? null,
  };
}

function isSortedAnew(before: KnownRow, row: Row, loginId: string): boolean {
  return before.loginId === loginId && before.category !== textOf(row['category']);
}

interface Change {
  readonly before: KnownRow;
  readonly now: KnownRow;
  readonly at: Instant;
}

function noteChange({ note }: WatchTools, { before, now, at }: Change): void {
  const isSameView = before.category === now.category && before.notes === now.notes;
  if (before.loginId !== now.loginId) {
    if (before.updated !== now.updated) return;
    const differs = before.notes === now.notes ? 'own_categories' : 'own_categories_and_notes';
    if (!isSameView || before.isSorted) note('owners_view', isSameView ? 'same' : differs);
    return;
  }
  const isReversed = before.isPending && before.amount !== 0 && now.amount === 0;
  const isCharged = before.isPending && !now.isPending && now.isSettled && now.amount !== 0;
  if (isReversed) note('reversed_row', now.isPending ? 'pending' : 'final');
  if (isCharged) note('charge', 'same_row');
  const isChanged = isReversed || isCharged || before.amount !== now.amount || !isSameView;
  if (isChanged && before.updated !== null && now.updated !== null)
    note('updated', updatedBetween(before.updated, now.updated, at));
}

function updatedBetween(before: Instant, now: Instant, at: Instant) {
  if (now > at + hour) return 'ahead';
  if (now === before) return 'frozen';
  return now < before ? 'goes_back' : 'goes_on';
}

/** A payment that comes settled and is like one that is held: the same shop, the same amount, later. */
function markCharged(now: KnownRow, own: ReadonlyMap<string, KnownRow>, at: Instant): void {
  for (const hold of own.values()) {
    const isLike = hold.merchant !== '' && hold.merchant === now.merchant && hold.amount === now.amount;
    if (!isLike || hold.created >= now.created || hold.chargedAt !== null) continue;
    hold.chargedAt = at;
    return;
  }
}

interface HoldsSeen {
  readonly answer: JudgedAnswer;
  readonly rows: readonly Row[];
  readonly own: Map<string, KnownRow>;
}

/** Banks let go of a payment that was never charged by then: one that is still held has been charged on another row. */
const longestHold = 8 * day;

/**
 * What has become of holds that another row seems to have charged. Only this shows that it has: two equal payments to one shop
 * look the same, and both are charged.
 */
function noteHolds({ note }: WatchTools, { answer, rows, own }: HoldsSeen): void {
  const noteFate = (fate: 'kept' | 'zeroed' | 'vanished') => {
    note('charge', 'another_row');
    note('hold_after_charge', fate);
  };
  const since = instantOf(answer.request.query?.['since']);
  const byId = new Map(rows.map((row) => [textOf(row['id']), row]));
  for (const [id, hold] of own) {
    const row = byId.get(id);
    if (row !== undefined && (row['amount'] === 0 || textOf(row['settled']) !== '')) {
      if (hold.chargedAt !== null && row['amount'] === 0) noteFate('zeroed');
      own.delete(id);
    } else if (hold.chargedAt !== null && answer.at - hold.chargedAt > hour) {
      if (row !== undefined && answer.at - hold.chargedAt > longestHold) noteFate('kept');
      const isCovered = since !== null && since < hold.created - second && rows.length < shortPage;
      if (row === undefined && isCovered) noteFate('vanished');
    }
  }
}

interface LastList {
  readonly at: Instant;
  readonly since: Instant;
  readonly newest: Instant;
  readonly isShort: boolean;
}

/** How late a row is: the list before should have shown it by the time it gives. */
export function watchLateness({ note }: WatchTools): Watch {
  const accounts = remembered(() => ({ known: new Map<string, Instant>(), last: null as LastList | null }));
  return (answer) => {
    const rows = callOf(answer) === 'GET /transactions' ? rowsIn(answer, 'transactions') : null;
    if (rows === null || answer.request.query?.['before'] !== undefined) return;
    const { known, last } = accounts(accountIn(answer));
    const account = accounts(accountIn(answer));
    let newest = 0;
    for (const row of rows) {
      const [id, created] = [textOf(row['id']), instantOf(row['created'])];
      if (created === null) continue;
      newest = Math.max(newest, created);
      if (!known.has(id) && last !== null) noteLateness(note, { created, last, at: answer.at });
      known.set(id, created);
    }
    for (const id of known.keys()) if (known.size > compared.rows) known.delete(id);
    const since = textOf(answer.request.query?.['since']);
    const begin = instantOf(since) ?? known.get(since) ?? answer.at;
    account.last = { at: answer.at, since: begin, newest, isShort: rows.length < shortPage };
  };
}

/** The bank tells the time in whole seconds, and its answers take a while. */
const clocksDiffer = 2 * second;

function noteLateness(
  note: WatchTools['note'],
  { created, last, at }: { readonly created: Instant; readonly last: LastList; readonly at: Instant },
): void {
  if (created > at + minute) return note('new_rows', 'dated_ahead');
  if (created >= last.at) return note('new_rows', 'on_time');
  if (last.at - created < clocksDiffer) return;
  const wasCovered = created > last.since + second && (last.isShort || created < last.newest);
  if (wasCovered) note('new_rows', lateBy(last.at - created));
}

function lateBy(ms: number) {
  if (ms < minute) return 'seconds_late';
  if (ms < hour) return 'minutes_late';
  return ms < day ? 'hours_late' : 'days_late';
}
