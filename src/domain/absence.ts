import type { Monotonic } from '../clock.ts';

/** Since when a row is missing from the bank's lists, and when the list that decides is to be asked for. */
export interface Absence {
  /** When the first list without it was asked for. */
  readonly since: Monotonic;
  readonly askAgainAt: Monotonic;
}

/** The rows that the bank's last list left out and that are not believed gone yet, by id. */
export type Absences = ReadonlyMap<string, Absence>;

/** A list as the bank answered it. */
export interface ListedRows<Row> {
  readonly rows: readonly Row[];
  /** When it was asked for: known in this process alone, which is why no absence outlives it. */
  readonly askedAt: Monotonic;
  readonly unreadable: Unreadable;
}

/** The rows of a list that could not be read. They are no absences. */
export interface Unreadable {
  readonly ids: readonly string[];
  /** How many there were whose id could not be read either. */
  readonly unnamed: number;
}

export const allReadable: Unreadable = { ids: [], unnamed: 0 };

export interface KnownRows<Row> {
  readonly rows: readonly Row[];
  readonly absences: Absences;
  /** Whether a row is one that things depend on: an open account, a pot that was not deleted. */
  readonly isOpen: (row: Row) => boolean;
}

const minute = 60_000;

/** How far apart two lists must be that agree on an absence, in milliseconds. */
export const absenceProven = { few: minute, many: 5 * minute } as const;

/**
 * What is known after a list: its rows, and those that were known before and that it leaves out. Such a row is only
 * believed gone when a later list leaves it out too, a minute after the first; five minutes where all rows are missing,
 * or at least half of them and at least two. A list that shows a missing row again refutes the list that missed it, so
 * that what else is missing is missing anew. A list with a row whose id cannot be read proves no absence.
 */
export function afterList<Row extends { readonly id: string }>(
  known: KnownRows<Row>,
  { rows, askedAt, unreadable }: ListedRows<Row>,
): { readonly rows: readonly Row[]; readonly absences: Absences } {
  const listed = new Set([...rows.map(({ id }) => id), ...unreadable.ids]);
  const here = new Set(rows.map(({ id }) => id));
  const unseen = known.rows.filter(({ id }) => !here.has(id));
  const absent = unseen.filter(({ id }) => !listed.has(id));
  const missing = absent.filter(known.isOpen);
  if (unreadable.unnamed > 0 || missing.length === 0) {
    const isHeld = ({ id }: Row) => unreadable.unnamed > 0 || listed.has(id);
    const absences = [...known.absences].filter(([id]) => !listed.has(id) && missing.length > 0);
    return { rows: [...rows, ...unseen.filter(isHeld)], absences: new Map(absences.map(later(askedAt))) };
  }
  const apart = timeApart(missing.length, known.rows.filter(known.isOpen).length);
  const isRefuted = [...known.absences.keys()].some((id) => listed.has(id));
  const absences = new Map<string, Absence>();
  for (const { id } of absent) {
    const since = isRefuted ? askedAt : (known.absences.get(id)?.since ?? askedAt);
    if (askedAt - since < apart) absences.set(id, { since, askAgainAt: since + apart });
  }
  const isKept = ({ id }: Row) => listed.has(id) || absences.has(id);
  return { rows: [...rows, ...unseen.filter(isKept)], absences };
}

/** A list that proves nothing does not decide either: another one is needed. */
function later(askedAt: Monotonic) {
  return ([id, absence]: readonly [string, Absence]) =>
    [id, { ...absence, askAgainAt: Math.max(absence.askAgainAt, askedAt + absenceProven.few) }] as const;
}

function timeApart(missing: number, of: number): number {
  const many = missing === of || (missing >= 2 && missing * 2 >= of);
  return absenceProven[many ? 'many' : 'few'];
}

/** When the next list is needed to decide; null where nothing is missing. */
export function nextAsk(absences: Absences | undefined): Monotonic | null {
  if (absences === undefined || absences.size === 0) return null;
  return Math.min(...[...absences.values()].map(({ askAgainAt }) => askAgainAt));
}
