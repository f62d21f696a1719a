import { texts } from './texts.ts';

/** Amounts, counts and days as the person's browser writes them. */

export function money(amount: number | null, currency: string, locale?: string): string {
  if (amount === null) return texts.money.unknown;
  return new Intl.NumberFormat(locale, { style: 'currency', currency }).format(amount);
}

export function count(amount: number, locale?: string): string {
  return new Intl.NumberFormat(locale).format(amount);
}

/** A day in full, such as 3 March 2027. */
export function day(instant: string, locale?: string): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: 'long' }).format(new Date(instant));
}

/** Names in a row, such as “Alex and Sam”. */
export function row(names: readonly string[], locale?: string): string {
  return new Intl.ListFormat(locale, { type: 'conjunction' }).format(names);
}
