import { money } from '../../format.ts';
import type { Transaction, TransactionPage } from '../../api/ledger.ts';

/** The rows that are here so far, the newest first, and where more of them begin. */
export interface Rows {
  /** What they answer; rows of another question are never mixed in. */
  readonly question: string;
  readonly items: readonly Transaction[];
  readonly next: string | null;
}

export function firstRows(question: string, { items, next }: TransactionPage): Rows {
  return { question, items, next };
}

/** The rows with one more page below. */
export function withMore(rows: Rows, { items, next }: TransactionPage): Rows {
  const known = new Set(rows.items.map(({ id }) => id));
  return { ...rows, items: [...rows.items, ...items.filter(({ id }) => !known.has(id))], next };
}

/** The rows after the first page was read again: new ones on top, changed ones in place, and what was below stays. */
export function refreshed(rows: Rows, page: TransactionPage): Rows {
  const oldest = page.items.at(-1);
  const seam = oldest === undefined ? -1 : rows.items.findIndex(({ id }) => id === oldest.id);
  if (seam < 0) return { ...rows, items: page.items, next: page.next };
  return { ...rows, items: [...page.items, ...rows.items.slice(seam + 1)] };
}

export interface Day {
  /** The day where the household lives, such as 2026-11-25. */
  readonly date: string;
  readonly items: readonly Transaction[];
}

/** Rows by the day they were made on, in the order they have. */
export function byDay(items: readonly Transaction[], dayOf: (instant: string) => string): readonly Day[] {
  return [...Map.groupBy(items, ({ created }) => dayOf(created))].map(([date, own]) => ({
    date,
    items: own,
  }));
}

/** Of a payment that was declined the bank knows only what the shop asked for: nothing left the account. */
export function isUntaken({ status, amount_minor: taken, local_currency: abroad }: Transaction): boolean {
  return status === 'declined' && taken === 0 && abroad !== '';
}

/** What a transaction took or brought; of a declined one, what was asked for. */
export function amountOf(item: Transaction): string {
  return isUntaken(item)
    ? money(item.local_amount_minor, item.local_currency, { signed: true })
    : money(item.amount_minor, item.currency, { signed: true });
}
