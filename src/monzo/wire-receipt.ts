import { z } from 'zod';
import type { Receipt } from '../domain/receipt.ts';
import { unknownShape } from './wire.ts';

/** Receipts as the bank writes them: JSON in both directions, with its own empty values. */

const amount = z.int();
const item = z.object({
  description: z.string(),
  quantity: z.number().nullish(),
  unit: z.string().nullish(),
  amount,
  tax: amount.nullish(),
});
const tax = z.object({
  description: z.string(),
  amount,
  tax_number: z.string().nullish(),
});
const answer = z.object({
  receipt: z.object({
    total: amount,
    currency: z.string(),
    items: z.array(item).nullish(),
    taxes: z.array(tax).nullish(),
  }),
});

/** The body that stores a receipt under its key, the same for every repetition. */
export function wireReceipt(key: string, transactionId: string, receipt: Receipt) {
  const { total, currency, items, taxes } = receipt;
  return {
    external_id: key,
    transaction_id: transactionId,
    total,
    currency,
    items: items.map(({ unit, ...line }) => ({ ...line, unit: unit ?? '', currency })),
    taxes: taxes.map(({ description, amount: minor, taxNumber }) => ({
      description,
      amount: minor,
      currency,
      tax_number: taxNumber ?? '',
    })),
  };
}

/** A receipt out of the bank's answer. Throws `unknown_shape`. */
export function readReceipt(body: unknown): Receipt {
  const read = answer.safeParse(body);
  if (!read.success) throw unknownShape('receipt');
  const { total, currency, items, taxes } = read.data.receipt;
  return {
    total,
    currency,
    items: (items ?? []).map(({ description, quantity, unit, amount: minor, tax: part }) => ({
      description,
      quantity: quantity ?? 1,
      unit: unit || null,
      amount: minor,
      tax: part ?? 0,
    })),
    taxes: (taxes ?? []).map(({ description, amount: minor, tax_number: number }) => ({
      description,
      amount: minor,
      taxNumber: number || null,
    })),
  };
}
