import { z } from 'zod';
import { accountParts } from '../domain/learnt.ts';
import { questionNames } from '../domain/bank-questions.ts';
import { flows, type Flow } from '../domain/spending.ts';
import { transactionKinds, transactionStatuses } from '../domain/transaction.ts';
import { addressOutcomes } from '../domain/webhook-address.ts';
import { cursorMeaning, instant, limit, listOf, major, minor, verbatim } from './elements.ts';

/** What is known of the bank: accounts, pots, their webhooks, transactions, and sums and balances over time. */

export const accountSchema = z.object({
  id: z.string(),
  type: z.string(),
  name: z.string(),
  currency: z.string(),
  balance: major.nullable(),
  balance_minor: minor.nullable(),
  total_balance: major.nullable(),
  total_balance_minor: minor.nullable(),
  spent_today: major.nullable(),
  spent_today_minor: minor.nullable(),
  spent_since: instant.nullable(),
  spent_this_month: major
    .nullable()
    .describe('spending less refunds, as in the charts; null until all of the month was read'),
  spent_this_month_minor: minor.nullable(),
  month_since: instant.describe('when the month began'),
  left_to_move_today: major
    .nullable()
    .describe(
      'what the limits of a day still allow, 0 while money moves are paused or only tried; null where the account has no pots',
    ),
  left_to_move_today_minor: minor.nullable(),
  low_balance: z
    .boolean()
    .nullable()
    .describe('null where no threshold is set for the account, or no balance is known'),
  available: z.boolean(),
  missing: z
    .boolean()
    .describe('whether Monzo’s last list left it out; another list decides whether it is gone'),
  figures_from: instant
    .nullable()
    .describe(
      'when the balance was last read, where Monzo’s later answers could not be read or were refusals',
    ),
  lacks: z
    .array(z.enum(accountParts))
    .describe('what Monzo has never shown of it, although it shows the rest; asked for again once a day'),
  logins: z.array(z.string()),
});

export const potSchema = z.object({
  id: z.string(),
  account_id: z.string(),
  name: z.string(),
  currency: z.string(),
  balance: major,
  balance_minor: minor,
  goal: major.nullable(),
  goal_minor: minor.nullable(),
  goal_reached: z.boolean().nullable().describe('null where there is no goal'),
  locked: z.boolean(),
  available: z.boolean(),
  missing: z
    .boolean()
    .describe('whether Monzo’s last list left it out; another list decides whether it is gone'),
  figures_from: instant
    .nullable()
    .describe(
      'when the balance was last read, where Monzo’s later answers could not be read or were refusals',
    ),
});

export const subscriptionSchema = z.object({
  account_id: z.string(),
  login_id: z.string(),
  wanted: z.boolean().describe('whether Monzo should ring for this account'),
  actual: z.boolean().describe('whether our webhook was at Monzo when it was last compared'),
  host: z.string().nullable().describe('the host that Monzo calls; the rest of the address is secret'),
  trouble: z.string().nullable().describe('why the webhook is not as wanted, as a sentence'),
  silent: z
    .boolean()
    .describe('whether it is registered, and yet no call announced the account’s last transactions'),
});

/** How Monzo was seen to behave where no source says it. Words of its own are in it only where they are known here. */
export const bankPositionsSchema = listOf(
  z.object({
    question: z.enum(questionNames),
    asks: z.string().describe('the question in words'),
    positions: z
      .array(z.object({ position: z.string(), first_seen: instant }))
      .describe('what was seen, the first first; several where it was not always the same'),
  }),
);

/** What a call of the bridge to its own public address has found. */
export const addressTestSchema = z.object({
  outcome: z
    .enum(addressOutcomes)
    .describe('`reached`, as far as can be told from here; `reached_inside`, from a private address only'),
  via: z.enum(['public_url', 'home_assistant']).nullable(),
  host: z.string().nullable().describe('the host that was called; the rest of the address is secret'),
  status: z.int().nullable().describe('of the answer, whoever gave it'),
  content_type: z.string().nullable(),
  sentence: z.string(),
});

const moment = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}(T.+)?$/, 'must be a day such as 2026-03-01, or that with a time and zone')
  .optional();
