import { z } from 'zod';
import { flows } from '../domain/spending.ts';
import { transactionKinds } from '../domain/transaction.ts';
import { instant, limit, major, minor, verbatim } from './contract.ts';

/** The shapes of the ledger's routes. */

export const moment = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}(T.+)?$/, 'expected a day such as 2026-03-01, or that with a time and zone')
  .optional();
const size = z.string().max(24).optional();
const id = z.string().max(128).optional();

/** What narrows a list of transactions down; the same for what is shown and what is exported. */
export const transactionFilterSchema = z.strictObject({
  account: id,
  pot: id,
  since: moment.describe('created then or later'),
  before: moment.describe('created earlier'),
  q: z.string().max(200).optional().describe('words, or beginnings of words'),
  category: z.string().max(128).optional(),
  kind: z.enum(transactionKinds).optional(),
  flow: z.enum(flows).optional(),
  merchant: z.string().max(10_000).optional().describe("the name shown, or Monzo's id of the merchant"),
  min: size.describe('at least so much, in or out, in major units'),
  max: size.describe('at most so much'),
});

export const transactionQuerySchema = transactionFilterSchema.extend({
  limit: limit(50),
  cursor: z.string().max(256).optional(),
});

export const transactionSchema = z.object({
  id: z.string(),
  account_id: z.string(),
  pot_id: z.string().nullable(),
  kind: z.enum(transactionKinds),
  flow: z
    .enum(flows)
    .describe('what it did to the household’s money: only spending, refund and income crossed its border'),
  internal: z.boolean().describe('money that only moved between own accounts and pots'),
  status: z.enum(['pending', 'settled', 'declined', 'reversed']),
  name: z.string().describe('what a person would call the other side'),
  merchant: z.string().nullable(),
  merchant_id: z.string().nullable(),
  counterparty: z.string().nullable(),
  description: z.string(),
  notes: z.string(),
  category: z.string(),
  scheme: z.string(),
  created: instant,
  updated: instant,
  settled: instant.nullable().describe('may lie in the future'),
  amount: major,
  amount_minor: minor,
  currency: z.string(),
  local_amount: major,
  local_amount_minor: minor,
  local_currency: z.string(),
  decline_reason: z.string().nullable(),
});

export const transactionDetailSchema = transactionSchema.extend({
  raw: verbatim.describe("Monzo's object, to the letter"),
});

export type TransactionFilterQuery = z.output<typeof transactionFilterSchema>;
export type TransactionItem = z.output<typeof transactionSchema>;
