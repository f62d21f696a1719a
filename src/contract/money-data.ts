import { z } from 'zod';
import { transferStates } from '../domain/transfer.ts';
import { cursorMeaning, inDigits, instant, limit, listOf, major, minor } from './elements.ts';

/** The shapes of moving money: the audit, transfers, and what limits them. */

const yesNoUnknown = z.enum(['yes', 'no', 'unknown']);

export const auditQuerySchema = z.strictObject({
  transfer: z.string().max(128).optional().describe('only rows about this transfer'),
  limit: limit(50),
  cursor: inDigits(z.number().int().min(1).max(Number.MAX_SAFE_INTEGER)).optional().describe(cursorMeaning),
});

export const auditRowSchema = z.object({
  seq: z.int().describe('grows with every row'),
  at: instant,
  door: z
    .string()
    .describe('page, http, cli, mqtt or home_assistant; bridge for what the bridge did by itself'),
  user: z.string().nullable(),
  action: z.string(),
  decision: z.string(),
  code: z.string().nullable(),
  sentence: z.string().nullable(),
  transfer_id: z.string().nullable(),
  transaction_id: z.string().nullable(),
  asked: z.record(z.string(), z.unknown()).nullable().describe('amounts in minor units'),
  count: z
    .int()
    .describe('how often the same refusal came within a minute; the other members are those of the first'),
  last_at: instant.describe('when it came last'),
});

export const auditListSchema = listOf(auditRowSchema);

export const transferStateSchema = z.enum(transferStates).describe('how far a transfer has come');

export const transferQuerySchema = z.strictObject({
  state: transferStateSchema.optional(),
  limit: limit(50),
  cursor: z.string().max(128).optional().describe(cursorMeaning),
});

/** What a move was to do, the same in a transfer and in the answer to its request. */
const requestedMove = {
  pot: z.string(),
  account: z.string(),
  transfer_type: z.enum(['deposit', 'withdraw']),
  amount: major,
  amount_minor: minor,
  currency: z.string(),
  request_id: z.string().nullable(),
};

export const fittingTransactionSchema = z.object({
  transaction_id: z.string(),
  created: instant,
  amount: major.describe('as in the account: negative into the pot'),
  amount_minor: minor,
  currency: z.string(),
});

/** What a person compares with a move whose outcome is unknown. */
const fittingTransactions = z
  .array(fittingTransactionSchema)
  .describe('while the outcome is unknown: transactions that may be this move; empty where none may');

export const transferSchema = z.object({
  id: z.string(),
  created: instant,
  state: transferStateSchema.describe(
    'open: the bridge is still finding out; unresolved: only a person can find out; not_sent: nothing was sent to Monzo',
  ),
  money_moved: yesNoUnknown,
  ...requestedMove,
  sends: z.int().describe('how often it was sent, always with the same id'),
  first_sent_at: instant.nullable(),
  last_sent_at: instant.nullable(),
  settled_at: instant.nullable(),
  transaction_id: z.string().nullable().describe('Monzo’s transaction, once it has been seen'),
  code: z.string().nullable(),
  sentence: z.string().nullable(),
  door: z.string(),
  user: z.string().nullable(),
  fitting_transactions: fittingTransactions,
  found: z.boolean().describe('seen at the bank without a request that this bridge knows of'),
});

export const transferListSchema = listOf(transferSchema);
export const transferDetailSchema = transferSchema.extend({
  evidence: z.array(auditRowSchema).describe('the newest first'),
});

export const decisionSchema = z.strictObject({
  money_moved: z.enum(['yes', 'no']).describe('as the Monzo app shows'),
});

const amount = z
  .string()
  .regex(
    /^\d{1,12}(\.\d{1,4})?$/,
    'must be an amount as decimal text in major units, such as "100" or "12.50"',
  );
const currency = z
  .string()
  .regex(/^([A-Z]{3}|\*)$/, 'must be a currency such as GBP, or * for all that are not named');
const amounts = z.record(currency, amount);
const id = z.string().min(1).max(128);

/** The three limits that apply to all accounts together and, in addition, to single accounts. */
const railSet = { per_move: amounts, per_day: amounts, floor: amounts };

/** Those of one account, which apply in addition. */
export const accountRailsSchema = z.strictObject(railSet).partial();

/** The limits that every money move must stay inside; amounts are decimal text in major units. */
export const railsSchema = z.strictObject({
  ...railSet,
  accounts: z.record(id, accountRailsSchema),
  pots: z.array(id).nullable(),
  cooldown_seconds: z.int().min(0).max(86_400),
  dry_run: z.boolean(),
});

export const railsChangeSchema = railsSchema.partial().extend({
  accounts: railsSchema.shape.accounts
    .optional()
    .describe('by account, of which a name will do as well as an id'),
  pots: railsSchema.shape.pots.optional().describe('names or ids; null lets every pot be moved'),
});

export const pauseSchema = z.object({
  paused: z.boolean(),
  why: z.string().nullable().describe('the reason, where the bridge paused by itself'),
});

export const commandAnswerSchema = z.looseObject({ status: z.enum(['done', 'unknown']) });
export const commandNameSchema = z.object({
  name: z.string().regex(/^[a-z_]{1,40}$/, 'must be the name of a command, such as refresh'),
});

/** What `pot_transfer` answers. Balances are null where they could not be read. */
export const moveAnswerSchema = z.object({
  status: z.enum(['done', 'unknown']),
  money_moved: yesNoUnknown,
  transfer_id: z.string().nullable(),
  repeated: z.boolean().optional(),
  first_moved_at: instant.optional(),
  sentence: z.string(),
  ...requestedMove,
  transaction_id: z.string().nullable(),
  fitting_transactions: fittingTransactions.optional(),
  account_balance: major.nullable(),
  account_balance_minor: minor.nullable(),
  pot_balance: major.nullable(),
  pot_balance_minor: minor.nullable(),
  dry_run: z.boolean().optional(),
  account_balance_after: major.nullable().optional().describe('only of a dry run: what it would be'),
  account_balance_after_minor: minor.nullable().optional(),
  pot_balance_after: major.nullable().optional(),
  pot_balance_after_minor: minor.nullable().optional(),
});

export type MoveAnswer = z.output<typeof moveAnswerSchema>;
export type PauseItem = z.output<typeof pauseSchema>;
export type Decision = z.input<typeof decisionSchema>;
export type TransferQuery = z.input<typeof transferQuerySchema>;
export type RailsDocument = z.output<typeof railsSchema>;
export type RailsChange = z.output<typeof railsChangeSchema>;
export type AuditRowItem = z.output<typeof auditRowSchema>;
export type TransferItem = z.output<typeof transferSchema>;