const size = z.string().max(24).optional();
const id = z.string().max(128).optional();
const anyFlow = flows.join('|');
const someFlows = z
  .string()
  .regex(
    new RegExp(`^(${anyFlow})(,(${anyFlow}))*$`),
    `must be one of ${flows.join(', ')}, or several of them with commas between`,
  )
  .transform((text) => text.split(',') as readonly Flow[])
  .optional();

export const kindSchema = z
  .enum(transactionKinds)
  .describe('what kind of transaction it is, as events have it');
export const flowSchema = z
  .enum(flows)
  .describe('how it counts: only spending, refund and income entered or left the household');

/** What narrows a list of transactions down; the same for what is shown and what is exported. */
export const transactionFilterSchema = z.strictObject({
  account: id.describe('of this account'),
  pot: id.describe('moves in and out of this pot'),
  since: moment.describe('created then or later'),
  before: moment.describe('created earlier'),
  q: z
    .string()
    .max(200)
    .optional()
    .describe('words or beginnings of words; an amount such as `49.99` or `-49.99` finds that amount too'),
  category: z
    .string()
    .max(128)
    .optional()
    .describe('with this category, also as a share; its name or its id'),
  kind: kindSchema.optional(),
  flow: someFlows.describe('how it counts; several with commas between, such as `spending,refund`'),
  merchant: z.string().max(10_000).optional().describe("the name shown, or Monzo's id of the merchant"),
  tag: z
    .string()
    .trim()
    .max(61)
    .optional()
    .describe('a word that is marked with # in the notes, such as `work`'),
  min: size.describe('the smallest amount, in or out, in major units'),
  max: size.describe('the largest amount'),
});

export const transactionQuerySchema = transactionFilterSchema.extend({
  limit: limit(50),
  cursor: z.string().max(256).optional().describe(cursorMeaning),
});

export const transactionSchema = z.object({
  id: z.string(),
  account_id: z.string(),
  pot_id: z.string().nullable(),
  pot_name: z.string().nullable(),
  kind: kindSchema,
  flow: flowSchema,
  internal: z.boolean().describe('whether it only moved money between own accounts and pots'),
  status: z.enum(transactionStatuses),
  name: z.string().describe('the name to show for the other side'),
  merchant: z.string().nullable(),
  merchant_id: z.string().nullable(),
  counterparty: z.string().nullable(),
  spender: z.string().nullable().describe('who spent it, on a joint account'),
  description: z.string(),
  notes: z.string(),
  category: z.string(),
  category_name: z
    .string()
    .describe('in words; of a custom category, the name that a person has given to it'),
  categories: z
    .record(z.string(), major)
    .describe('the categories that it counts in, with their shares; several where it is split'),
  categories_minor: z.record(z.string(), minor),
  scheme: z.string(),
  created: instant,
  updated: instant,
  settled: instant.nullable().describe('may lie in the future'),
  amount: major,
  amount_minor: minor,
  currency: z.string(),
  local_amount: major,
  local_amount_minor: minor,
  local_currency: z.string(),
  decline_reason: z.string().nullable(),
  charged_by: z
    .string()
    .nullable()
    .describe('the transaction that charged this hold, which therefore does not count as spending'),
  hold_id: z.string().nullable().describe('the hold that this transaction charged'),
  reversed_amount: major.nullable().describe('of a reversed one, what it was; null where that is not known'),
  reversed_amount_minor: minor.nullable(),
  emoji: z.string().nullable().describe('of the merchant, where Monzo gives one'),
  tags: z.array(z.string()).describe('the words that are marked with # in the notes'),
});

export const transactionDetailSchema = transactionSchema.extend({
  raw: verbatim.describe("Monzo's object, unchanged"),
});

const day = z.string().describe('YYYY-MM-DD, in the time zone of the bridge');
const period = {
  since: moment.describe('from this day on'),
  before: moment.describe('until the day before this one'),
};

export const spendingQuerySchema = z
  .strictObject({
    by: z.enum(['day', 'month', 'category', 'merchant']).describe('what the sums are grouped by'),
    each: z.enum(['month']).optional().describe('each month by itself; only by category'),
    account: id.describe('of this account'),
    ...period,
    limit: limit(500),
  })
  .refine(({ by, each }) => each === undefined || by === 'category', {
    path: ['each'],
    error: 'goes with by=category alone',
  });

