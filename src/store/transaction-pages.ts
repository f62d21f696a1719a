import { readDecimal } from '../domain/amount.ts';
import type { HeldTransaction } from '../domain/held-transaction.ts';
import type { Flow } from '../domain/spending.ts';
import type { Split, TransactionKind } from '../domain/transaction.ts';
import { placesOf, type Currency, type Instant, type Minor } from '../domain/values.ts';
import { badRequest, refuse } from '../refusals/refuse.ts';
import type { Database, Row, Value } from './database.ts';
import { emojiColumn } from './merchant-sums.ts';
import {
  jsonOrNull,
  listedColumns,
  readListed,
  readTransaction,
  text,
  textOrNull,
  type ListedTransaction,
} from './rows.ts';
import { isPotMove, isTagged, searchCondition, type Condition } from './transaction-search.ts';

/** Which transactions to list. All conditions must hold. */
export interface TransactionFilter {
  readonly accountId?: string | undefined;
  /** Transfers into and out of this pot. */
  readonly potId?: string | undefined;
  /** Created at or after this instant. */
  readonly since?: Instant | undefined;
  /** Created before this instant. */
  readonly before?: Instant | undefined;
  /** Words or beginnings of words, each found in merchant, counterparty, description or notes. */
  readonly q?: string | undefined;
  readonly kind?: TransactionKind | undefined;
  readonly category?: string | undefined;
  /** Any of them. */
  readonly flows?: readonly Flow[] | undefined;
  /** A name as shown (`displayName`), or the bank's id of a merchant. */
  readonly merchant?: string | undefined;
  /** A word that is marked with `#` in the notes, as `tagText` writes it. */
  readonly tag?: string | undefined;
  /** Amounts without sign, as decimal text in major units of each row's own currency; both inclusive. */
  readonly least?: string | undefined;
  readonly most?: string | undefined;
}

export interface PageRequest extends TransactionFilter {
  /** `next` of the previous page. */
  readonly cursor?: string | undefined;
  readonly limit: number;
}

/** Newest first. */
export interface Page {
  readonly rows: readonly ListedRow[];
  /** The cursor of the next page; null on the last page. */
  readonly next: string | null;
}

/** What a transaction did to the household's money, and the pair that it belongs to if an amount was held and charged. */
interface Bookkeeping extends Pick<ListedTransaction, 'chargedBy'> {
  readonly flow: Flow;
  /** The hold that this transaction charged; null where there was none. */
  readonly holdId: string | null;
  /** The categories that it counts in; null where that is its own alone. */
  readonly shares: Split | null;
  /** The name of its pot; null where it has none, or one that was never seen. */
  readonly potName: string | null;
  /** The bank's emoji of the merchant; null where it gives none. */
  readonly emoji: string | null;
}

export interface ListedRow extends ListedTransaction, Bookkeeping {}

/** A complete transaction. */
export interface WholeRow extends HeldTransaction, Bookkeeping {}

/** One page of transactions, newest first. Throws `bad_cursor`, and `bad_request` for sizes that are no amounts or no range. */
export function readPage(database: Database, request: PageRequest): Page {
  const conditions = conditionsOf(database, request);
  const where = conditions.map(({ sql }) => sql).join(' AND ');
  const rows = database.all(
    `SELECT ${listedColumns}, ${bookkeeping} FROM bank_transaction ${where && `WHERE ${where}`} ORDER BY created DESC, id DESC LIMIT ?`,
    [...conditions.flatMap(({ values }) => values), request.limit + 1],
    (row) => ({ ...readListed(row), ...readBookkeeping(row) }),
  );
  const shown = rows.slice(0, request.limit);
  const last = shown.at(-1);
  return { rows: shown, next: rows.length > shown.length && last ? cursorOf(last) : null };
}

export interface LargestRequest {
  readonly accountId?: string | undefined;
  /** `since` inclusive, `before` exclusive. */
  readonly since: Instant;
  readonly before: Instant;
  readonly currency: Currency;
  readonly limit: number;
}

/** The payments that cost most, the largest first. The index alone finds them; only these rows are read whole. */
export function readLargest(database: Database, request: LargestRequest): readonly ListedRow[] {
  const { accountId, since, before, currency, limit } = request;
  const account = accountId === undefined ? null : accountId;
  const sql = `SELECT ${listedColumns}, ${bookkeeping} FROM bank_transaction WHERE number IN (
      SELECT number FROM bank_transaction INDEXED BY transaction_filter
      WHERE created >= ? AND created < ? AND flow = 'spending' AND currency = ? AND account_id = coalesce(?, account_id)
      ORDER BY amount, created DESC, id DESC LIMIT ?
    ) ORDER BY amount, created DESC, id DESC`;
  return database.all(sql, [since, before, currency, account, limit], (row) => ({
    ...readListed(row),
    ...readBookkeeping(row),
  }));
}

