import type { NewReceipt, ReceiptItem } from '../../src/contract/receipt-data.ts';
import type { Call } from './client.ts';
import { anything, listOf, number, orNull, partOf, text, whole, type Guarded } from './guards.ts';

/** Receipts of transactions; amounts are whole minor units of the receipt's currency. */

type Content = NonNullable<ReceiptItem['receipt']>;

const isLine = partOf<Content['items'][number]>()({
  description: text,
  quantity: number,
  unit: orNull(text),
  amount_minor: whole,
  tax_minor: whole,
});
const isTax = partOf<Content['taxes'][number]>()({
  description: text,
  amount_minor: whole,
  tax_number: orNull(text),
});
const isContent = partOf<Content>()({
  total_minor: whole,
  currency: text,
  items: listOf(isLine),
  taxes: listOf(isTax),
});
const isAnswer = partOf<ReceiptItem>()({ receipt: orNull(isContent) });

export type Receipt = Guarded<typeof isContent>;
export type { NewReceipt };

const pathOf = (id: string) => `api/transactions/${encodeURIComponent(id)}/receipt`;

/** Asks Monzo for the receipt that the bridge has added; null where there is none. */
export async function receiptOf(call: Call, id: string, signal: AbortSignal): Promise<Receipt | null> {
  return (await call(pathOf(id), { answer: isAnswer, signal })).receipt;
}

/** Adds a receipt at Monzo, or replaces it. */
export async function addReceipt(call: Call, id: string, receipt: NewReceipt): Promise<void> {
  await call(pathOf(id), { method: 'PUT', body: receipt, answer: anything });
}

export async function removeReceipt(call: Call, id: string): Promise<void> {
  await call(pathOf(id), { method: 'DELETE', answer: anything });
}
