import { placesOf, toMajorText, type Currency, type Minor } from '../../src/domain/values.ts';
import { minorOf } from '../../web/move/move-request.ts';
import type { HassLocale } from '../hass.ts';
import { moneyText, numberLocale } from '../money.ts';

/** Eastern Arabic and Persian digits, as the keyboards of those languages write them. */
const easternDigits = /[٠-٩۰-۹]/g;

/**
 * What a person typed, in whole minor units, read as text: a point always works, and a comma where the person's profile
 * writes one. Null for everything else, such as `1,50` in English, `£5` and `1e3`, which could mean two things or none.
 */
export function writtenAmount(written: string, currency: Currency, locale: HassLocale): Minor | null {
  // The last four bits of each of these characters are its value.
  const digits = written
    .replaceAll(easternDigits, (digit) => String(digit.charCodeAt(0) & 15))
    .replace('٫', '.');
  return minorOf(digits, placesOf(currency), numberLocale(locale)?.[0]);
}

/** Decimal text, as states of entities have it, in whole minor units; null where it is none, or not exact. */
export function stateAmount(state: string | undefined, currency: Currency): Minor | null {
  const places = placesOf(currency);
  const [, whole, part = ''] = /^(-?\d{1,12})(?:\.(\d*?)0*)?$/.exec(state ?? '') ?? [];
  // A negative zero is written with its sign.
  return whole === undefined || part.length > places ? null : Number(whole + part.padEnd(places, '0')) + 0;
}

/** Whole minor units as the person reads them, such as `£12.50`; a dash where there are none. */
export function shownAmount(minor: Minor | null, currency: Currency, locale: HassLocale): string {
  return minor === null ? '–' : moneyText(toMajorText(minor, currency), currency, locale);
}
