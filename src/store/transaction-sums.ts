import { compareText, type Currency, type Instant, type Minor } from '../domain/values.ts';
import type { Database, Row } from './database.ts';
import { integer, text } from './rows.ts';
import { conditionsOf, type TransactionFilter } from './transaction-pages.ts';
import { rowsFound, searchCondition, type Condition } from './transaction-search.ts';

/** Where the next part of the rows begins: after a place in time, or after the number of a row. */
export type SumsPlace =
  | { readonly by: 'time'; readonly created: Instant; readonly id: string }
  | { readonly by: 'number'; readonly number: number };

export interface SumsRequest extends TransactionFilter {
  /** `next` of the part before; all rows begin with null. */
  readonly after: SumsPlace | null;
  /** How many rows to look at; `rowsInPart` if left out. */
  readonly size?: number;
}

/** What the rows of one currency add up to, in minor units; `out` and `internalOut` are not positive. */
export interface TransactionSum {
  readonly currency: Currency;
  readonly in: Minor;
  readonly out: Minor;
  /** The parts of both that only moved between own accounts and pots. */
  readonly internalIn: Minor;
  readonly internalOut: Minor;
  /** All rows found. */
  readonly count: number;
  /** Those of them that count in no sum: declined, reversed, card checks, and holds that were charged as another row. */
  readonly unmoved: number;
}

export interface SumsPart {
  readonly sums: readonly TransactionSum[];
  /** Null once all rows are added up. */
  readonly next: SumsPlace | null;
}

/** Rows looked at for one part: a list that is asked for meanwhile waits some hundredths of a second at most. */
const rowsInPart = 25_000;

/**
 * Adds up a part of the rows that match. Of a purchase that is split, only the share of the category that is asked for
 * counts. Throws `bad_request` for a size that is not an amount.
 */
export function readSums(
  database: Database,
  { after, size = rowsInPart, q, ...filter }: SumsRequest,
): SumsPart {
  const search = q === undefined || q.trim() === '' ? null : q;
  const part = partOf(database, search, { filter, after, size });
  const sums = added(database, filter, part);
  if (after !== null) return { sums, next: part.next };
  // Holds are few, and the index of what is filtered by does not tell them.
  const found = search === null ? [] : [searchCondition(database, search)];
  const held = { sql: 'charged_by IS NOT NULL', values: [] };
  const others = conditionsOf(database, filter);
  const holds = added(database, filter, {
    hint: 'INDEXED BY transaction_charged',
    where: [held, ...others, ...found],
  });
  return { sums: [...sums, ...holds.map(uncounted)], next: part.next };
}

/** The sums of several parts, by currency. */
export function sumOfParts(parts: readonly TransactionSum[]): readonly TransactionSum[] {
  const byCurrency = Map.groupBy(parts, ({ currency }) => currency);
  return [...byCurrency.values()]
    .map((own) => own.reduce(plus))
    .filter(({ count }) => count > 0)
    .toSorted((a, b) => b.count - a.count || compareText(a.currency, b.currency));
}

function plus(a: TransactionSum, b: TransactionSum): TransactionSum {
  return {
    currency: a.currency,
    in: a.in + b.in,
    out: a.out + b.out,
    internalIn: a.internalIn + b.internalIn,
    internalOut: a.internalOut + b.internalOut,
    count: a.count + b.count,
    unmoved: a.unmoved + b.unmoved,
  };
}

/** Takes away what was counted for rows that move nothing by themselves. */
function uncounted(sum: TransactionSum): TransactionSum {
  return {
    currency: sum.currency,
    in: -sum.in,
    out: -sum.out,
    internalIn: -sum.internalIn,
    internalOut: -sum.internalOut,
    count: 0,
    unmoved: sum.count - sum.unmoved,
  };
}

/** Which rows to add up, by which index where that is known better here. */
interface Rows {
  readonly hint: string;
  readonly where: readonly Condition[];
}

interface Part extends Rows {
  readonly next: SumsPlace | null;
}

interface Wanted extends Required<Pick<SumsRequest, 'after' | 'size'>> {
  readonly filter: TransactionFilter;
}

