import { z } from 'zod';
import { checkNames } from '../domain/check.ts';
import { healthStates } from '../domain/view.ts';
import { accountSchema, bankPositionsSchema, formerSchema, potSchema } from './bank-data.ts';
import { healthState, instant } from './elements.ts';
import { sinkSchema } from './event-data.ts';
import { loginSchema } from './login-data.ts';

/** The bridge itself: its health, what it does all day, everything the page shows at once, and diagnostics. */

export const verdictSchema = z.object({ state: healthState });
export const healthSchema = verdictSchema.extend({
  version: z.string(),
  parts: z.array(z.object({ part: z.string(), state: healthState, sentence: z.string().nullable() })),
});

export const checksSchema = z.object({
  version: z.string(),
  checks: z
    .array(
      z.object({
        check: z.enum(checkNames),
        about: z.string().nullable().describe('which one, where there are several'),
        state: z.enum([...healthStates, 'unknown']).describe('`unknown`: it could not be looked at'),
        sentence: z.string().describe('what was found, and what to do'),
        commands: z.array(z.string()).describe('what helps on the command line, one after the other'),
      }),
    )
    .describe('in the order in which later ones depend on earlier ones'),
});

/** The data of the event `snapshot`: everything there is to see, as the other routes show it. */
export const snapshotSchema = z.object({
  at: instant,
  logins: z.array(loginSchema),
  accounts: z.array(accountSchema),
  pots: z.array(potSchema),
  former: z.array(formerSchema),
  health: healthSchema,
  paused: z.boolean(),
  undelivered: z.int(),
  last_event: z.int().describe('the place of the newest event'),
});

const counted = z.int();
const known = z.string().describe('a pseudonym for a login, account or pot, always the same');

export const callSchema = z.object({
  method: z.string(),
  path: z.string().describe('without ids'),
  outcome: z.string().describe('the status, or what went wrong'),
  count: counted,
});

/** What the bridge does all day: calls, rings, deliveries. */
export const activitySchema = z.object({
  since: instant.describe('the start of the process, from which everything is counted'),
  logins: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      state: loginSchema.shape.state,
      calls: z.object({ total: counted, last_hour: counted, last_day: counted }),
      budget: z.object({
        available: counted.describe('calls that can be made now'),
        capacity: counted.describe('the most calls that can be saved up'),
        per_second: z.number().min(0).describe('calls added each second'),
      }),
      bank: z.enum(['ok', 'trying', 'down']).describe('whether the bank answers this login'),
      paused_until: instant.nullable().describe('until when Monzo asked for no calls'),
      last_answer: instant.nullable().describe('also of a refusal'),
      last_success: instant.nullable(),
      history: loginSchema.shape.history,
    }),
  ),
  doorbells: z.object({
    rings: counted,
    last_ring: instant.nullable(),
    awaited: counted.describe('transactions that rings named and no list has shown so far'),
    unconfirmed: counted.describe('rings that named a transaction the bank does not know'),
  }),
  calls: z.array(callSchema),
  sinks: z.array(sinkSchema),
  ledger: z.object({ transactions: counted, bytes: counted.describe('on the disk') }),
});

export const diagnosticsSchema = z.object({
  created: instant,
  versions: z.record(z.string(), z.string()),
  settings: z
    .array(z.object({ name: z.string(), value: z.union([z.string(), z.number(), z.boolean()]).nullable() }))
    .describe('those that are set; without values that could say something about you'),
  logins: z.array(
    z.object({
      login: known,
      state: loginSchema.shape.state,
      needs_person: z.boolean(),
      approved_days_ago: z.int().nullable(),
      last_success: instant.nullable(),
      history: loginSchema.shape.history.shape.state,
      calls: z.object({ total: counted, last_hour: counted, last_day: counted }),
      bank: z.enum(['closed', 'half_open', 'open']).describe('the breaker of its calls'),
    }),
  ),
  accounts: z.array(
    z.object({ account: known, type: z.string(), available: z.boolean(), logins: z.array(known) }),
  ),
  counts: z.object({
    accounts: counted,
    pots: counted,
    transactions: counted.nullable().describe('null where the ledger could not be read'),
    last_event: counted,
  }),
  sinks: z.array(
    z.object({
      name: z.string(),
      cursor: counted,
      undelivered: counted,
      unproven: counted,
      parked_count: counted,
    }),
  ),
  health: z.array(z.object({ part: z.string(), state: healthState })),
  shapes: z.array(
    z.object({
      where: z.string(),
      path: z.string(),
      expected: z.string(),
      got: z.string(),
      count: counted,
      first_seen: instant,
      last_seen: instant,
    }),
  ),
  bank: bankPositionsSchema.shape.items.describe('how Monzo was seen to behave where no source says it'),
  calls: z.array(callSchema),
  doorbells: z.object({ rings: counted, awaited: counted, unconfirmed: counted }),
});

export type HealthItem = z.output<typeof healthSchema>;
export type ChecksItem = z.output<typeof checksSchema>;
export type SnapshotItem = z.output<typeof snapshotSchema>;
export type ActivityItem = z.output<typeof activitySchema>;
export type DiagnosticsItem = z.output<typeof diagnosticsSchema>;
