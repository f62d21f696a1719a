import { money } from '../../format.ts';
import type { Transaction, TransactionPage } from '../../api/ledger.ts';

/** The rows loaded so far, newest first, and where more begin. */
export interface Rows {
  /** The filters they match; rows of other filters are never mixed in. */
  readonly question: string;
  readonly items: readonly Transaction[];
  readonly next: string | null;
}

export function firstRows(question: string, { items, next }: TransactionPage): Rows {
  return { question, items, next };
}

/** The rows with one more page at the end. */
export function withMore(rows: Rows, { items, next }: TransactionPage): Rows {
  const known = new Set(rows.items.map(({ id }) => id));
  return { ...rows, items: [...rows.items, ...items.filter(({ id }) => !known.has(id))], next };
}

/** The rows after the first page was loaded again: new ones on top, changed ones in place, older ones kept. */
export function refreshed(rows: Rows, page: TransactionPage): Rows {
  const oldest = page.items.at(-1);
  const seam = oldest === undefined ? -1 : rows.items.findIndex(({ id }) => id === oldest.id);
  if (seam < 0) return { ...rows, items: page.items, next: page.next };
  return { ...rows, items: [...page.items, ...rows.items.slice(seam + 1)] };
}

export interface Day {
  /** The day in the household's time zone, such as 2026-11-25. */
  readonly date: string;
  readonly items: readonly Transaction[];
}

/** Rows grouped by the day they were created, in the same order. */
export function byDay(items: readonly Transaction[], dayOf: (instant: string) => string): readonly Day[] {
  return [...Map.groupBy(items, ({ created }) => dayOf(created))].map(([date, own]) => ({
    date,
    items: own,
  }));
}

/** For a declined payment the bank only knows the amount the shop asked for: nothing left the account. */
export function isUntaken({ status, amount_minor: taken, local_currency: abroad }: Transaction): boolean {
  return (status === 'declined' || status === 'reversed') && taken === 0 && abroad !== '';
}

/** The amount of a transaction; for a declined one, the amount asked for, and for a reversed one, what it was. */
export function amountOf(item: Transaction): string {
  const before = item.reversed_amount_minor;
  if (before !== null) return money(before, item.currency, { signed: true });
  return isUntaken(item)
    ? money(item.local_amount_minor, item.local_currency, { signed: true })
    : money(item.amount_minor, item.currency, { signed: true });
}

// One picture, joined from several perhaps, or a flag.
const picture =
  /^(?:\p{Extended_Pictographic}(?:\p{Extended_Pictographic}|\p{Emoji_Modifier}|\u200D|\uFE0F)*|\p{Regional_Indicator}{2})$/u;
const longestPicture = 16;

/** The emoji of a merchant; null where it has none, or something that is none. */
export function emojiOf(emoji: string | null): string | null {
  return emoji !== null && emoji.length <= longestPicture && picture.test(emoji) ? emoji : null;
}
