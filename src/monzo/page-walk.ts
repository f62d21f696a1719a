import type { Reading } from '../domain/account.ts';
import type { Transaction } from '../domain/transaction.ts';
import type { Instant } from '../domain/values.ts';
import { shortPage, timeOverlap } from '../limits.ts';
import { BankError } from './bank-error.ts';
import type { PageFacts } from './page-facts.ts';
import type { TransactionPage } from './wire.ts';

/** The part of a list that a page is asked for. */
export interface PageRange {
  /** An instant or the id of a transaction. */
  readonly since: Instant | string;
  readonly before?: Instant | undefined;
}

/** The new rows of a page, oldest first. */
export interface WalkedPage extends Reading<readonly Transaction[]> {
  /** Whether it was as long as a full page, so that more is likely to follow. */
  readonly isFull: boolean;
}

export interface PageWalk {
  readonly accountId: string;
  readonly range: PageRange;
  readonly readPage: (range: PageRange) => Promise<Reading<TransactionPage>>;
  /** Receives each row once, oldest first. Awaited before the next page is read. */
  readonly onPage: (page: WalkedPage) => void | Promise<void>;
  /**
   * Whether a page of very few rows ends the list although nothing has shown that: for a list that others repeat. Its end is
   * not asked for then.
   */
  readonly isGlance?: boolean | undefined;
  /** Told how many rows could not be read, where there were any: the list is incomplete then. */
  readonly onUnreadable?: ((rows: number, ids: readonly string[]) => void) | undefined;
  readonly facts: PageFacts;
}

/** A page that had something new. */
interface NewRows {
  /** The new ones, oldest first. */
  readonly rows: Reading<readonly Transaction[]>;
  /** How many there were on the page, known and unreadable ones included. */
  readonly count: number;
  /** When the oldest new row was created, and the newest; null where none could be read. */
  readonly begin: Instant | null;
  readonly created: Instant | null;
  /** The id of the newest row. */
  readonly id: string;
  readonly isNewestFirst: boolean;
}

/**
 * Reads every row of a list; returns how many there were. How many rows a page holds is the bank's affair: only a page
 * without anything new ends the reading, or one that ends where the list was lately seen to end and is shorter than a
 * full one. Pages are asked for by time; by id where the list begins with one, or where a whole page lies within the
 * overlap. Of a bank that shows the newest rows first, what is before a page is read as well.
 */
export async function walkPages({ accountId, range, ...walk }: PageWalk): Promise<number> {
  const { facts } = walk;
  const reader = new PageReader(walk, typeof range.since === 'string');
  const fullAt = facts.fullAt();
  let last = await reader.next(range);
  if (last === null) return reader.read;
  await reader.handOn(range, last, typeof range.since === 'number' ? range.since : null);
  const isGlanced = ({ count, id }: NewRows) => {
    const isEnd = walk.isGlance === true && count < Math.min(shortPage, fullAt);
    if (isEnd) facts.endsWith(accountId, id, true);
    return isEnd;
  };
  if (isGlanced(last)) return reader.read;
  const isOpen = range.before === undefined;
  if (isOpen && last.count < fullAt && facts.endedWith(accountId, last.id, walk.isGlance)) return reader.read;
  for (let next = await reader.following(range, last); next; next = await reader.following(range, last)) {
    await reader.handOn(range, next, last.created);
    last = next;
    if (isGlanced(last)) return reader.read;
  }
  if (isOpen && reader.sawTheEnd()) facts.endsWith(accountId, last.id);
  return reader.read;
}

/** Reads the pages of one walk, and hands each row on once. */
class PageReader {
  readonly #walk: Omit<PageWalk, 'accountId' | 'range'>;
  readonly #seen = new Set<string>();
  /** How many rows the longest page had, the last one with something new, and the last of all. */
  #longest = 0;
  #lastNew = 0;
  #last = { count: 0, showsEnd: false };
  #isById: boolean;
  read = 0;

  constructor(walk: Omit<PageWalk, 'accountId' | 'range'>, isById: boolean) {
    this.#walk = walk;
    this.#isById = isById;
  }

