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

/** Why there are no rows, in the bridge's words; null where it said nothing. */
export interface Failure {
  readonly sentence: string | null;
}

/** More would be slow to look through, and the search is there. */
export const mostRows = 1_000;

/** Reads the answer to a request for a page. */
export function pageIn(response: unknown): Page | Failure {
  const { items, next, message } = Object(response) as Readonly<Record<string, unknown>>;
  if (Array.isArray(items))
    return { rows: items.filter(isRow), next: typeof next === 'string' ? next : null };
  return { sentence: typeof message === 'string' ? message : null };
}

function isRow(item: unknown): item is Row {
  const { id, created, name, amount_minor: amount } = Object(item) as Readonly<Record<string, unknown>>;
  const areTexts = [id, created, name].every((value) => typeof value === 'string');
  return areTexts && Number.isSafeInteger(amount);
}

/** The rows of both pages; those that are in both come from the newer one. */
export function joined(newer: readonly Row[], older: readonly Row[]): readonly Row[] {
  const known = new Set(newer.map(({ id }) => id));
  return [...newer, ...older.filter(({ id }) => !known.has(id))].slice(0, mostRows);
}

/**
 * The rows after the newest page was read again: what is older stays where the new page reaches it, so that nobody who has
 * looked far back is thrown to the beginning.
 */
export function renewed(shown: Page, newest: Page): Page {
  const last = newest.rows.at(-1)?.id;
  const place = shown.rows.findIndex(({ id }) => id === last);
  if (place < 0 || newest.next === null || place === shown.rows.length - 1) return newest;
  return { rows: joined(newest.rows, shown.rows.slice(place + 1)), next: shown.next };
}
