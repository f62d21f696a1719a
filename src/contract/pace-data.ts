import { z } from 'zod';
import { major, minor } from './elements.ts';

/** How fast money is spent this month, and how fast pots fill. */

const month = z.string().describe('YYYY-MM, in the time zone of the bridge');

export const paceSchema = z.object({
  month,
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
          .array(month)
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
        goal_reached_in: month.describe('when it reaches its goal at that pace'),
      }),
    )
    .describe('those below their goal that grew in the last months, and reach it within ten years'),
});

export type PaceItem = z.output<typeof paceSchema>;