export const sums = {
  currency: z.string(),
  spent: major.describe('money out, positive'),
  spent_minor: minor,
  refunded: major.describe('money back from shops, positive'),
  refunded_minor: minor,
  net: major.describe('spent less refunded'),
  net_minor: minor,
  income: major.describe('money in, positive'),
  income_minor: minor,
  count: z.int().describe('the number of transactions'),
};

export const spendingSchema = listOf(
  z.object({
    key: z.string().describe('the day, month, category or name'),
    name: z.string().describe('of a category in words, else the key'),
    month: z.string().nullable().describe('with `each=month`, such as 2026-03; else null'),
    ...sums,
  }),
).extend({
  by: spendingQuerySchema.shape.by,
  time_zone: z.string(),
  totals: z.array(z.object(sums)).describe('of all groups, also of those beyond `limit`'),
});

export const categorySchema = z.object({
  id: z.string(),
  name: z.string(),
  custom: z.boolean().describe('whether a person has made it; the API of Monzo does not tell its name'),
  named: z.boolean().describe('whether it was given a name here'),
});

export const categoryNameSchema = z.strictObject({
  name: z.string().trim().max(60).describe('an empty one takes the name away'),
});

export const balancesQuerySchema = z
  .strictObject({
    by: z.enum(['day', 'month']).default('day').describe('at the end of each day or month'),
    account: id.describe('of this account'),
    pot: id.describe('of this pot'),
    total: z.enum(['true', 'false']).default('false').describe('only the totals'),
    ...period,
  })
  .refine(
    ({ account, pot, total }) =>
      [account !== undefined, pot !== undefined, total === 'true'].filter(Boolean).length <= 1,
    'must name one account, one pot or the totals, or leave all three out',
  );

export const balancePointSchema = z.object({
  day,
  balance: major.describe('at the end of the day'),
  balance_minor: minor,
  reconstructed: z
    .boolean()
    .describe('not read on that day, but computed back from the next reading with the known transactions'),
});

export const balancesSchema = listOf(
  z.object({
    kind: z.enum(['account', 'pot', 'total']),
    id: z.string().nullable(),
    name: z.string().nullable(),
    currency: z.string(),
    points: z.array(balancePointSchema).describe('the oldest first'),
    incomplete: z
      .array(
        z.object({
          kind: z.enum(['account', 'pot']),
          id: z.string(),
          name: z.string().nullable(),
          known_from: day.nullable(),
        }),
      )
      .describe(
        'of a total: what is known only from a later day on, and before it counts as what it was then; null where it was never read, and does not count',
      ),
  }),
).extend({ by: z.enum(['day', 'month']), time_zone: z.string() });

export const formerSchema = z.object({
  kind: z.enum(['account', 'pot']),
  id: z.string(),
  name: z.string().describe('as it was last'),
  closed: z.boolean().describe('whether Monzo has closed it; else no login sees it or its account any more'),
});

export const formerListSchema = listOf(formerSchema);
export const accountListSchema = listOf(accountSchema);
export const potListSchema = listOf(potSchema);
export const subscriptionListSchema = listOf(subscriptionSchema);
export const transactionListSchema = listOf(transactionSchema);
export const categoryListSchema = listOf(categorySchema);

export type AccountItem = z.output<typeof accountSchema>;
export type FormerItem = z.output<typeof formerSchema>;
export type PotItem = z.output<typeof potSchema>;
export type AddressTestItem = z.output<typeof addressTestSchema>;
export type BankPositionsList = z.output<typeof bankPositionsSchema>;
export type SubscriptionItem = z.output<typeof subscriptionSchema>;
export type TransactionFilterQuery = z.output<typeof transactionFilterSchema>;
export type TransactionItem = z.output<typeof transactionSchema>;
export type TransactionDetail = z.output<typeof transactionDetailSchema>;
export type CategoryItem = z.output<typeof categorySchema>;
export type SpendingList = z.output<typeof spendingSchema>;
export type SpendingItem = SpendingList['items'][number];
export type SumItem = SpendingList['totals'][number];
export type SpendingQuery = z.input<typeof spendingQuerySchema>;
export type BalancesQuery = z.output<typeof balancesQuerySchema>;
export type BalanceItem = z.output<typeof balancesSchema>['items'][number];
