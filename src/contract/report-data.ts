import { z } from 'zod';
import { sums, transactionSchema } from './bank-data.ts';
import { listOf, major, minor } from './elements.ts';

/** One month of a household beside what is usual there, and how fast money is spent in it and pots fill. */

const day = z.string().describe('YYYY-MM-DD, in the time zone of the bridge');

export const reportQuerySchema = z.strictObject({
  month: z
    .string()
    .regex(/^\d{4}-(0[1-9]|1[0-2])$/, 'must be a month such as 2026-03')
    .optional()
    .describe('such as 2026-03; the current one where left out'),
  account: z.string().max(128).optional().describe('all of them where left out'),
});

const { currency: _currency, count, ...amounts } = sums;
const usual = z
  .object(amounts)
  .nullable()
  .describe('the average of `usual_months`; null where there are none');

const category = z.object({ key: z.string(), name: z.string(), ...amounts, count, usual });

/** The first twenty at most, and how many there are. */
const countedOf = <Item extends z.ZodType>(item: Item) =>
  z.object({ count: z.int(), items: z.array(item).describe('the first twenty') });

const newMerchant = z.object({
  name: z.string(),
  net: major.describe('spent there in the month, less refunds'),
  net_minor: minor,
  count: z.int().describe('the number of transactions'),
});

const vanishedMerchant = z.object({
  name: z.string(),
  months: z.int().describe('in how many of the six months before it was paid'),
  usual: major.describe('spent there in such a month, on average'),
  usual_minor: minor,
  last_day: day.describe('the day of the last payment'),
});

export const reportSchema = listOf(
  z.object({
    ...sums,
    known_from: day.describe('the day of the first transaction'),
    usual_months: z
      .array(z.string())
      .describe(
        'the last six full months before this one, oldest first; those that began before the first transaction do not count',
      ),
    usual,
    categories: z
      .array(category)
      .describe('the largest first; one with more refunds than spending has a negative `net`'),
    largest: z.array(transactionSchema).describe('the ten payments that cost most'),
    new_merchants: countedOf(newMerchant)
      .nullable()
      .describe('paid for the first time; null where there is no month to compare with'),
    vanished_merchants: countedOf(vanishedMerchant)
      .nullable()
      .describe(
        'paid in the month before and in at least three of `usual_months` (in both of two), and not in this one; null until the month is over, and where fewer than two months are known',
      ),
  }),
).extend({
  month: z.string(),
  since: day.describe('the first day of the month'),
  before: day.describe('the day after the last one'),
  complete: z.boolean().describe('whether the month is over; the usual amounts are those of whole months'),
  account: z.string().nullable(),
  time_zone: z.string(),
});

const paceMonth = z.string().describe('YYYY-MM, in the time zone of the bridge');

export const paceSchema = z.object({
  month: paceMonth,
  day: z.int().describe('today, as a day of the month'),
  time_zone: z.string(),
  spending: z
    .array(
      z.object({
        currency: z.string(),
        spent: major.nullable().describe('spending less refunds; null until all of the month was read'),
        spent_minor: minor.nullable(),
        usual: major
          .nullable()
          .describe(
            'the average of `usual_months` up to the same day of the month; null where there are none',
          ),
        usual_minor: minor.nullable(),
        usual_month: major.nullable().describe('the average of `usual_months`, to their end'),
        usual_month_minor: minor.nullable(),
        usual_months: z
          .array(paceMonth)
          .describe(
            'the last six full months before this one, oldest first; those that began before the first transaction do not count',
          ),
      }),
    )
    .describe('the currency of most transactions first'),
  pots: z
    .array(
      z.object({
        id: z.string(),
        currency: z.string(),
        per_month: major.describe('by how much it grew in a month, on average'),
        per_month_minor: minor,
        months: z.int().describe('the number of full months of that average: the last three, or two'),
        goal_reached_in: paceMonth.describe('when it reaches its goal at that pace'),
      }),
    )
    .describe('those below their goal that grew in the last months, and reach it within ten years'),
});

export type ReportList = z.output<typeof reportSchema>;
export type ReportItem = ReportList['items'][number];
export type ReportQuery = z.input<typeof reportQuerySchema>;
export type PaceItem = z.output<typeof paceSchema>;
