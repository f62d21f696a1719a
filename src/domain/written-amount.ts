import { amountIn, currenciesWith, type Currency, type Minor } from './values.ts';

/** A word of a search that may mean an amount. */
export interface WrittenAmount {
  /** Money out, money in, or either. */
  readonly direction: -1 | 1 | 0;
  /** As plain decimal text; several where a comma or point may divide thousands. */
  readonly readings: readonly string[];
}

const written =
  /^([+\-\u2212\u2013]?)(?:\p{Lu}{0,3}\p{Sc})?([+\-\u2212\u2013]?)(\d{1,12}|\d[\d.,'\u2019]*\d)\p{Sc}?$/u;

/**
 * Reads a word as people write amounts: "49.99", "49,99", "-49.99", "£1,234.50", "US$5.00", "1.234,50", "50". Null where it is none.
 * "1,234" may be a thousand and more, or one with three decimal places.
 */
export function writtenAmount(word: string): WrittenAmount | null {
  const [, before = '', after = '', digits = ''] = written.exec(word) ?? [];
  const readings = readingsOf(digits);
  if (readings.length === 0 || (before !== '' && after !== '')) return null;
  const sign = before + after;
  return { direction: sign === '' ? 0 : sign === '+' ? 1 : -1, readings };
}

const plain = /^\d+$/;
/** Groups of three, all divided by the same sign. */
const grouped = /^\d{1,3}(?:([.,'\u2019])\d{3})(?:\1\d{3})*$/;
/** The last point or comma divides, before it there may be groups of three. */
const divided = /^(.+)[.,](\d{1,4})$/;

function readingsOf(digits: string): readonly string[] {
  if (plain.test(digits)) return [digits];
  const readings = new Set<string>();
  if (grouped.test(digits)) readings.add(digits.replaceAll(/\D/g, ''));
  const [, whole = '', fraction = ''] = divided.exec(digits) ?? [];
  const isDivided =
    plain.test(whole) || (grouped.test(whole) && !whole.includes(digits.at(whole.length) ?? ''));
  if (isDivided) readings.add(`${whole.replaceAll(/\D/g, '')}.${fraction}`);
  return [...readings];
}

/** The amounts that a word may mean in the currencies with so many decimal places. */
export interface AmountsMeant {
  /** Null for all currencies that no other entry names. */
  readonly currencies: readonly Currency[] | null;
  /** In minor units, with their sign. */
  readonly amounts: readonly Minor[];
}

/** What a word may mean, by the decimal places of currencies; nothing is rounded. */
export function amountsMeant({ direction, readings }: WrittenAmount): readonly AmountsMeant[] {
  const signs = direction === 0 ? [-1, 1] : [direction];
  return [0, 2, 3, 4].map((places) => {
    const sizes = readings.map((text) => amountIn(text, places)).filter((size) => size !== null);
    const amounts = sizes.flatMap((size) => signs.map((sign) => sign * size || 0));
    return { currencies: currenciesWith(places), amounts: [...new Set(amounts)] };
  });
}
