import type { Receipt } from '../../api/receipts.ts';
import { here } from '../../format.ts';
import { minorOf } from '../../move/move-request.ts';

/** A line of a receipt as it is being written. */
export interface Line {
  /** Tells lines apart while others come and go. */
  readonly key: number;
  readonly description: string;
  /** As it was typed, in major units. */
  readonly amount: string;
  /** The line that it replaces, whose quantity stays as it was, and its tax while the amount does. */
  readonly before?: Receipt['items'][number];
}

/** Whole minor units of what was typed; a discount has a minus. Null for anything that is no amount. */
export function lineAmount(written: string, places: number, locale = here): number | null {
  const [, sign = '', rest = ''] = /^\s*([-−]?)\s*(.*)$/.exec(written) ?? [];
  const amount = minorOf(rest, places, locale);
  return amount === null || sign === '' ? amount : -amount;
}

/** What is missing until the lines add up to the total, in whole minor units; lines that are no amounts count nothing. */
export function leftOf(total: number, lines: readonly Line[], places: number): number {
  return lines.reduce((left, { amount }) => left - (lineAmount(amount, places) ?? 0), total);
}
