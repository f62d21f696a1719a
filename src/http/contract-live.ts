import { z } from 'zod';
import { accountSchema, healthSchema, instant, loginSchema, potSchema } from './contract.ts';

/** The data of the event `snapshot`: everything there is to see, as the other routes show it. */
export const snapshotSchema = z.object({
  at: instant,
  logins: z.array(loginSchema),
  accounts: z.array(accountSchema),
  pots: z.array(potSchema),
  health: healthSchema,
  paused: z.boolean(),
  undelivered: z.int(),
  last_event: z.int().describe('the place of the newest event: when it grew, something happened'),
});

export type Snapshot = z.output<typeof snapshotSchema>;