/** Null if there is no such transaction. */
export function readTransactionById(database: Database, id: string): WholeRow | null {
  const sql = `SELECT *, ${bookkeeping} FROM bank_transaction WHERE id = ?`;
  return database.get(sql, [id], (row) => ({ ...readTransaction(row), ...readBookkeeping(row) })) ?? null;
}

const bookkeeping = `
  (SELECT hold.id FROM bank_transaction AS hold WHERE hold.charged_by = bank_transaction.id LIMIT 1) AS hold_id,
  (SELECT kept_name.name FROM kept_name WHERE kept_name.id = pot_id) AS pot_name,
  ${emojiColumn}`;

function readBookkeeping(row: Row): Bookkeeping {
  return {
    flow: text(row, 'flow') as Flow,
    chargedBy: textOrNull(row, 'charged_by'),
    holdId: textOrNull(row, 'hold_id'),
    shares: jsonOrNull(row, 'shares') as Split | null,
    potName: textOrNull(row, 'pot_name'),
    emoji: textOrNull(row, 'emoji'),
  };
}

/** Throws `bad_cursor`, and `bad_request` for sizes that are no amounts or no range. */
export function conditionsOf(database: Database, request: Omit<PageRequest, 'limit'>): readonly Condition[] {
  const { accountId, potId, since, before, q, kind, category, flows, merchant, tag, cursor } = request;
  const conditions = [
    condition('account_id = ?', accountId),
    condition('pot_id = ?', potId),
    condition('created >= ?', since),
    condition('created < ?', before),
    condition('kind = ?', kind),
    category === undefined ? null : { sql: inCategory, values: [category, category] },
    flows === undefined ? null : { sql: `flow IN (${flows.map(() => '?').join(', ')})`, values: flows },
    merchant === undefined ? null : { sql: atMerchant, values: Array(4).fill(merchant) },
    sizeCondition(database, request),
    tag === undefined ? null : { sql: isTagged, values: [tag] },
    cursor === undefined ? null : { sql: '(created, id) < (?, ?)', values: placeIn(cursor) },
    q === undefined || q.trim() === '' ? null : searchCondition(database, q),
  ];
  return conditions.filter((one) => one !== null);
}

/** Also where it is one of several. */
const inCategory = `CASE WHEN shares IS NULL THEN category = ?
  ELSE EXISTS (SELECT 1 FROM json_each(shares) WHERE value ->> 0 = ?) END`;
/** Also what was paid back of a bill there, and moves of a pot that has the name. */
const atMerchant = `(name = ? OR merchant_id = ? OR spent_at = ? OR
  (${isPotMove} AND pot_id IN (SELECT kept_name.id FROM kept_name WHERE kept_name.name = ?)))`;

function condition(sql: string, value: Value | undefined): Condition | null {
  return value === undefined ? null : { sql, values: [value] };
}

function sizeCondition(database: Database, { least, most }: TransactionFilter): Condition | null {
  if (least === undefined && most === undefined) return null;
  const currencies = database.all('SELECT DISTINCT currency FROM day_summary', [], (row) =>
    text(row, 'currency'),
  );
  const sql = currencies.map(() => '(currency = ? AND abs(amount) BETWEEN ? AND ?)').join(' OR ');
  const range = (currency: Currency): readonly Value[] => [
    currency,
    least === undefined ? 0 : sizeIn(least, currency, 'least'),
    most === undefined ? Number.MAX_SAFE_INTEGER : sizeIn(most, currency, 'most'),
  ];
  const values = currencies.flatMap(range);
  if (Number(most) < Number(least)) throw badRequest([{ field: 'max', rule: 'must not be below min' }]);
  return { sql: `(${sql || 'FALSE'})`, values };
}

/** Rounds a size with more decimal places than the currency has, up for `least` and down for `most`. */
function sizeIn(text: string, currency: Currency, side: 'least' | 'most'): Minor {
  const places = placesOf(currency);
  const [, whole = text, fraction = ''] = /^(\d+)\.(\d+)$/.exec(text) ?? [];
  const [coins, finer] = [fraction.slice(0, places), fraction.slice(places)];
  const read = readDecimal(coins === '' ? whole : `${whole}.${coins}`, currency);
  if ('wrong' in read) throw badRequest([sizeMistake(side, read.wrong)]);
  return side === 'least' && /[1-9]/.test(finer) ? read.amount + 1 : read.amount;
}

function sizeMistake(side: 'least' | 'most', wrong: string) {
  return { field: side === 'least' ? 'min' : 'max', rule: `must be an amount. ${wrong.replace(/\.$/, '')}` };
}

function cursorOf({ transaction }: ListedTransaction): string {
  return Buffer.from(JSON.stringify([transaction.created, transaction.id])).toString('base64url');
}

function placeIn(cursor: string): readonly [Instant, string] {
  const place = parsed(Buffer.from(cursor, 'base64url').toString('utf8'));
  if (Array.isArray(place) && place.length === 2) {
    const [created, id] = place as readonly unknown[];
    if (Number.isSafeInteger(created) && typeof id === 'string') return [created as Instant, id];
  }
  throw refuse('bad_cursor', {});
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
