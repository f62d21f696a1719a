import { z } from 'zod';
import { major, minor } from './elements.ts';

/** Receipts of transactions, which the Monzo app shows with them. */

const description = z.string().trim().min(1).max(200);
const amount = z.int().min(-100_000_000_000).max(100_000_000_000);

/** A receipt as it is added; its lines have to add up to what was paid. */
export const receiptBodySchema = z.strictObject({
  items: z
    .array(
      z.strictObject({
        description,
        quantity: z.number().positive().max(1_000_000).default(1),
        unit: z.string().trim().max(20).optional().describe('such as kg'),
        amount_minor: amount.describe('of the whole line, in minor units; negative for a discount'),
        tax_minor: amount.min(0).default(0).describe('the part of it that is tax'),
      }),
    )
    .min(1)
    .max(500)
    .describe('the lines; they add up to what was paid, in the currency in which it was paid'),
  taxes: z
    .array(
      z.strictObject({
        description,
        amount_minor: amount.min(0),
        tax_number: z.string().trim().max(50).optional(),
      }),
    )
    .max(20)
    .default([])
    .describe('taxes shown below the lines, which hold them already'),
});

export const receiptLineSchema = z.object({
  description: z.string(),
  quantity: z.number(),
  unit: z.string().nullable(),
  amount: major,
  amount_minor: minor,
  tax: major,
  tax_minor: minor,
});

export const receiptTaxSchema = z.object({
  description: z.string(),
  amount: major,
  amount_minor: minor,
  tax_number: z.string().nullable(),
});

export const receiptSchema = z.object({
  transaction_id: z.string(),
  receipt: z
    .object({
      total: major,
      total_minor: minor,
      currency: z.string(),
      items: z.array(receiptLineSchema),
      taxes: z.array(receiptTaxSchema),
    })
    .nullable()
    .describe('null where this bridge has added none; Monzo shows no other program’s'),
});

export type ReceiptItem = z.output<typeof receiptSchema>;
export type NewReceipt = z.input<typeof receiptBodySchema>;
