import { z } from 'zod';
import { instant, listOf, major, minor } from './contract.ts';

/** The shapes of moving money: the audit, transfers, and what limits them. */

const yesNoUnknown = z.enum(['yes', 'no', 'unknown']);
const limit = z.coerce.number().int().min(1).max(500).default(50);

export const auditQuerySchema = z.strictObject({
  transfer: z.string().max(128).optional().describe('only what belongs to this transfer'),
  limit,
  cursor: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER).optional(),
});

export const auditExportQuerySchema = z.strictObject({ format: z.enum(['csv', 'json']) });

export const auditRowSchema = z.object({
  seq: z.int().describe('grows with every row'),
  at: instant,
  door: z.string().describe('page, http, cli, mqtt, home_assistant; bridge where it acted by itself'),
  user: z.string().nullable(),
  action: z.string(),
  decision: z.string(),
  code: z.string().nullable(),
  sentence: z.string().nullable(),
  transfer_id: z.string().nullable(),
  transaction_id: z.string().nullable(),
  asked: z.record(z.string(), z.unknown()).nullable().describe('amounts in minor units'),
});

export const auditListSchema = listOf(auditRowSchema);

const transferState = z.enum(['open', 'moved', 'not_moved', 'unresolved', 'not_sent']);

export const transferQuerySchema = z.strictObject({
  state: transferState.optional(),
  limit,
  cursor: z.string().max(128).optional(),
});

export const transferSchema = z.object({
  id: z.string(),
  created: instant,
  state: transferState.describe(
    'open: the bridge still finds out; unresolved: only a person can; not_sent: nothing left this machine',
  ),
  money_moved: yesNoUnknown,
  pot: z.string(),
  account: z.string(),
  transfer_type: z.enum(['deposit', 'withdraw']),
  amount: major,
  amount_minor: minor,
  currency: z.string(),
  request_id: z.string().nullable(),
  sends: z.int().describe('how often it was sent, always with one and the same id'),
  first_sent_at: instant.nullable(),
  last_sent_at: instant.nullable(),
  settled_at: instant.nullable(),
  transaction_id: z.string().nullable().describe('Monzo’s transaction, once it was seen'),
  code: z.string().nullable(),
  sentence: z.string().nullable(),
  door: z.string(),
  user: z.string().nullable(),
  found: z.boolean().describe('seen at the bank, and not asked for through this bridge as far as it knows'),
});

export const transferListSchema = listOf(transferSchema);
export const transferDetailSchema = transferSchema.extend({
  evidence: z.array(auditRowSchema).describe('the newest first'),
});

export const decisionSchema = z.strictObject({
  money_moved: z.enum(['yes', 'no']).describe('as the Monzo app shows it'),
});

export const pauseSchema = z.object({
  paused: z.boolean(),
  why: z.string().nullable().describe('where the bridge paused by itself'),
});

export type AuditRowItem = z.output<typeof auditRowSchema>;
export type TransferItem = z.output<typeof transferSchema>;
