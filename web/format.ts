import { placesOf } from '../src/domain/values.ts';
import { dataLocale, sentenceLocale } from './region.ts';
import { bank } from './texts/bank.ts';
import { signsOf } from './written-number.ts';

/**
 * Amounts, counts and days as they are written in the person's region. Where a day stands within a sentence, `inSentence`
 * gives the locale, so that the sentence stays in one language.
 */

/** The locale of amounts, numbers and dates. */
export const here = dataLocale();
/** The locale for a day within a sentence. */
export const inSentence = sentenceLocale();

const formats = new Map<string, Intl.NumberFormat>();
const isCode = /^[A-Z]{3}$/;

export interface MoneyOptions {
  /** Also writes a plus before money in. */
  readonly signed?: boolean;
  /** Rounds to whole major units, for the marks of a scale. */
  readonly round?: boolean;
  /** Also shows it while amounts are hidden: what a person has just typed, and is about to confirm. */
  readonly always?: boolean;
  readonly locale?: string;
}

/** Stands for every amount while they are hidden. */
export const hiddenAmount = '•••';

let isHiding = false;

/** Hides all amounts that are printed from now on, or shows them. */
export function hideAmounts(isOn: boolean): void {
  isHiding = isOn;
}

export function areAmountsHidden(): boolean {
  return isHiding;
}

/** An amount as the bridge writes it in its sentences, such as 35.00 GBP. */
const inSentences = /[-−]?\d[\d,]*(?:\.\d+)? (?=[A-Z]{3}\b)/g;

/** One of the bridge's sentences, without its amounts while they are hidden. */
export function discreet(sentence: string): string {
  return isHiding ? sentence.replace(inSentences, `${hiddenAmount} `) : sentence;
}

/** Prints whole minor units exactly: the digits go to the format as text, and no floating point sees them. */
export function money(minor: number | null, currency: string, options: MoneyOptions = {}): string {
  if (minor === null) return bank.unknown;
  if (isHiding && options.always !== true) return hiddenAmount;
  if (!isCode.test(currency)) return `${written(minor, 2, options.locale)} ${currency}`;
  const text = moneyFormat(currency, options).format(decimal(minor, placesOf(currency)));
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

/** Whole minor units as a person of this region would type them, such as 12,50: no currency, no thousands separators. */
export function written(minor: number, places: number, locale = here): string {
  return typed(decimal(minor, places), locale);
}

/** Plain decimal text, such as 12.50, as a person of this region would type it. */
export function typed(text: string, locale = here): string {
  return text.replace('.', signsOf(locale).decimal);
}

export function count(amount: number, locale = here): string {
  return new Intl.NumberFormat(locale).format(amount);
}

/** A size on disk, such as 1.6 GB. */
export function bytes(size: number, locale = here): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;
  const step = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, size)) / 3));
  const form = { style: 'unit', unit: units[step], maximumFractionDigits: step < 3 ? 0 : 1 } as const;
  return new Intl.NumberFormat(locale, form).format(size / 1_000 ** step);
}

/** A share of one as a percentage, such as 37 %. */
export function share(part: number, whole: number, locale = here): string {
  const ratio = whole === 0 ? 0 : part / whole;
  return new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 0 }).format(ratio);
}

/** A day in full, such as 3 March 2027. */
export function day(instant: string, locale = here): string {
  return dateFormat(locale, { dateStyle: 'long' }).format(new Date(instant));
}

/** A moment in short, such as 3 Mar 2027, 14:05. */
export function moment(instant: string, timeZone?: string, locale = here): string {
  return dateFormat(locale, { dateStyle: 'medium', timeStyle: 'short', timeZone }).format(new Date(instant));
}

/** The time of day, such as 14:05. */
export function timeOfDay(instant: string, timeZone?: string, locale = here): string {
  return dateFormat(locale, { timeStyle: 'short', timeZone }).format(new Date(instant));
}

/** The calendar day in a zone, such as 2027-03-03. */
export function dateIn(instant: string, timeZone?: string): string {
  // Sweden writes its dates as ISO 8601 does.
  return dateFormat('sv-SE', { dateStyle: 'short', timeZone }).format(new Date(instant));
}

/** A calendar day in words, such as Wednesday, 3 March 2027; it has no zone. */
export function dateInWords(date: string, locale = here): string {
  return dateFormat(locale, { dateStyle: 'full', timeZone: 'UTC' }).format(new Date(`${date}T00:00:00Z`));
}

/** A calendar day in short, such as 3 Mar 2027. */
export function dayInShort(date: string, locale = here): string {
  return dateFormat(locale, { dateStyle: 'medium', timeZone: 'UTC' }).format(new Date(`${date}T00:00:00Z`));
}

/** A calendar day without its year, such as 3 Mar. */
export function dayOfYear(date: string, locale = here): string {
  const form = { day: 'numeric', month: 'short', timeZone: 'UTC' } as const;
  return dateFormat(locale, form).format(new Date(`${date}T00:00:00Z`));
}

/** A month in its shortest form, such as Mar 27. */
export function monthInShort(month: string, locale = here): string {
  const form = { month: 'short', year: '2-digit', timeZone: 'UTC' } as const;
  return dateFormat(locale, form).format(new Date(`${month}-01T00:00:00Z`));
}

/** A month, such as March 2027, from 2027-03. */
export function monthInWords(month: string, locale = here): string {
  const form = { month: 'long', year: 'numeric', timeZone: 'UTC' } as const;
  return dateFormat(locale, form).format(new Date(`${month}-01T00:00:00Z`));
}

/** How long ago something was, such as 5 minutes ago. */
export function ago(ms: number, locale = inSentence): string {
  const format = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  const seconds = Math.round(ms / 1_000);
  if (seconds < 60) return format.format(-seconds, 'second');
  if (seconds < 3_600) return format.format(-Math.round(seconds / 60), 'minute');
  if (seconds < 172_800) return format.format(-Math.round(seconds / 3_600), 'hour');
  return format.format(-Math.round(seconds / 86_400), 'day');
}

/** Names in a row, such as “Alex and Sam”, or “Alex or Sam”. */
export function row(names: readonly string[], type: 'conjunction' | 'disjunction' = 'conjunction'): string {
  return new Intl.ListFormat(inSentence, { type }).format(names);
}

const dateFormats = new Map<string, Intl.DateTimeFormat>();

type DateOptions = {
  readonly [Key in keyof Intl.DateTimeFormatOptions]: Intl.DateTimeFormatOptions[Key] | undefined;
};

function dateFormat(locale: string, options: DateOptions): Intl.DateTimeFormat {
  const key = `${locale} ${JSON.stringify(options)}`;
  const known = dateFormats.get(key);
  if (known) return known;
  const set = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  // The bank's months, also where people count by another calendar.
  const format = new Intl.DateTimeFormat(locale, { ...set, calendar: 'gregory' });
  dateFormats.set(key, format);
  return format;
}

function moneyFormat(
  currency: string,
  { signed = false, round = false, locale = here }: MoneyOptions,
): Intl.NumberFormat {
  const key = `${currency} ${signed} ${round} ${locale}`;
  const known = formats.get(key);
  if (known) return known;
  const signDisplay = signed ? 'exceptZero' : 'auto';
  const places = round ? 0 : placesOf(currency);
  const digits = { minimumFractionDigits: places, maximumFractionDigits: places };
  const format = new Intl.NumberFormat(locale, { style: 'currency', currency, signDisplay, ...digits });
  formats.set(key, format);
  return format;
}
