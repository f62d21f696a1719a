import { ownAccount } from './access.ts';
import {
  badParam,
  bareRefusal,
  insufficientPermissions,
  noHandler,
  refusal,
  type Refusal,
} from './refusal.ts';
import { must } from './model.ts';
import type { Model, Grant, Merchant, News, Showing, Transaction } from './model.ts';
import type { Switches } from './switches.ts';
import { viewOf } from './views.ts';
import { days, hours, minutes, readTime, wireTime } from './wire-time.ts';

/** Calls all listeners. */
export function announce(model: Model, news: News): void {
  for (const listener of model.listeners) listener(news);
}

/** Increases `updated` and announces the change. */
export function touch(model: Model, transaction: Transaction, what: News['what']): void {
  transaction.updatedMs = Math.max(model.now(), transaction.updatedMs + 1);
  announce(model, { what, transaction });
}

/** The first index whose transaction was created at or after an instant, or only after it with `strictlyAfter`. */
export function firstFrom(rows: readonly Transaction[], instant: number, strictlyAfter = false): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const created = rows[middle]?.createdMs ?? Infinity;
    if (strictlyAfter ? created <= instant : created < instant) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Inserts a transaction into its account's statement, sorted by creation, and within one instant as the switch says. */
export function enter(model: Model, transaction: Transaction): void {
  model.transactions.set(transaction.id, transaction);
  const rows = model.statements.get(transaction.accountId) ?? [];
  model.statements.set(transaction.accountId, rows);
  const place = firstFrom(rows, transaction.createdMs, model.switches.sameInstant === 'after');
  if (place === rows.length) rows.push(transaction);
  else rows.splice(place, 0, transaction);
}

function wireMerchant(model: Model, merchant: Merchant): Record<string, unknown> {
  const dates =
    model.switches.merchantDates === 'present'
      ? { created: wireTime(merchant.createdMs), updated: wireTime(merchant.createdMs + days) }
      : {};
  const place = merchant.online ? 'Somewhere in the world' : `1 High Street, ${merchant.city}`;
  return {
    id: merchant.id,
    group_id: merchant.groupId,
    name: merchant.name,
    logo: merchant.logo,
    emoji: merchant.emoji,
    category: merchant.category,
    online: merchant.online,
    atm: merchant.atm,
    address: {
      short_formatted: place,
      formatted: merchant.online ? 'world' : `${place}, ${merchant.country}`,
      address: merchant.online ? '' : '1 High Street',
      city: merchant.online ? '' : merchant.city,
      region: '',
      country: merchant.online ? 'GLO' : merchant.country,
      postcode: merchant.online ? '' : 'AB1 2CD',
      latitude: 51.52123456789012,
      longitude: -0.08123456789012345,
      zoom_level: 17,
      approximate: merchant.online,
    },
    metadata: { created_for_merchant: merchant.id, provider: 'user', provider_id: '', website: '' },
    disable_feedback: false,
    ...dates,
  };
}

const farAhead = Date.parse('2099-01-01T00:00:00Z');

/** `updated` as the bank shows it, from what truly happened. */
const shownUpdates: {
  readonly [Position in Switches['updated']]: (row: Transaction) => number;
} = {
  as_recorded: ({ updatedMs }) => updatedMs,
  frozen: ({ createdMs }) => createdMs,
  ahead: ({ updatedMs }) => farAhead + (updatedMs % days),
  goes_back: ({ createdMs, updatedMs }) => createdMs - Math.abs(updatedMs - createdMs),
};

/** What the bank shows of `external_id`, of which rows of pot moves were recorded in 2018 and 2022 alone. */
const shownIds: {
  readonly [Position in Model['switches']['externalId']]: (id: string, row: Transaction) => string | null;
} = {
  as_recorded: (id) => id,
  absent: () => null,
  cut: (id) => id.slice(0, 36),
  // Without the user and the end, or without anything that a client could know.
  changed: (id, row) => {
    const key = id.slice(id.lastIndexOf(':') + 1);
    return row.id.charCodeAt(row.id.length - 1) % 2 === 0 ? key.slice(0, 24) : `transfer:${row.id}`;
  },
};

function shownMetadata({ switches }: Model, row: Transaction): Readonly<Record<string, string>> {
  const { external_id: id, ...others } = row.metadata;
  if (id === undefined) return others;
  const shown = shownIds[switches.externalId](id, row);
  return shown === null ? others : { ...others, external_id: shown };
}

/** The bank's own id of a pot move ends in the external id. */
function shownDedupeId(model: Model, row: Transaction): string {
  const id = row.metadata['external_id'];
  if (id === undefined || !row.dedupeId.endsWith(id)) return row.dedupeId;
  return row.dedupeId.slice(0, -id.length) + (shownMetadata(model, row)['external_id'] ?? row.id);
}

