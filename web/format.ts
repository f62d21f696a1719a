import { bank } from './texts/bank.ts';

/** Amounts, counts and days as the person's browser writes them. */

const formats = new Map<string, Intl.NumberFormat>();
const isCode = /^[A-Z]{3}$/;

export interface MoneyOptions {
  /** Writes a plus before money in as well. */
  readonly signed?: boolean;
  readonly locale?: string;
}

/** Prints whole minor units exactly: the digits go to the format as text, and no floating point sees them. */
export function money(minor: number | null, currency: string, options: MoneyOptions = {}): string {
  if (minor === null) return bank.unknown;
  if (!isCode.test(currency)) return `${decimal(minor, 2)} ${currency}`;
  const format = moneyFormat(currency, options);
  const text = format.format(decimal(minor, format.resolvedOptions().maximumFractionDigits ?? 2));
  // A true minus is as wide as a plus and a digit, so that columns of amounts align.
  return text.replace('-', '−');
}

/** Whole minor units as plain decimal text, such as -605 with two places as -6.05. */
export function decimal(minor: number, places: number): Intl.StringNumericLiteral {
  const digits = String(Math.abs(minor)).padStart(places + 1, '0');
  const whole = digits.slice(0, digits.length - places);
  const text = places === 0 ? whole : `${whole}.${digits.slice(-places)}`;
  return (minor < 0 ? `-${text}` : text) as Intl.StringNumericLiteral;
}

/** How many decimal places the currency has. */
export function placesOf(currency: string): number {
  if (!isCode.test(currency)) return 2;
  return moneyFormat(currency, {}).resolvedOptions().maximumFractionDigits ?? 2;
}

export function count(amount: number, locale?: string): string {
  return new Intl.NumberFormat(locale).format(amount);
}

/** A share of one as a percentage, such as 37 %. */
export function share(part: number, whole: number, locale?: string): string {
  const ratio = whole === 0 ? 0 : part / whole;
  return new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 0 }).format(ratio);
}

/** A day in full, such as 3 March 2027. */
export function day(instant: string, locale?: string): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: 'long' }).format(new Date(instant));
}

/** A moment in short, such as 3 Mar 2027, 14:05. */
export function moment(instant: string, locale?: string): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' }).format(
    new Date(instant),
  );
}

/** Names in a row, such as “Alex and Sam”. */
export function row(names: readonly string[], locale?: string): string {
  return new Intl.ListFormat(locale, { type: 'conjunction' }).format(names);
}

function moneyFormat(currency: string, { signed = false, locale }: MoneyOptions): Intl.NumberFormat {
  const key = `${currency} ${signed} ${locale ?? ''}`;
  const known = formats.get(key);
  if (known) return known;
  const signDisplay = signed ? 'exceptZero' : 'auto';
  const format = new Intl.NumberFormat(locale, { style: 'currency', currency, signDisplay });
  formats.set(key, format);
  return format;
}