function partOf(database: Database, q: string | null, wanted: Wanted): Part {
  const { filter } = wanted;
  if (q !== null && rowsFound(database, q) !== null) return partByNumber(database, q, wanted);
  const literal = q === null ? [] : [searchCondition(database, q)];
  // Notes and pots have indexes of their own, with few rows in them.
  if (filter.tag !== undefined || filter.potId !== undefined)
    return { hint: '', where: [...conditionsOf(database, filter), ...literal], next: null };
  return partByTime(database, literal, wanted);
}

/** The rows after a place in time: one index has all that is filtered by, but for texts. */
function partByTime(
  database: Database,
  literal: readonly Condition[],
  { filter: { since, before, ...filter }, after, size }: Wanted,
): Part {
  const hint = 'INDEXED BY transaction_filter';
  const others = [...conditionsOf(database, filter), ...literal];
  const start: Condition =
    after?.by === 'time'
      ? { sql: '(created, id) > (?, ?)', values: [after.created, after.id] }
      : { sql: 'created >= ?', values: [since ?? 0] };
  const end: Condition = { sql: 'created < ?', values: [before ?? Number.MAX_SAFE_INTEGER] };
  const last = database.get(
    `SELECT created, id FROM bank_transaction ${hint} WHERE ${start.sql} AND ${end.sql}
      ORDER BY created, id LIMIT 1 OFFSET ?`,
    [...start.values, ...end.values, size - 1],
    (row) => ({ created: integer(row, 'created'), id: text(row, 'id') }),
  );
  if (last === undefined) return { hint, where: [start, end, ...others], next: null };
  // With two ends, an index would be left at the first of them only.
  const upTo = { sql: '(created, id) <= (?, ?)', values: [last.created, last.id] };
  return { hint, where: [start, upTo, ...others], next: { by: 'time', ...last } };
}

/** The rows with the words of a text, by ranges of their numbers. */
function partByNumber(database: Database, q: string, { filter, after, size }: Wanted): Part {
  const first = after?.by === 'number' ? after.number + 1 : 0;
  const last = first + size - 1;
  const found = rowsFound(database, q, { first, last });
  const newest = database.get('SELECT coalesce(max(number), 0) AS number FROM bank_transaction', [], (row) =>
    integer(row, 'number'),
  );
  const isIn = found === null ? [] : [{ sql: `number IN (${found.sql})`, values: found.values }];
  return {
    // By their numbers, whatever else there would be to go by.
    hint: 'NOT INDEXED',
    where: [...isIn, ...conditionsOf(database, filter)],
    next: (newest ?? 0) > last ? { by: 'number', number: last } : null,
  };
}

function added(
  database: Database,
  { category }: TransactionFilter,
  { hint, where }: Rows,
): readonly TransactionSum[] {
  const part = category === undefined ? { sql: 'amount', values: [] } : { sql: share, values: [category] };
  const sql = `SELECT currency,
      coalesce(sum(part) FILTER (WHERE part > 0 AND flow <> 'none'), 0) AS came,
      coalesce(sum(part) FILTER (WHERE part < 0 AND flow <> 'none'), 0) AS went,
      coalesce(sum(part) FILTER (WHERE part > 0 AND flow = 'internal'), 0) AS internal_in,
      coalesce(sum(part) FILTER (WHERE part < 0 AND flow = 'internal'), 0) AS internal_out,
      count(*) AS count,
      count(*) FILTER (WHERE flow = 'none') AS unmoved
    FROM (SELECT currency, flow, ${part.sql} AS part FROM bank_transaction ${hint}
      WHERE ${where.map((one) => one.sql).join(' AND ') || 'TRUE'})
    GROUP BY currency`;
  return database.all(sql, [...part.values, ...where.flatMap(({ values }) => values)], readSum);
}

/** What of a row is in a category. */
const share = `CASE WHEN shares IS NULL THEN amount
  ELSE (SELECT sum(value ->> 1) FROM json_each(shares) WHERE value ->> 0 = ?) END`;

function readSum(row: Row): TransactionSum {
  return {
    currency: text(row, 'currency'),
    in: integer(row, 'came'),
    out: integer(row, 'went'),
    internalIn: integer(row, 'internal_in'),
    internalOut: integer(row, 'internal_out'),
    count: integer(row, 'count'),
    unmoved: integer(row, 'unmoved'),
  };
}
