import type { Direction } from '../api/moves.ts';
import type { Account, Pot } from '../api/contract.ts';
import { withPoint } from '../written-number.ts';

/**
 * Parses a typed amount into whole minor units. A point always works, and a comma if it is the decimal separator of the
 * browser's language. Thousands separators are refused because they are ambiguous. Null for anything else.
 */
export function minorOf(written: string, places: number, locale?: string): number | null {
  const [, whole, part = ''] = /^(\d{1,12})(?:\.(\d+))?$/.exec(withPoint(written, locale)) ?? [];
  if (whole === undefined || part.length > places) return null;
  const minor = Number(whole + part.padEnd(places, '0'));
  return minor > 0 && Number.isSafeInteger(minor) ? minor : null;
}

/** Balances of both sides in whole minor units; null where one is not known. */
export interface Balances {
  readonly account: number | null;
  readonly pot: number | null;
}

export function balancesOf(account: Account, pot: Pot): Balances {
  return { account: account.balance_minor, pot: pot.balance_minor };
}

/** Both balances after a move. */
export function balancesAfter(before: Balances, amount: number, direction: Direction): Balances {
  const intoPot = direction === 'deposit' ? amount : -amount;
  return {
    account: before.account === null ? null : before.account - intoPot,
    pot: before.pot === null ? null : before.pot + intoPot,
  };
}

/** A unique id, which says where the move was asked for. The browser's own function needs HTTPS, which a bridge at home rarely has. */
export function newRequestId(
  fill: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array,
  origin: 'page' | 'card' = 'page',
): string {
  const bytes = fill(new Uint8Array(16));
  return `${origin}-${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}
