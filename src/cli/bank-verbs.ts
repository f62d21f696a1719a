import { z } from 'zod';
import {
  accountSchema,
  bankPositionsSchema,
  categorySchema,
  formerListSchema,
  potSchema,
  subscriptionSchema,
  transactionDetailSchema,
  transactionQuerySchema,
  transactionSchema,
  type AccountItem,
  type PotItem,
  type TransactionDetail,
  type TransactionItem,
} from '../contract/bank-data.ts';
import { listOf } from '../contract/elements.ts';
import { allLogins, whyFormer } from './household.ts';
import type { CliSession } from './cli-session.ts';
import type { Household } from './household.ts';
import { labelled, money, printable, table, prose, type Shown } from './layout.ts';
import { asking, part, withMore, type RouteVerb } from './route-verb.ts';

/** The verbs that show what is known of the bank. */
export const bankVerbs: readonly RouteVerb[] = [
  asking({
    verb: 'accounts',
    meaning: 'every account with its balance',
    call: () => ({ path: '/api/accounts' }),
    answer: listOf(accountSchema),
    shown: ({ items }, session) => accountTable(items, session),
  }),
  asking({
    verb: 'pots',
    meaning: 'every pot with its balance',
    call: () => ({ path: '/api/pots' }),
    answer: listOf(potSchema),
    shown: async ({ items }, session) => potTable(items, session, await session.household()),
  }),
  asking({
    verb: 'former',
    meaning: 'accounts and pots that are shown no more, under their last names',
    call: () => ({ path: '/api/former' }),
    answer: formerListSchema,
    shown: ({ items }) =>
      items.length === 0
        ? 'Every account and pot that is known is still there.'
        : table(
            ['ID', 'KIND', prose('NAME'), ''],
            items.map((one) => [one.id, one.kind, one.name, whyFormer(one)]),
          ),
  }),
  {
    ...transactionList(),
    act: (session, given) =>
      (given.words[0] === undefined ? transactionList() : oneTransaction()).act(session, given),
  },
  asking({
    verb: 'summary',
    meaning: 'balances, what was spent today and this month, and what needs attention',
    call: () => ({ method: 'POST', path: '/api/commands/summary', body: {} }),
    answer: z.object({
      accounts: z.array(
        z.object({
          name: z.string(),
          currency: z.string(),
          balance_minor: z.number().nullable(),
          spent_today_minor: z.number().nullable(),
          spent_this_month_minor: z.number().nullable(),
          left_to_move_today_minor: z.number().nullable(),
        }),
      ),
      needs_attention: z.array(z.object({ sentence: z.string().nullable() })),
    }),
    shown: ({ accounts, needs_attention: troubles }) => {
      const rows = accounts.map(({ name, currency, ...minor }) => [
        name,
        money(minor.balance_minor, currency),
        money(minor.spent_today_minor, currency),
        money(minor.spent_this_month_minor, currency),
        money(minor.left_to_move_today_minor, currency),
      ]);
      const sentences = troubles.map(({ sentence }) => printable(sentence ?? ''));
      return [
        table([prose('NAME'), 'BALANCE', 'SPENT TODAY', 'SPENT THIS MONTH', 'LEFT TO MOVE TODAY'], rows),
        ...(sentences.length === 0 ? ['Nothing needs attention.'] : sentences),
      ];
    },
  }),
  asking({
    verb: 'categories',
    meaning: 'every category of the transactions, with its name',
    call: () => ({ path: '/api/categories' }),
    answer: listOf(categorySchema),
    shown: ({ items }) =>
      table(
        ['ID', prose('NAME'), ''],
        items.map(({ id, name, custom, named }) => [
          id,
          name,
          notes({ 'your own': custom, 'named by you': named }),
        ]),
      ),
  }),
  asking({
    verb: 'categories name',
    words: '<category> <name>',
    meaning:
      'name a category of your own, which Monzo shows to programs by its id only; an empty name removes it',
    example: 'category_0000ABC "Allotment"',
    call: ({ words: [category, name] }) => ({
      method: 'PUT',
      path: `/api/categories/${part(category)}`,
      body: { name },
    }),
    answer: categorySchema,
    shown: ({ id, name }) => printable(`${id} is shown as ${name}.`),
  }),
  asking({
    verb: 'subscriptions',
    meaning: 'the webhook of every account: whether it is wanted, and whether it is at Monzo',
    call: () => ({ path: '/api/subscriptions' }),
    answer: listOf(subscriptionSchema),
    shown: async ({ items }, session) => {
      const { nameOf } = await session.household();
      const logins = new Map((await allLogins(session.client)).map(({ id, name }) => [id, name]));
      return table(
        [prose('ACCOUNT'), prose('LOGIN'), 'WANTED', 'AT MONZO', 'HOST', prose('NOTE')],
        items.map(({ account_id: account, login_id: login, wanted, actual, host, trouble, silent }) => [
          nameOf(account),
          logins.get(login) ?? login,
          yesOrNo(wanted),
          yesOrNo(actual),
          host ?? '',
          trouble ?? (silent ? 'no call announced the last transactions' : ''),
        ]),
      );
    },
  }),
  asking({
    verb: 'bank-positions',
    meaning: 'how Monzo was seen to behave where no source says it',
    call: () => ({ path: '/api/bank-positions' }),
    answer: bankPositionsSchema,
    shown: ({ items }, session) =>
      table(
        [prose('QUESTION'), prose('SEEN'), 'FIRST SEEN'],
        items.flatMap(({ asks, positions }) =>
          positions.length === 0
            ? [[asks, 'not yet', '']]
            : positions.map(({ position, first_seen: at }) => [asks, position, session.local(at)]),
        ),
      ),
  }),
];

