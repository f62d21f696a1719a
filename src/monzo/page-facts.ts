import type { Clock, Monotonic } from '../clock.ts';
import { listEndHolds, shortPage } from '../limits.ts';

/** What one login's lists of transactions have shown about their pages. */
export interface PageFacts {
  /** A page of fewer rows is not full, as far as was seen. */
  fullAt(): number;
  /** A page held so many rows. */
  held(rows: number): void;
  /** A page that held so many rows was followed by more: it was full. */
  wasFull(rows: number): void;
  /** Whether an account's list was lately seen to end with this row. */
  endedWith(accountId: string, rowId: string): boolean;
  /** An account's list was seen to end with this row. */
  endsWith(accountId: string, rowId: string): void;
}

export interface PageFactsOptions {
  readonly clock: Pick<Clock, 'monotonic'>;
  /** How many rows a full page holds, as earlier runs have seen it; null where none was seen. */
  readonly full: number | null;
  readonly save: (full: number) => void;
}

/** Where lists end is known for some hours only, because pages may become shorter. */
export function createPageFacts({ clock, full: seen, save }: PageFactsOptions): PageFacts {
  const ends = new Map<string, { readonly rowId: string; readonly at: Monotonic }>();
  let longest = shortPage;
  let full = seen;
  const wasFull = (rows: number) => {
    if (rows !== full) save(rows);
    full = rows;
  };
  return {
    fullAt: () => full ?? longest,
    held: (rows) => {
      longest = Math.max(longest, rows);
      if (full !== null && rows > full) wasFull(rows);
    },
    wasFull,
    endedWith: (accountId, rowId) => {
      const end = ends.get(accountId);
      return end?.rowId === rowId && clock.monotonic() - end.at < listEndHolds;
    },
    endsWith: (accountId, rowId) => void ends.set(accountId, { rowId, at: clock.monotonic() }),
  };
}
