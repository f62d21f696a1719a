import { z } from 'zod';
import { eventTypes, transferEventTypes } from '../domain/event.ts';
import { kindSchema } from './bank-data.ts';
import { healthState, inDigits, instant, limit, listOf, major, minor, verbatim } from './elements.ts';

/** The event log, how far each sink has come, and what a person can do about events that did not arrive. */

const place = inDigits(z.number().int().min(0).max(Number.MAX_SAFE_INTEGER));

export const eventQuerySchema = z
  .strictObject({
    after: place
      .optional()
      .describe('only events after this place, the oldest first; without it, from the beginning'),
    before: place.optional().describe('instead: only events before this place, the newest first'),
    limit: limit(100),
  })
  .refine(
    ({ after, before }) => after === undefined || before === undefined,
    'must hold after or before, not both',
  );

export const bankEventSchema = z.object({
  seq: z.int(),
  event_id: z.string(),
  type: z.enum(eventTypes),
  kind: kindSchema,
  account_id: z.string(),
  transaction_id: z.string(),
  at: instant,
  recovered: z.boolean(),
  delay_s: z.number(),
  amount: major,
  amount_minor: minor,
  currency: z.string(),
  merchant: z.string().nullable(),
  description: z.string(),
  pot_name: z.string().nullable(),
  spender: z.string().nullable(),
  category: z.string(),
  category_name: z.string(),
  balance: major.nullable(),
  balance_minor: minor.nullable(),
  total_balance: major.nullable(),
  total_balance_minor: minor.nullable(),
  data: verbatim.describe("Monzo's object as it was then, unchanged"),
});

export const transferEventSchema = z.object({
  seq: z.int(),
  event_id: z.string(),
  type: z.enum(transferEventTypes),
  account_id: z.string(),
  at: instant,
  transfer_id: z.string(),
  request_id: z.string().nullable(),
  money_moved: z.enum(['yes', 'no']),
});

export const eventSchema = z.union([bankEventSchema, transferEventSchema]);

export const sinkSchema = z.object({
  name: z.string(),
  cursor: z.int().describe('every event up to this place was delivered or put aside'),
  undelivered: z.int().describe('events after the cursor, and those to be sent again'),
  unproven: z
    .int()
    .describe('events sent without proof that Home Assistant has them; sent again when it comes back'),
  parked_count: z.int().describe('events that were refused and put aside'),
  parked: z
    .array(z.object({ seq: z.int(), event_id: z.string(), at: instant, why: z.string() }))
    .describe('the oldest events that were put aside'),
  state: healthState,
  sentence: z.string().nullable(),
  waits_for: z.literal('home_assistant').nullable().describe('events are kept until it is back'),
});

export const eventListSchema = listOf(eventSchema).extend({
  last: z.int().describe('the place of the newest event'),
  sinks: z.array(sinkSchema),
});

export const retrySchema = z
  .strictObject({
    event_id: z.string().max(256).optional(),
    sink: z.string().max(64).optional(),
  })
  .nullish()
  .describe('without members: all events that were put aside');

export const retriedSchema = z.object({ retried: z.int() });

export type EventItem = z.output<typeof eventSchema>;
export type SinkItem = z.output<typeof sinkSchema>;
export type EventList = z.output<typeof eventListSchema>;
export type BankEventItem = z.output<typeof bankEventSchema>;
export type TransferEventItem = z.output<typeof transferEventSchema>;
export type RetryChoice = NonNullable<z.input<typeof retrySchema>>;
