import { placesOf, type Currency, type Minor } from './values.ts';

/** When a balance is low, and when it no longer is. Amounts are minor units. */

/** A threshold, as decimal text in major units, and whether the balance is below it; null while no balance is known. */
export interface LowBalance {
  readonly threshold: string;
  readonly isLow: boolean | null;
}

/** In major units. */
const leastBand = 5;
const bandShare = 10;

/** A threshold in minor units; it may be negative. More decimal places than the currency has are cut off. */
export function thresholdIn(text: string, currency: Currency): Minor {
  const [whole = '0', fraction = ''] = text.replace('-', '').split('.');
  const places = placesOf(currency);
  const amount = Number(whole + fraction.slice(0, places).padEnd(places, '0'));
  return text.startsWith('-') ? 0 - amount : amount;
}

/** How far above its threshold a low balance must come before it is no longer low: a tenth, and at least 5.00. */
export function recoveryBand(threshold: Minor, currency: Currency): Minor {
  return Math.max(leastBand * 10 ** placesOf(currency), Math.ceil(Math.abs(threshold) / bandShare));
}

interface Judged {
  readonly balance: Minor;
  readonly currency: Currency;
  /** Decimal text in major units. */
  readonly threshold: string;
  readonly wasLow: boolean;
}

/** Whether a balance is below its threshold, or has been and has not come far enough above it. */
export function isLowBalance({ balance, currency, threshold, wasLow }: Judged): boolean {
  const least = thresholdIn(threshold, currency);
  return balance < (wasLow ? least + recoveryBand(least, currency) : least);
}
