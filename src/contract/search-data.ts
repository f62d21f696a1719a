import { z } from 'zod';
import { instant, listOf, major, minor } from './elements.ts';

/** What a search in the ledger adds up to, the tags in notes, and all of one shop or person. */

export const searchSumsSchema = listOf(
  z.object({
    currency: z.string(),
    in: major.describe('money in, positive'),
    in_minor: minor,
    out: major.describe('money out, negative'),
    out_minor: minor,
    net: major.describe('both together'),
    net_minor: minor,
    internal_in: major.describe('the part of `in` that only moved between own accounts and pots'),
    internal_in_minor: minor,
    internal_out: major,
    internal_out_minor: minor,
    count: z.int().describe('all transactions found'),
    unmoved: z
      .int()
      .describe(
        'those of them in no sum: declined, reversed, card checks, and holds that were charged as another transaction',
      ),
  }),
);

export const tagsSchema = listOf(
  z.object({
    tag: z.string().describe('without its `#`, in small letters'),
    count: z.int().describe('the number of transactions with it'),
  }),
);

const sums = {
  spent: major.describe('money out, positive'),
  spent_minor: minor,
  refunded: major.describe('money back, positive'),
  refunded_minor: minor,
  income: major.describe('money in, positive'),
  income_minor: minor,
  count: z.int().describe('the number of transactions'),
};

export const merchantQuerySchema = z.strictObject({
  name: z.string().min(1).max(10_000).describe('a name as shown with a transaction'),
});

export const merchantSchema = z.object({
  name: z.string(),
  emoji: z.string().nullable().describe('Monzo’s, where it gives one'),
  category: z.string().nullable().describe('of the newest payment'),
  category_name: z.string().nullable(),
  first: instant.nullable().describe('when its oldest transaction was created; null where there is none'),
  last: instant.nullable(),
  currencies: z
    .array(
      z.object({
        currency: z.string(),
        ...sums,
        usual: major
          .nullable()
          .describe('the middle one of the last payments there; null with fewer than three'),
        usual_minor: minor.nullable(),
        months: z
          .array(z.object({ month: z.string().describe('YYYY-MM'), ...sums }))
          .describe('the oldest first, without months in which nothing happened'),
      }),
    )
    .describe('the one of most transactions first'),
});

export type SearchSumsList = z.output<typeof searchSumsSchema>;
export type SearchSumItem = SearchSumsList['items'][number];
export type TagItem = z.output<typeof tagsSchema>['items'][number];
export type MerchantItem = z.output<typeof merchantSchema>;
