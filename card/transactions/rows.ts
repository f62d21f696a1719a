/** What the card shows of a transaction, as `script.monzo_transactions` answers with it. */
export interface Row {
  readonly id: string;
  readonly account_name: string | null;
  /** RFC 3339. */
  readonly created: string;
  readonly name: string;
  readonly amount_minor: number;
  readonly currency: string;
  /** Major units, in another currency than the account's. */
  readonly local_amount?: number;
  readonly local_currency?: string;
  readonly kind: string;
  readonly status: string;
  readonly notes: string;
}

export interface Page {
  readonly rows: readonly Row[];
  /** The cursor of the next, older page; null after the last one. */
  readonly next: string | null;
}

/** Why there are no rows: the bridge's code and sentence. */
export interface Failure {
  readonly code: string;
  readonly sentence: string;
}

/** More would be slow to look through, and the search is there. */
export const mostRows = 1_000;

/** Reads the answer to a request for a page. */
export function pageIn(response: unknown): Page | Failure {
  const { items, next, code, message } = Object(response) as Readonly<Record<string, unknown>>;
  if (Array.isArray(items))
    return { rows: items.filter(isRow), next: typeof next === 'string' ? next : null };
  return { code: String(code), sentence: typeof message === 'string' ? message : '' };
}

function isRow(item: unknown): item is Row {
  const { id, created, amount_minor: amount } = Object(item) as Readonly<Record<string, unknown>>;
  return typeof id === 'string' && Number.isSafeInteger(amount) && Date.parse(String(created)) > 0;
}

/** The rows of both pages; those that are in the second one as well come from there. */
export function joined(newer: readonly Row[], older: readonly Row[]): readonly Row[] {
  const known = new Set(newer.map(({ id }) => id));
  return [...newer, ...older.filter(({ id }) => !known.has(id))];
}

/**
 * The rows after the newest page was read again: what is older stays where the new page reaches it, so that nobody who has
 * looked far back is thrown to the beginning.
 */
export function renewed(shown: Page, newest: Page): Page {
  const last = newest.rows.at(-1);
  const place = shown.rows.findIndex(({ id }) => id === last?.id);
  if (place === -1 || newest.next === null) return newest;
  const rows = joined(newest.rows, shown.rows.slice(place + 1)).slice(0, mostRows);
  return rows.length === newest.rows.length ? newest : { rows, next: shown.next };
}

/** The rows by the day on which they were made, in the order in which they come. `dayOf` knows the person's zone. */
export function byDay(
  rows: readonly Row[],
  dayOf: (row: Row) => string,
): readonly (readonly [day: string, rows: readonly Row[]])[] {
  const days: [day: string, rows: Row[]][] = [];
  for (const row of rows) {
    const day = dayOf(row);
    const last = days.at(-1);
    if (last?.[0] === day) last[1].push(row);
    else days.push([day, [row]]);
  }
  return days;
}
