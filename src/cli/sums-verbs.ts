import {
  balancesQuerySchema,
  balancesSchema,
  spendingQuerySchema,
  spendingSchema,
} from '../contract/bank-data.ts';
import { reportQuerySchema, reportSchema, type ReportItem } from '../contract/report-data.ts';
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
    ...merchantLines('Paid for the first time', fresh),
    ...merchantLines('Not paid this time', gone),
  ];
}

interface Merchants {
  readonly count: number;
  readonly items: readonly { readonly name: string }[];
}

function merchantLines(what: string, merchants: Merchants | null): readonly string[] {
  if (merchants === null || merchants.count === 0) return [];
  const names = merchants.items.map(({ name }) => name).join(', ');
  const more = merchants.count - merchants.items.length;
  return [printable(`${what}: ${names}${more > 0 ? `, and ${more} more` : ''}.`)];
}
