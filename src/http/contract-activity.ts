import { z } from 'zod';
import { callSchema, instant, loginSchema } from './contract.ts';
import { sinkSchema } from './contract-delivery.ts';

const counted = z.int();

/** What the bridge does all day: calls, rings, deliveries. */
export const activitySchema = z.object({
  since: instant.describe('the start of the process; what is counted is counted from then on'),
  logins: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      state: loginSchema.shape.state,
      calls: z.object({ total: counted, last_hour: counted, last_day: counted }),
      budget: z.object({
        available: counted.describe('calls that could be made right now'),
        capacity: counted.describe('after a rest'),
        per_second: counted.describe('how many more come with each second'),
      }),
      bank: z.enum(['ok', 'trying', 'down']).describe('whether the bank answers this login'),
      paused_until: instant.nullable().describe('Monzo asked for no calls until then'),
      last_answer: instant.nullable().describe('a refusal counts'),
      last_success: instant.nullable(),
      history: loginSchema.shape.history,
    }),
  ),
  doorbells: z.object({
    rings: counted,
    last_ring: instant.nullable(),
    awaited: counted.describe('transactions that rings named and no list has shown yet'),
    unconfirmed: counted.describe('rings that named a transaction the bank does not know'),
  }),
  calls: z.array(callSchema),
  sinks: z.array(sinkSchema),
  ledger: z.object({ transactions: counted, bytes: counted.describe('on the disk') }),
});

export type ActivityItem = z.output<typeof activitySchema>;
