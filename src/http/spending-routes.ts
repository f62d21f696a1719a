import { mustBeInOrder } from '../commands/read-commands.ts';
import type { NarrowedTo } from '../commands/targets.ts';
import type { BalancePoint } from '../domain/balances.ts';
import type { EventNames } from '../domain/names.ts';
import { accountRefusals, potRefusals, readingRefusals } from '../refusals/refusal-sets.ts';
import { categoryName } from '../domain/names.ts';
import { dayAfter, daysBetween, localDay } from '../domain/time.ts';
import { toMajorNumber } from '../domain/values.ts';
import type { View } from '../domain/view.ts';
import { badRequest } from '../refusals/refuse.ts';
import type { Balances, BalanceSubject } from '../store/readings.ts';
import type { SpendingSum } from '../store/spending-sums.ts';
import { answers, type Api, type RouteOptions } from './api.ts';
import {
  balancesQuerySchema,
  balancesSchema,
  spendingQuerySchema,
  spendingSchema,
  type BalanceItem,
  type BalancesQuery,
  type SumItem,
} from '../contract/bank-data.ts';
import { instantIn } from './formats.ts';

/** Sums over the ledger, and balances over time. */

const tags = ['bank'];

/** How far back balances go without `since`: a quarter, and a day to start from. In days. */
const usualReach = 90;

/** More than ten years of days. */
const mostDays = 3_700;

export function addSpendingRoutes(app: Api, options: RouteOptions): void {
  const { TIME_ZONE } = options.config;
  const { reader, store, narrowing } = options.services;
  app.get(
    '/api/spending',
    {
      schema: {
        operationId: 'sumSpending',
        tags,
        summary: 'Spending, refunds and income, grouped',
        querystring: spendingQuerySchema,
        response: answers(200, spendingSchema, ...accountRefusals, ...readingRefusals),
      },
    },
    async ({ query: { by, each, account, since, before, limit } }) => {
      const { accountId } = await narrowing.ofLedger({ account });
      const period = { since: dayIn('since', since, TIME_ZONE), before: dayIn('before', before, TIME_ZONE) };
      mustBeInOrder(period);
      const { groups, totals } = await reader.ask('spending', {
        by,
        each,
        accountId,
        ...period,
        timeZone: TIME_ZONE,
        limit,
      });
      const given = store.names.given();
      const nameOf = (key: string) => (by === 'category' ? categoryName(key, given) : key);
      const items = groups.map((group) => {
        const { key, month } = group;
        return { key, name: nameOf(key), month, ...sumItem(group) };
      });
      return { by, time_zone: TIME_ZONE, items, totals: totals.map(sumItem), next: null };
    },
  );
  addBalancesRoute(app, options);
}

function addBalancesRoute(app: Api, { services, clock, config: { TIME_ZONE } }: RouteOptions): void {
  const { reader, view, store, narrowing } = services;
  app.get(
    '/api/balances',
    {
      schema: {
        operationId: 'listBalances',
        tags,
        summary: 'Balances at the end of each day or month, read or reconstructed',
        querystring: balancesQuerySchema,
        response: answers(200, balancesSchema, ...accountRefusals, ...potRefusals, ...readingRefusals),
      },
    },
    async ({ query }) => {
      const asked = await narrowing.ofShown(query);
      const today = localDay(clock.now(), TIME_ZONE);
      const { accounts, pots } = view();
      const balances = await reader.ask('balances', {
        all: [
          ...accounts.map(({ id, currency }) => ({ kind: 'account' as const, id, currency })),
          ...pots.map(({ id, currency }) => ({ kind: 'pot' as const, id, currency })),
        ],
        ...periodOf(query, { today, timeZone: TIME_ZONE }),
      });
      const names = namesIn(view(), store.names);
      const items = itemsOf(balances, names).filter((item) => isAskedFor(item, query.total, asked));
      return { by: query.by, time_zone: TIME_ZONE, items: items.map(thinnedBy(query.by)), next: null };
    },
  );
}

function dayIn(field: string, text: string | undefined, timeZone: string): string | undefined {
  const instant = instantIn(field, text, timeZone);
  return instant === undefined ? undefined : localDay(instant, timeZone);
}

/** Sums as the API shows them, in major and minor units. */
export function sumItem(sum: SpendingSum): SumItem {
  const { currency, spent, refunded, income, count } = sum;
  const net = spent - refunded;
  return {
    currency,
    spent: toMajorNumber(spent, currency),
    spent_minor: spent,
    refunded: toMajorNumber(refunded, currency),
    refunded_minor: refunded,
    net: toMajorNumber(net, currency),
    net_minor: net,
    income: toMajorNumber(income, currency),
    income_minor: income,
    count,
  };
}

interface Today {
  readonly today: string;
  readonly timeZone: string;
}

function periodOf(query: BalancesQuery, { today, timeZone }: Today) {
  const before = dayIn('before', query.before, timeZone) ?? dayAfter(today);
  const usual = Temporal.PlainDate.from(before).subtract({ days: usualReach }).toString();
  const since = dayIn('since', query.since, timeZone) ?? usual;
  mustBeInOrder({ since, before });
  if (daysBetween(since, before).length <= mostDays) return { since, before };
  const rule = `must be at most ${mostDays} days before the end of the period`;
  throw badRequest([{ field: 'since in the query', rule }]);
}

type NameOf = (subject: BalanceSubject) => string | null;

/** Also the last names of pots that are gone. */
function namesIn(view: View, known: Pick<EventNames, 'pot'>): NameOf {
  const names = new Map([...view.accounts, ...view.pots].map(({ id, name }) => [id, name]));
  return ({ id }) => names.get(id) ?? known.pot(id);
}

function itemsOf({ series, totals }: Balances, nameOf: NameOf): readonly BalanceItem[] {
  return [
    ...series.map(({ subject, points }) => ({ ...subject, name: nameOf(subject), points, incomplete: [] })),
    ...totals.map((total) => ({ kind: 'total' as const, id: null, name: null, ...total })),
  ].map(({ kind, id, name, currency, points, incomplete }) => ({
    kind,
    id,
    name,
    currency,
    points: points.map((point) => pointItem(point, currency)),
    incomplete: incomplete.map(({ subject, knownFrom }) => ({
      kind: subject.kind,
      id: subject.id,
      name: nameOf(subject),
      known_from: knownFrom,
    })),
  }));
}

function pointItem({ day, balance, reconstructed }: BalancePoint, currency: string) {
  return { day, balance: toMajorNumber(balance, currency), balance_minor: balance, reconstructed };
}

function isAskedFor(
  { kind, id }: BalanceItem,
  total: BalancesQuery['total'],
  { accountId, potId }: NarrowedTo,
): boolean {
  if (total === 'true') return kind === 'total';
  const wanted = accountId ?? potId;
  return wanted === undefined || (id === wanted && kind === (potId === undefined ? 'account' : 'pot'));
}

/** By month, each month's last known day. */
function thinnedBy(by: BalancesQuery['by']): (item: BalanceItem) => BalanceItem {
  if (by === 'day') return (item) => item;
  return (item) => {
    const months = new Map(item.points.map((point) => [point.day.slice(0, 7), point]));
    return { ...item, points: [...months.values()] };
  };
}
