import { placesOf } from '../../../src/domain/values.ts';
import { dataLocale } from '../../region.ts';

/** Digits behind the point that are computed; fewer are shown. */
const digits = 8;

export interface Exchange {
  /** Whole minor units, of one sign. */
  readonly amount_minor: number;
  readonly currency: string;
  readonly local_amount_minor: number;
  readonly local_currency: string;
}

/**
 * What one unit of the account's currency bought of the shop's: as plain decimal text, exact to its last digit. Null where
 * nothing was exchanged.
 */
export function rateOf(exchange: Exchange): Intl.StringNumericLiteral | null {
  const { amount_minor: own, currency, local_amount_minor: local, local_currency: abroad } = exchange;
  if (abroad === '' || abroad === currency || own === 0 || local === 0) return null;
  const scale = 10n ** BigInt(digits + placesOf(currency));
  const of = BigInt(Math.abs(own)) * 10n ** BigInt(placesOf(abroad));
  const rate = (BigInt(Math.abs(local)) * scale + of / 2n) / of;
  const text = String(rate).padStart(digits + 1, '0');
  return `${text.slice(0, -digits)}.${text.slice(-digits)}` as Intl.StringNumericLiteral;
}

const isCode = /^[A-Z]{3}$/;

/** An exchange in words of the region: one unit of the account's currency, and what it bought. */
export function rateInWords(
  exchange: Exchange,
  locale = dataLocale(),
): readonly [one: string, other: string] | null {
  const rate = rateOf(exchange);
  const { currency, local_currency: abroad } = exchange;
  if (rate === null || !isCode.test(currency) || !isCode.test(abroad)) return null;
  const one = new Intl.NumberFormat(locale, { style: 'currency', currency, maximumFractionDigits: 0 });
  const other = new Intl.NumberFormat(locale, {
    style: 'currency',
    currency: abroad,
    minimumFractionDigits: 0,
    minimumSignificantDigits: 3,
    maximumSignificantDigits: 5,
  });
  return [one.format(1), other.format(rate)];
}