function yesOrNo(is: boolean): string {
  return is ? 'yes' : 'no';
}

function accountTable(accounts: readonly AccountItem[], session: CliSession): Shown {
  return table(
    ['ID', prose('NAME'), 'BALANCE', 'WITH POTS', 'SPENT TODAY', prose('')],
    accounts.map((account) => [
      account.id,
      account.name,
      money(account.balance_minor, account.currency),
      money(account.total_balance_minor, account.currency),
      money(account.spent_today_minor, account.currency),
      stateOf(account, session),
    ]),
  );
}

function potTable(pots: readonly PotItem[], session: CliSession, { nameOf }: Household): Shown {
  return table(
    ['ID', prose('NAME'), 'BALANCE', 'GOAL', prose('ACCOUNT'), prose('')],
    pots.map((pot) => [
      pot.id,
      pot.name,
      money(pot.balance_minor, pot.currency),
      money(pot.goal_minor, pot.currency),
      nameOf(pot.account_id),
      notes({ locked: pot.locked, [stateOf(pot, session)]: true }),
    ]),
  );
}

type Reading = Pick<PotItem, 'available' | 'missing' | 'figures_from'>;

function stateOf({ available, missing, figures_from: from }: Reading, { local }: CliSession): string {
  return notes({ 'out of date': !available, missing, [`as of ${local(from)}`]: from !== null });
}

function notes(which: Readonly<Record<string, boolean>>): string {
  return Object.keys(which)
    .filter((note) => which[note] === true && note !== '')
    .join(', ');
}

function transactionList(): RouteVerb {
  return asking({
    verb: 'transactions',
    words: '[id]',
    meaning: 'transactions, the newest first, or one of them',
    example: '--account "Current account" --q coffee --since 2026-03-01',
    query: transactionQuerySchema,
    call: ({ query }) => ({ path: '/api/transactions', query }),
    answer: listOf(transactionSchema),
    shown: async ({ items, next }, session) =>
      withMore(transactionTable(items, session, await session.household()), next),
  });
}

function transactionTable(
  transactions: readonly TransactionItem[],
  { local }: CliSession,
  { accounts, nameOf }: Household,
): Shown {
  const isOne = accounts.length < 2;
  return table(
    ['ID', 'CREATED', 'AMOUNT', 'KIND', 'STATUS', prose('NAME'), prose(isOne ? '' : 'ACCOUNT')],
    transactions.map(
      ({ id, created, amount_minor: minor, currency, kind, status, name, account_id: account }) => [
        id,
        local(created),
        money(minor, currency),
        kind,
        status,
        name,
        isOne ? '' : nameOf(account),
      ],
    ),
  );
}

function oneTransaction(): RouteVerb {
  return asking({
    verb: 'transactions',
    meaning: 'one transaction',
    call: ({ words: [id] }) => ({ path: `/api/transactions/${part(id)}` }),
    answer: transactionDetailSchema,
    shown: async (transaction, session) => transactionLines(transaction, session, await session.household()),
  });
}

function transactionLines(one: TransactionDetail, { local }: CliSession, { nameOf }: Household): Shown {
  const { currency, local_currency: foreign } = one;
  const shares = Object.entries(one.categories_minor);
  return labelled([
    ['id', one.id],
    ['name', one.name],
    ['amount', money(one.amount_minor, currency)],
    ['abroad', foreign === currency ? null : money(one.local_amount_minor, foreign)],
    ['account', nameOf(one.account_id)],
    ['pot', one.pot_name],
    ['created', local(one.created)],
    ['settled', local(one.settled)],
    ['updated', local(one.updated)],
    ['status', one.status],
    ['declined', one.decline_reason],
    ['kind', one.kind],
    ['counts as', one.flow],
    ['category', one.category_name],
    [
      'split',
      shares.length < 2
        ? null
        : shares.map(([name, minor]) => `${name} ${money(minor, currency)}`).join(', '),
    ],
    ['spent by', one.spender],
    ['merchant', one.merchant],
    ['merchant id', one.merchant_id],
    ['counterparty', one.counterparty],
    ['description', one.description],
    ['notes', one.notes],
    ['scheme', one.scheme],
    ['charged by', one.charged_by],
    ['charges hold', one.hold_id],
  ]);
}
