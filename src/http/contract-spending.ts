import { z } from 'zod';
import { limit, listOf, major, minor } from './contract.ts';
import { moment } from './contract-transactions.ts';

/** The shapes of sums and of balances over time. */

const id = z.string().max(128).optional();
const day = z.string().describe('YYYY-MM-DD, in the time zone of the bridge');
const period = {
  since: moment.describe('from this day on'),
  before: moment.describe('up to the day before this one'),
};

export const spendingQuerySchema = z.strictObject({
  by: z.enum(['day', 'month', 'category', 'merchant']),
  account: id,
  ...period,
  limit: limit(500),
});

const sums = {
  currency: z.string(),
  spent: major.describe('out, positive'),
  spent_minor: minor,
  refunded: major.describe('back from shops, positive'),
  refunded_minor: minor,
  net: major.describe('spent less refunded'),
  net_minor: minor,
  income: major.describe('in from elsewhere, positive'),
  income_minor: minor,
  count: z.int().describe('the transactions behind all these'),
};

export const spendingSchema = listOf(
  z.object({ key: z.string().describe('the day, month, category or name'), ...sums }),
).extend({
  by: spendingQuerySchema.shape.by,
  time_zone: z.string(),
  totals: z.array(z.object(sums)).describe('over everything asked for, also what `limit` cut off'),
});

export const balancesQuerySchema = z
  .strictObject({
    by: z.enum(['day', 'month']).default('day'),
    account: id,
    pot: id,
    total: z.enum(['true', 'false']).default('false').describe('the totals alone'),
    ...period,
  })
  .refine(
    ({ account, pot, total }) =>
      [account !== undefined, pot !== undefined, total === 'true'].filter(Boolean).length <= 1,
    'ask for one account, one pot, the totals, or leave all three out',
  );

const point = z.object({
  day,
  balance: major.describe('at the end of the day'),
  balance_minor: minor,
  reconstructed: z
    .boolean()
    .describe('not read that day, but walked back from the next reading by the transactions known'),
});

export const balancesSchema = listOf(
  z.object({
    kind: z.enum(['account', 'pot', 'total']),
    id: z.string().nullable(),
    name: z.string().nullable(),
    currency: z.string(),
    points: z.array(point).describe('the oldest first'),
  }),
).extend({ by: z.enum(['day', 'month']), time_zone: z.string() });

export type SpendingItem = z.output<typeof spendingSchema>['items'][number];
export type BalancesQuery = z.output<typeof balancesQuerySchema>;
export type BalanceItem = z.output<typeof balancesSchema>['items'][number];
