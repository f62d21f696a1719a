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
  /** Whether an account's list was lately seen to end with this row; for a glance, whether it seemed to. */
  endedWith(accountId: string, rowId: string, isGlance?: boolean): boolean;
  /** An account's list was seen to end with this row; by a glance it only seemed to. */
  endsWith(accountId: string, rowId: string, isGlance?: boolean): void;
}

export interface PageFactsOptions {
  readonly clock: Pick<Clock, 'monotonic'>;
  /** How many rows a full page holds, as earlier runs have seen it; null where none was seen. */
  readonly full: number | null;
  readonly save: (full: number) => void;
}

/** Where lists end is known for some hours only, because pages may become shorter. */
export function createPageFacts({ clock, full: seen, save }: PageFactsOptions): PageFacts {
  const ends = {
    seen: new Map<string, { readonly rowId: string; readonly at: Monotonic }>(),
    glanced: new Map<string, string>(),
  };
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
    endedWith: (accountId, rowId, isGlance = false) => {
      const end = ends.seen.get(accountId);
      if (isGlance && ends.glanced.get(accountId) === rowId) return true;
      return end?.rowId === rowId && clock.monotonic() - end.at < listEndHolds;
    },
    endsWith: (accountId, rowId, isGlance = false) => {
      if (isGlance) ends.glanced.set(accountId, rowId);
      else ends.seen.set(accountId, { rowId, at: clock.monotonic() });
    },
  };
}