  /** The next page; null where nothing on it is new. */
  async next(range: PageRange): Promise<NewRows | null> {
    const { readPage, facts, onUnreadable } = this.#walk;
    const page = await readPage(range);
    const { count, transactions, unreadable } = page.value;
    const isWhole = count === transactions.length;
    this.#last = { count, showsEnd: isWhole && (count > 0 || typeof range.since === 'string') };
    if (!isWhole) onUnreadable?.(count - transactions.length, unreadable);
    this.#longest = Math.max(this.#longest, count);
    facts.held(count);
    const found = newRowsOf(page, this.#seen);
    if (found === null) return null;
    if (this.#lastNew > 0) facts.wasFull(this.#lastNew);
    this.#lastNew = count;
    for (const { id } of found.rows.value) this.#seen.add(id);
    this.#seen.add(found.id);
    this.read += found.rows.value.length;
    return found;
  }

  /** The next page after one that had something new; null where nothing follows. */
  following(range: PageRange, page: NewRows): Promise<NewRows | null> {
    const byTime = async (created: Instant) => {
      // The bank refuses a list from a time to come, and may date a row ahead.
      const from = Math.min(created, page.rows.at);
      const next = await this.next({ ...range, since: from - timeOverlap });
      if (next || !this.#mayBeStuck()) return next;
      const isFull = this.#last.count >= this.#walk.facts.fullAt();
      return this.#byId(range, page, async () => {
        if (isFull) this.#leftOut();
        return created < page.rows.at ? this.next({ ...range, since: created + 1 }) : null;
      });
    };
    const { created } = page;
    return this.#isById || created === null ? this.#byId(range, page, byTime) : byTime(created);
  }

  /** What follows the row with the page's id; where the bank does not list from it, what else shows that. */
  async #byId(
    range: PageRange,
    { id, created }: NewRows,
    otherwise: (created: Instant) => Promise<NewRows | null>,
  ): Promise<NewRows | null> {
    this.#isById = true;
    try {
      return await this.next({ ...range, since: id });
    } catch (thrown) {
      if (created === null || !refusesId(thrown)) throw thrown;
      this.#isById = false;
      return otherwise(created);
    }
  }

  /** Hands on the rows of a page; before them, where the newest come first, what lies between `end` and them. */
  async handOn(range: PageRange, page: NewRows, end: Instant | null): Promise<void> {
    const pages = [page];
    for (let at: NewRows | null = page; at?.isNewestFirst && at.begin !== null && at.begin > (end ?? 0);) {
      at = await this.next({ ...range, before: at.begin + timeOverlap });
      if (at) pages.unshift(at);
      else if (this.#mayBeStuck()) this.#leftOut();
    }
    const { facts, onPage } = this.#walk;
    for (const { rows, count } of pages)
      if (rows.value.length > 0) await onPage({ ...rows, isFull: count >= facts.fullAt() });
  }

  /** Whether the last page, which had nothing new, may have been full of rows that were known. */
  #mayBeStuck(): boolean {
    return this.#last.count > 1 && this.#last.count >= this.#longest;
  }

  /** Whether the last page, which had nothing new, shows that nothing follows. */
  sawTheEnd(): boolean {
    return this.#last.showsEnd;
  }

  /** Rows lie too close together to be asked for. */
  #leftOut(): void {
    this.#walk.onUnreadable?.(1, []);
  }
}

/** Whether the bank does not list by ids, or no longer knows this one. */
export function refusesId(thrown: unknown): boolean {
  return thrown instanceof BankError && (thrown.fault === 'bad_request' || thrown.fault === 'not_found');
}

/** Null where the page has nothing new. The id of a last row that cannot be read is used all the same. */
function newRowsOf(page: Reading<TransactionPage>, seen: ReadonlySet<string>): NewRows | null {
  const { transactions, count, lastId } = page.value;
  const fresh = transactions.filter(({ id }) => !seen.has(id));
  const [first, last] = [transactions[0], transactions.at(-1)];
  if (fresh.length === 0 || !first || !last) {
    if (lastId === null || seen.has(lastId)) return null;
    const rows = { at: page.at, value: [] };
    return { rows, count, begin: null, created: null, id: lastId, isNewestFirst: false };
  }
  const times = fresh.map(({ created }) => created);
  const isNewestFirst = first.created > last.created;
  return {
    rows: { at: page.at, value: isNewestFirst ? fresh.toReversed() : fresh },
    count,
    begin: Math.min(...times),
    created: Math.max(...times),
    id: isNewestFirst ? first.id : (lastId ?? last.id),
    isNewestFirst,
  };
}
