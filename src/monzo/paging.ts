import type { Reading } from '../domain/bank.ts';
import type { Transaction } from '../domain/transaction.ts';
import type { Instant } from '../domain/values.ts';
import type { TransactionPage } from './wire.ts';

export interface Walk {
  /** An instant or the id of a transaction. */
  readonly since: number | string;
  readonly limit: number;
  readonly readPage: (since: number | string) => Promise<Reading<TransactionPage>>;
  /** Receives each row once, oldest first; awaited before the next page is asked for. */
  readonly onPage: (page: Reading<readonly Transaction[]>) => void | Promise<void>;
  /** Told how many rows of a page could not be read, where there were any: the list is not whole then. */
  readonly onUnreadable?: ((rows: number) => void) | undefined;
}

/** Where the last page that brought something ended. */
interface PageEnd {
  readonly id: string;
  /** Null where no new row of it could be read. */
  readonly created: Instant | null;
}

/**
 * Walks a list from its oldest row on; returns how many rows it brought. Pages overlap by a millisecond, because the
 * bank may take `since` as inclusive or exclusive; where a whole page lies within one millisecond it goes on by id.
 * Ends at a short page, or when a page brings nothing new.
 */
export async function walkPages({ since, limit, readPage, onPage, onUnreadable }: Walk): Promise<number> {
  const seen = new Set<string>();
  let read = 0;
  let from = since;
  let end: PageEnd | null = null;
  let isById = false;
  for (;;) {
    const { at, value: page } = await readPage(from);
    if (page.count > page.transactions.length) onUnreadable?.(page.count - page.transactions.length);
    const fresh = page.transactions.filter(({ id }) => !seen.has(id));
    const newEnd = endOf(page, fresh, seen);
    for (const { id } of fresh) seen.add(id);
    read += fresh.length;
    if (fresh.length > 0) await onPage({ at, value: fresh });
    if (page.count < limit) return read;
    if (newEnd) {
      end = newEnd;
      seen.add(end.id);
    } else if (isById || end === null) return read;
    else isById = true;
    from = isById || end.created === null ? end.id : end.created - 1;
  }
}

/** Null where the page brings nothing new. A last row that cannot be read still shows the way on. */
function endOf(
  { lastId }: TransactionPage,
  fresh: readonly Transaction[],
  seen: ReadonlySet<string>,
): PageEnd | null {
  const newest = fresh.at(-1);
  if (!newest) return lastId === null || seen.has(lastId) ? null : { id: lastId, created: null };
  return { id: lastId ?? newest.id, created: Math.max(...fresh.map(({ created }) => created)) };
}
