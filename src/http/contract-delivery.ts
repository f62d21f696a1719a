import { z } from 'zod';
import { eventSchema, healthState, instant, listOf } from './contract.ts';

/** How far each receiver of events has come, and what a person can do about those that did not arrive. */

export const sinkSchema = z.object({
  name: z.string(),
  cursor: z.int().describe('everything up to this place is settled: delivered, or put aside'),
  undelivered: z.int().describe('behind the cursor, or to be sent again'),
  unproven: z
    .int()
    .describe('sent, and nothing has shown that Home Assistant has them; sent again when it comes back'),
  parked_count: z.int().describe('refused, and put aside'),
  parked: z
    .array(z.object({ seq: z.int(), event_id: z.string(), at: instant, why: z.string() }))
    .describe('the oldest ones that were put aside'),
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
  .describe('nothing given: everything that was put aside');

export const retriedSchema = z.object({ retried: z.int() });

export const presenceSchema = z.object({
  home_assistant: z
    .enum(['never_seen', 'seen', 'gone'])
    .describe('whether events on MQTT are kept for it while it is away'),
  away: z.boolean(),
  held: z.int().describe('events that are kept for it now'),
});

export type SinkItem = z.output<typeof sinkSchema>;