interface Reader {
  readonly expandMerchant?: boolean;
  /** Who asks; nobody for a webhook. */
  readonly userId?: string;
}

/** A transaction in the bank's format: `""` if not settled, `{}` without a counterparty, no key if not declined. */
export function wireTransaction(
  model: Model,
  row: Transaction,
  { expandMerchant = false, userId }: Reader = {},
): Record<string, unknown> {
  const view = viewOf(model, row, userId);
  const merchant = row.merchantId === null ? null : must(model.merchants, row.merchantId);
  const card = row.scheme === 'mastercard' && row.declineReason === null;
  const stillPending =
    row.state === 'pending' || (row.state === 'reversed' && model.switches.reversedRow === 'pending');
  return {
    id: row.id,
    created: wireTime(row.createdMs),
    description: row.description,
    amount: row.amount,
    fees: {},
    currency: row.currency,
    merchant: merchant && (expandMerchant ? wireMerchant(model, merchant) : merchant.id),
    notes: view.notes,
    metadata: shownMetadata(model, { ...row, metadata: view.metadata }),
    labels: null,
    attachments: null,
    international: null,
    category: view.category,
    categories:
      row.split ?? (card || row.scheme === 'uk_retail_pot' ? { [view.category]: row.amount } : null),
    is_load: row.isLoad,
    settled: row.settledMs === null ? '' : wireTime(row.settledMs),
    ...(row.declineReason === null ? {} : { decline_reason: row.declineReason }),
    local_amount: row.localAmount,
    local_currency: row.localCurrency,
    updated: wireTime(shownUpdates[model.switches.updated](row)),
    account_id: row.accountId,
    user_id: row.userId,
    counterparty: { ...row.counterparty },
    scheme: row.scheme,
    dedupe_id: shownDedupeId(model, row),
    originator: row.originator,
    include_in_spending: row.inSpending,
    can_be_excluded_from_breakdown: card,
    can_be_made_subscription: card,
    can_split_the_bill: card,
    can_add_to_tab: card,
    can_match_transactions_in_categorization: card,
    amount_is_pending: stillPending,
    atm_fees_detailed: null,
    parent_account_id: '',
  };
}

function isShown({ shownAtMs, vanished, now }: Model, { id }: Transaction, how: Showing): boolean {
  return (shownAtMs[how].get(id) ?? -Infinity) <= now() && !vanished.has(id);
}

interface Listing {
  readonly grant: Grant;
  readonly accountId: string;
  readonly query: URLSearchParams;
}

const tooLarge =
  'The time range you have requested is too large, please use the `since` and `before` parameters to request smaller ranges. Learn more in our community post: https://community.monzo.com/t/changes-when-listing-with-our-api/158676';

function readLimit(model: Model, text: string | null): number {
  if (text === null || text === '') return Math.min(30, model.switches.longestPage);
  const limit = Number(text);
  if (!Number.isInteger(limit) || limit < 1) throw badParam('limit', 'must be a positive number');
  if (limit > 100 && model.switches.limitAbove100 === 'refused') {
    throw badParam('limit', 'must be at most 100');
  }
  return Math.min(limit, model.switches.longestPage);
}

function instantOf(field: string, text: string): number {
  const instant = readTime(text);
  if (instant === undefined) throw badParam(field, 'must be a timestamp');
  return instant;
}

function placeAfter(model: Model, rows: readonly Transaction[], instant: number): number {
  const { sinceTimestamp } = model.switches;
  if (sinceTimestamp !== 'exclusive_second') return firstFrom(rows, instant, sinceTimestamp === 'exclusive');
  return firstFrom(rows, (Math.floor(instant / 1_000) + 1) * 1_000);
}

function readStart(model: Model, listing: Listing, rows: readonly Transaction[]) {
  const text = listing.query.get('since') ?? '';
  if (!text.startsWith('tx_')) {
    const instant = text === '' ? model.now() - 30 * days : instantOf('since', text);
    return { instant, place: placeAfter(model, rows, instant) };
  }
  const { sinceId } = model.switches;
  if (sinceId === 'refused') throw badParam('since', 'must be a timestamp');
  const row = model.transactions.get(text);
  if (row?.accountId !== listing.accountId || model.vanished.has(text))
    throw badParam('since', 'must be a transaction of the account');
  const place = rows.indexOf(row, firstFrom(rows, row.createdMs));
  return { instant: row.createdMs, place: sinceId === 'inclusive' ? place : place + 1 };
}

