import type { Currency, Minor } from './values.ts';

/** One line of a receipt; amounts are in minor units of the receipt's currency. */
export interface ReceiptItem {
  readonly description: string;
  readonly quantity: number;
  /** Such as "kg"; null where things are counted. */
  readonly unit: string | null;
  /** Of the whole line; negative for a discount. */
  readonly amount: Minor;
  /** The part of it that is tax. */
  readonly tax: Minor;
}

/** A tax that is shown below the lines, and is in their amounts already. */
export interface ReceiptTax {
  readonly description: string;
  readonly amount: Minor;
  readonly taxNumber: string | null;
}

/** What was bought in one transaction. */
export interface Receipt {
  /** What was paid, never negative. */
  readonly total: Minor;
  readonly currency: Currency;
  readonly items: readonly ReceiptItem[];
  readonly taxes: readonly ReceiptTax[];
}

/**
 * The bank's key of the bridge's receipt of a transaction. Derived from it, so that the same receipt is replaced and never
 * doubled, and nothing has to be kept to find it again.
 */
export function receiptKey(transactionId: string): string {
  return `monzo-bridge:${transactionId}`;
}

/** How much lines or taxes add up to; in minor units. */
export function sumOf(items: readonly Pick<ReceiptItem, 'amount'>[]): Minor {
  return items.reduce((sum, { amount }) => sum + amount, 0);
}

/** What a receipt of a transaction has to add up to: as on paper, where it was paid abroad too. */
export function receiptTotal({
  localAmount,
  localCurrency,
}: {
  readonly localAmount: Minor;
  readonly localCurrency: Currency;
}): Pick<Receipt, 'total' | 'currency'> {
  return { total: Math.abs(localAmount), currency: localCurrency };
}
