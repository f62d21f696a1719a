import {
  balancesQuerySchema,
  balancesSchema,
  spendingQuerySchema,
  spendingSchema,
  transactionFilterSchema,
} from '../contract/bank-data.ts';
import { paceSchema, reportQuerySchema, reportSchema, type ReportItem } from '../contract/report-data.ts';
import { merchantSchema, searchSumsSchema, tagsSchema, type MerchantItem } from '../contract/search-data.ts';
import type { CliSession } from './cli-session.ts';
import { money, printable, prose, table, type Shown } from './layout.ts';
import { asking, type RouteVerb } from './route-verb.ts';

/** The verbs that add the transactions up, and show balances over time. */
export const sumsVerbs: readonly RouteVerb[] = [
  asking({
    verb: 'spending',
    meaning: 'what was spent, refunded and earned, by day, month, category or merchant',
    example: '--by category --since 2026-03-01',
    query: spendingQuerySchema,
    defaults: { by: 'month' },
    call: ({ query }) => ({ path: '/api/spending', query }),
    answer: spendingSchema,
    shown: ({ items, totals, by }) => {
      if (items.length === 0) return 'There are no transactions in this period.';
      const all = totals.map((total) => ({ name: 'all', month: null, ...total }));
      return table(
        [prose(by.toUpperCase()), 'SPENT', 'REFUNDED', 'NET', 'INCOME', 'COUNT'],
        [...items, ...all].map(({ name, month, currency, count, ...minor }) => [
          month === null ? name : `${month} ${name}`,
          money(minor.spent_minor, currency),
          money(minor.refunded_minor, currency),
          money(minor.net_minor, currency),
          money(minor.income_minor, currency),
          String(count),
        ]),
      );
    },
  }),
  asking({
    verb: 'balances',
    meaning: 'balances of accounts, pots and all together at the end of each day or month',
    example: '--pot Holiday --by day --since 2026-03-01',
    query: balancesQuerySchema,
    defaults: { by: 'month' },
    call: ({ query }) => ({ path: '/api/balances', query }),
    answer: balancesSchema,
    shown: ({ items }) =>
      table(
        [prose('OF'), 'DAY', 'BALANCE', ''],
        items.flatMap(({ name, id, currency, points }) =>
          points.map(({ day, balance_minor: minor, reconstructed }) => [
            name ?? id ?? `all in ${currency}`,
            day,
            money(minor, currency),
            reconstructed ? 'computed back' : '',
          ]),
        ),
      ),
  }),
  asking({
    verb: 'transactions sums',
    meaning: 'what all transactions that match add up to',
    example: '--q coffee --since 2026-03-01',
    query: transactionFilterSchema,
    call: ({ query }) => ({ path: '/api/transactions/sums', query }),
    answer: searchSumsSchema,
    shown: ({ items }) =>
      items.length === 0
        ? 'No transaction matches.'
        : table(
            ['IN', 'OUT', 'NET', 'COUNT', 'IN NO SUM'],
            items.map(({ currency, count, unmoved, ...minor }) => [
              money(minor.in_minor, currency),
              money(minor.out_minor, currency),
              money(minor.net_minor, currency),
              String(count),
              unmoved === 0 ? '' : String(unmoved),
            ]),
          ),
  }),
  asking({
    verb: 'merchant',
    words: '<name>',
    meaning: 'what was paid to and received from one shop or person, by month',
    example: '"Corner Shop"',
    call: ({ words: [name] }) => ({ path: '/api/merchant', query: { name } }),
    answer: merchantSchema,
    shown: (merchant, session) => merchantLines(merchant, session),
  }),
  asking({
    verb: 'tags',
    meaning: 'words that are marked with # in notes, the most frequent first',
    call: () => ({ path: '/api/tags' }),
    answer: tagsSchema,
    shown: ({ items }) =>
      items.length === 0
        ? 'No notes hold a word with # in front.'
        : table(
            [prose('TAG'), 'COUNT'],
            items.map(({ tag, count }) => [`#${tag}`, String(count)]),
          ),
  }),
  asking({
    verb: 'pace',
    meaning: 'spending this month beside the usual pace, and when pots reach their goals',
    call: () => ({ path: '/api/pace' }),
    answer: paceSchema,
    shown: async ({ spending, pots }, session) => {
      const { nameOf } = await session.household();
      return [
        table(
          ['SPENT THIS MONTH', 'USUAL BY TODAY', 'USUAL IN A MONTH'],
          spending.map(({ currency, ...minor }) => [
            money(minor.spent_minor, currency) || 'not known yet',
            money(minor.usual_minor, currency),
            money(minor.usual_month_minor, currency),
          ]),
        ),
        ...pots.map(({ id, goal_reached_in: month }) =>
          printable(`${nameOf(id)} reaches its goal in ${month}.`),
        ),
      ];
    },
  }),
  asking({
    verb: 'report',
    meaning: 'one month beside the average of the months before it',
    example: '--month 2026-03',
    query: reportQuerySchema,
    call: ({ query }) => ({ path: '/api/report', query }),
    answer: reportSchema,
    shown: ({ month, complete, items }, session) => [
      `${month}${complete ? '' : ', which is not over yet'}`,
      ...items.flatMap((item) => ['', ...reportLines(item, session)]),
    ],
  }),
];

function reportLines(item: ReportItem, { local }: CliSession): readonly Shown[] {
  const { currency, usual, categories, largest, new_merchants: fresh, vanished_merchants: gone } = item;
  const rows = [{ name: 'all', net_minor: item.net_minor, usual }, ...categories];
  return [
    table(
      [prose('CATEGORY'), 'NET', 'USUAL'],
      rows.map(({ name, net_minor: net, usual: before }) => [
        name,
        money(net, currency),
        money(before?.net_minor ?? null, currency),
      ]),
    ),
    `Income: ${money(item.income_minor, currency)}${usual === null ? '' : `, usually ${money(usual.income_minor, currency)}`}.`,
    '',
    table(
      ['LARGEST', 'CREATED', prose('NAME')],
      largest.map(({ amount_minor: minor, created, name }) => [money(minor, currency), local(created), name]),
    ),
    ...namesLine('Paid for the first time', fresh),
    ...namesLine('Not paid this time', gone),
  ];
}

function merchantLines({ name, first, last, currencies }: MerchantItem, { local }: CliSession): Shown {
  if (first === null) return printable(`There is no transaction with ${name}.`);
  return [
    printable(`${name}: from ${local(first)} to ${local(last)}`),
    ...currencies.flatMap(({ currency, usual_minor: usual, months, ...all }) => [
      ...(usual === null ? [] : [`Usually ${money(usual, currency)}.`]),
      table(
        ['MONTH', 'SPENT', 'REFUNDED', 'INCOME', 'COUNT'],
        [...months, { month: 'all', ...all }].map(({ month, count, ...minor }) => [
          month,
          money(minor.spent_minor, currency),
          money(minor.refunded_minor, currency),
          money(minor.income_minor, currency),
          String(count),
        ]),
      ),
    ]),
  ];
}

interface Merchants {
  readonly count: number;
  readonly items: readonly { readonly name: string }[];
}

function namesLine(what: string, merchants: Merchants | null): readonly string[] {
  if (merchants === null || merchants.count === 0) return [];
  const names = merchants.items.map(({ name }) => name).join(', ');
  const more = merchants.count - merchants.items.length;
  return [printable(`${what}: ${names}${more > 0 ? `, and ${more} more` : ''}.`)];
}