/**
 * A page of an account's transactions, oldest first unless switched: 30 by default, at most 100, of the last 30 days
 * without `since`.
 * Throws 400 for a range above 8760 hours, and what `firstInReach` throws.
 */
export function listTransactions(model: Model, listing: Listing): readonly Transaction[] {
  const account = ownAccount(model, listing.grant, listing.accountId);
  if (account.type === 'uk_monzo_flex_backing_loan') throw insufficientPermissions();
  const rows = model.statements.get(account.id) ?? [];
  const limit = readLimit(model, listing.query.get('limit'));
  const start = readStart(model, listing, rows);
  const beforeText = listing.query.get('before') ?? '';
  const before = beforeText === '' ? model.now() : instantOf('before', beforeText);
  if (before < start.instant && listing.query.has('since')) {
    throw bareRefusal('bad_request.bad_time_range', 'Error listing hydrated transactions by account');
  }
  if (before - start.instant > 8760 * hours) {
    throw bareRefusal('bad_request.invalid_time_range', tooLarge);
  }
  const first = firstInReach(model, listing.grant, { rows, start });
  const inclusive = beforeText === '' || model.switches.beforeTimestamp === 'inclusive';
  const end = beforeText === '' ? rows.length : firstFrom(rows, before, inclusive);
  return pageOf(model, rows, { place: Math.max(start.place, first), end, limit });
}

interface Start {
  readonly rows: readonly Transaction[];
  readonly start: { readonly instant: number };
}

/** The first row that may be shown. Throws 403 or 400 for a start beyond the reach, outside the minutes of full history. */
function firstInReach(model: Model, grant: Grant, { rows, start }: Start): number {
  const { reachDays, reachBeyond } = model.switches;
  const now = model.now();
  const isInReach = now - start.instant < reachDays * days || now < grant.fullHistoryUntilMs;
  if (isInReach) return 0;
  if (reachBeyond === 'cut') return firstFrom(rows, now - reachDays * days);
  if (reachBeyond === 'refused_400')
    throw bareRefusal('bad_request.bad_time_range', 'Error listing hydrated transactions by account');
  throw bareRefusal('forbidden.verification_required', 'Verification required');
}

interface PageRange {
  readonly place: number;
  readonly end: number;
  readonly limit: number;
}

/** Stops reading as soon as the page is full. */
function pageOf(model: Model, rows: readonly Transaction[], { place, end, limit }: PageRange) {
  const { pageOrder } = model.switches;
  const page: Transaction[] = [];
  const isNewestFirst = pageOrder === 'newest_first';
  for (let step = 0; step < end - place && page.length < limit; step += 1) {
    const row = rows[isNewestFirst ? end - 1 - step : place + step];
    if (row && isShown(model, row, 'lists')) page.push(row);
  }
  return pageOrder === 'turned' ? page.reverse() : page;
}

/** A transaction that the person may see. Throws 404 for any other. */
export function findTransaction(model: Model, grant: Grant, id: string): Transaction {
  const row = model.transactions.get(id);
  const account = row && model.accounts.get(row.accountId);
  if (!row || !isShown(model, row, 'by_id') || !account?.ownerIds.includes(grant.userId)) throw notFound();
  return row;
}

const notFound = () => refusal('not_found.transaction', 'Transaction not found');

/** What answers for a row that is there; null where the row does. */
const insteadOfRow: Readonly<Record<Switches['byId'], (model: Model, row: Transaction) => Refusal | null>> = {
  works: () => null,
  unknown: notFound,
  no_handler: (_model, { id }) => noHandler({ method: 'GET', path: `/transactions/${id}` }),
  lags: ({ now }, { createdMs }) => (now() < createdMs + 30 * minutes ? notFound() : null),
};

/** Every third id. */
const isThird = (id: string) => Buffer.from(id).reduce((sum, byte) => sum + byte, 0) % 3 === 0;

const isForbidden: Readonly<Record<Switches['rowForbidden'], (id: string) => boolean>> = {
  never: () => false,
  some_rows: isThird,
  every_row: () => true,
};

/** A transaction that is asked for by its id. Throws 404, or 403 for one that is refused in this way alone. */
export function readTransaction(model: Model, grant: Grant, id: string): Transaction {
  const row = findTransaction(model, grant, id);
  if (isForbidden[model.switches.rowForbidden](id)) throw insufficientPermissions();
  const instead = insteadOfRow[model.switches.byId](model, row);
  if (instead) throw instead;
  return row;
}

/** Sets the notes; empty text removes them. Any other key is ignored, as by the bank. */
export function annotate(model: Model, row: Transaction, notes: string): void {
  row.notes = notes;
  if (notes === '') delete row.metadata['notes'];
  else row.metadata['notes'] = notes;
  touch(model, row, 'changed');
}
