import { z } from 'zod';
import { loginStates } from '../domain/login.ts';
import { transactionStatuses } from '../domain/transaction.ts';
import { isWebAddress } from '../domain/values.ts';
import { kindSchema, transactionFilterSchema } from './bank-data.ts';
import { instant, major, minor } from './elements.ts';
import { decisionSchema, moveAnswerSchema } from './money-data.ts';
import { receiptBodySchema, receiptSchema } from './receipt-data.ts';

/** What each command takes and what it answers, the same through every door. */

/** What a command takes, and what it answers: `status` and, beside it, its data. */
export interface CommandShape {
  readonly body: z.ZodObject;
  readonly answer: z.ZodObject;
}

const status = z.literal('done');
const statusOrUnknown = z
  .enum(['done', 'unknown'])
  .describe('unknown: it was sent to Monzo, and it is not known yet whether it took effect');

const text = z.string().min(1);
const account = text.describe('its Monzo id, its name, or a device or entity of it in Home Assistant');
const nothing = z.strictObject({});

/** Home Assistant records at most 32 KiB of an event, and the answer goes through one. */
const mostRows = 50;

/** Home Assistant's number boxes give numbers. */
const size = z.union([z.string().max(24), z.number().transform(String)]).optional();

export const accountReadSchema = z.object({
  id: z.string(),
  name: z.string(),
  type: z.string(),
  currency: z.string(),
  decimal_places: z.int(),
  available: z.boolean(),
  balance: major.nullable(),
  balance_minor: minor.nullable(),
  total_balance: major.nullable(),
  total_balance_minor: minor.nullable(),
  spent_today: major.nullable(),
  spent_today_minor: minor.nullable(),
  spent_this_month: major.nullable(),
  spent_this_month_minor: minor.nullable(),
  left_to_move_today: major.nullable(),
  left_to_move_today_minor: minor.nullable(),
  low_balance: z.boolean().nullable(),
  device_id: z.string().nullable().describe('its device in Home Assistant, where that is known'),
});

export const potReadSchema = z.object({
  id: z.string(),
  account_id: z.string(),
  name: z.string(),
  currency: z.string(),
  decimal_places: z.int(),
  available: z.boolean(),
  locked: z.boolean(),
  balance: major.nullable(),
  balance_minor: minor.nullable(),
  goal: major.nullable(),
  goal_minor: minor.nullable(),
  goal_reached: z.boolean().nullable(),
  device_id: z.string().nullable(),
});

export const transactionReadSchema = z.object({
  id: z.string(),
  account_id: z.string(),
  account_name: z.string().nullable(),
  created: instant,
  name: z.string(),
  amount: major,
  amount_minor: minor,
  currency: z.string(),
  local_amount: major.optional().describe('only of an amount in another currency'),
  local_currency: z.string().optional(),
  kind: kindSchema,
  status: z.enum(transactionStatuses),
  category: z.string(),
  category_name: z.string(),
  notes: z.string(),
  pot_id: z.string().nullable(),
  pot_name: z.string().nullable(),
});

const webhooks = {
  body: z.strictObject({ account: account.optional() }),
  answer: z.object({
    status,
    webhooks: z.array(
      z.object({
        account: z.string(),
        registered: z.boolean(),
        trouble: z.string().nullable().describe('why it is not as it should be, as a sentence'),
      }),
    ),
  }),
};

/** Shown by the app, never fetched by the bridge. */
const webAddress = z
  .string()
  .trim()
  .max(2_048)
  .refine(isWebAddress, 'must be an address that starts with http:// or https://');

const requestId = z.string().min(1).max(200);

export const commandShapes = {
  refresh: {
    body: z.strictObject({ login: text.optional().describe('its id; left out, all') }),
    answer: z.object({
      status,
      logins: z.array(z.string()).describe('those that were read'),
      not_read: z.array(z.object({ login: z.string(), name: z.string(), sentence: z.string() })),
    }),
  },
  transactions: {
    body: transactionFilterSchema.extend({
      min: size.describe('the smallest amount, in or out, in major units'),
      max: size.describe('the largest amount'),
      limit: z.int().min(1).max(mostRows).default(20).describe('how many at most'),
      cursor: z.string().max(256).optional().describe('`next` of the page before'),
    }),
    answer: z.object({ status, items: z.array(transactionReadSchema), next: z.string().nullable() }),
  },
  summary: {
    body: nothing,
    answer: z.object({
      status,
      accounts: z.array(accountReadSchema),
      pots: z.array(potReadSchema),
      paused: z.boolean(),
      logins: z.array(
        z.object({ name: z.string(), state: z.enum(loginStates), needs: z.string().nullable() }),
      ),
      needs_attention: z.array(z.object({ part: z.string(), sentence: z.string().nullable() })),
    }),
  },
  register_webhook: webhooks,
  unregister_webhook: webhooks,
  feed_item: {
    body: z.strictObject({
      account,
      title: z.string().trim().min(1).max(200),
      body: z.string().trim().max(1_000).optional(),
      image_url: webAddress.optional(),
      url: webAddress.optional().describe('opens on a tap'),
    }),
    answer: z.object({
      status: statusOrUnknown,
      account: z.string(),
      sentence: z.string().optional().describe('where Monzo has not confirmed the item'),
    }),
  },
  annotate: {
    body: z.strictObject({
      transaction_id: text,
      notes: z.string().max(2_000).describe('an empty text takes the notes away'),
    }),
    answer: z.object({ status, transaction_id: z.string(), account: z.string(), notes: z.string() }),
  },
  receipt: {
    body: z.strictObject({ transaction_id: text }),
    answer: z.object({ status, ...receiptSchema.shape }),
  },
  add_receipt: {
    body: z.strictObject({ transaction_id: text, ...receiptBodySchema.shape }),
    answer: z.object({ status, ...receiptSchema.shape }),
  },
  remove_receipt: {
    body: z.strictObject({ transaction_id: text }),
    answer: z.object({ status, ...receiptSchema.shape }),
  },
  pot_transfer: {
    body: z.strictObject({
      pot: text.describe('its Monzo id, its name, or a device or entity of it in Home Assistant'),
      account: account.optional(),
      transfer_type: z.enum(['deposit', 'withdraw']),
      // Checked by the command: the currency is known only once the pot is.
      amount: z.unknown().meta({
        anyOf: [{ type: 'string' }, { type: 'number' }],
        description: 'decimal text or a number, in major units, with at most the places of the currency',
      }),
      request_id: requestId
        .optional()
        .describe('your own id for this move: each repetition is the same move'),
      event_id: requestId.optional().describe('instead: the id of the event that the move answers'),
      dry_run: z.boolean().optional().describe('check the move, and move nothing'),
    }),
    answer: moveAnswerSchema,
  },
  decide_transfer: {
    body: z.strictObject({ transfer_id: text, ...decisionSchema.shape }),
    answer: z.object({
      status,
      transfer_id: z.string(),
      money_moved: z.enum(['yes', 'no', 'unknown']),
      sentence: z.string().nullable(),
    }),
  },
  pause: { body: nothing, answer: z.object({ status, paused: z.boolean() }) },
  resume: { body: nothing, answer: z.object({ status, paused: z.boolean() }) },
} as const satisfies Readonly<Record<string, CommandShape>>;

export type TransactionRead = z.output<typeof transactionReadSchema>;
export type CommandName = keyof typeof commandShapes;
/** What a command answers beside its status. */
export type AnswerOf<Shape extends CommandShape> = Omit<z.output<Shape['answer']>, 'status'>;
