import { reportQuerySchema, reportSchema, type ReportItem } from '../contract/report-data.ts';
import { averageOf, type UsualSums } from '../domain/month-report.ts';
import { categoryName, type Names } from '../domain/names.ts';
import { firstDayOf, localDay, monthAfter } from '../domain/time.ts';
import { toMajorNumber, type Currency, type Instant } from '../domain/values.ts';
import { accountRefusals, readingRefusals } from '../refusals/refusal-sets.ts';
import { badRequest } from '../refusals/refuse.ts';
import type { Counted, MonthInCurrency, NewMerchant, VanishedMerchant } from '../store/month-reads.ts';
import { answers, type Api, type RouteOptions } from './api.ts';
import { sumItem } from './spending-routes.ts';
import { transactionItem } from './transaction-routes.ts';

/** A month in one answer: what came in and went out, beside what is usual. */
export function addReportRoute(app: Api, { services, clock, config: { TIME_ZONE } }: RouteOptions): void {
  const { reader, store, narrowing } = services;
  app.get(
    '/api/report',
    {
      schema: {
        operationId: 'reportMonth',
        tags: ['bank'],
        summary: 'One month, compared with the average of the last six full months',
        querystring: reportQuerySchema,
        response: answers(200, reportSchema, ...accountRefusals, ...readingRefusals),
      },
    },
    async ({ query: { month: asked, account } }) => {
      const now = clock.now();
      const current = localDay(now, TIME_ZONE).slice(0, 7);
      const month = asked ?? current;
      if (month > current)
        throw badRequest([{ field: 'month in the query', rule: 'must not be later than the current month' }]);
      const isOver = month < current;
      const { accountId } = await narrowing.ofLedger({ account });
      const reports = await reader.ask('month', { month, accountId, timeZone: TIME_ZONE, isOver });
      const shown = { now, given: store.names.given(), timeZone: TIME_ZONE };
      return {
        month,
        since: firstDayOf(month),
        before: firstDayOf(monthAfter(month, 1)),
        complete: isOver,
        account: accountId ?? null,
        time_zone: TIME_ZONE,
        items: reports.map((report) => reportItem(report, shown)),
        next: null,
      };
    },
  );
}

interface Showing {
  readonly now: Instant;
  readonly given: Names;
  readonly timeZone: string;
}

function reportItem(report: MonthInCurrency, shown: Showing): ReportItem {
  const { currency, sums, categories, newMerchants, vanishedMerchants } = report;
  return {
    ...sumItem({ currency, ...sums }),
    known_from: report.knownFrom,
    usual_months: [...report.usualMonths],
    usual: usualItem(report.usual, currency),
    categories: categories.map(({ category, usual, ...now }) => {
      const { currency: _currency, ...amounts } = sumItem({ currency, ...now });
      const name = categoryName(category, shown.given);
      return { key: category, name, ...amounts, usual: usualItem(usual, currency) };
    }),
    largest: report.largest.map((row) => transactionItem(row, shown)),
    new_merchants: counted(newMerchants, (one) => newItem(one, currency)),
    vanished_merchants: counted(vanishedMerchants, (one) => vanishedItem(one, currency, shown.timeZone)),
  };
}

function usualItem(usual: UsualSums | null, currency: Currency): ReportItem['usual'] {
  if (usual === null) return null;
  const { currency: _currency, count: _count, ...amounts } = sumItem({ currency, ...usual, count: 0 });
  return amounts;
}

function counted<One, Item>(list: Counted<One> | null, itemOf: (one: One) => Item) {
  return list === null ? null : { count: list.count, items: list.items.map(itemOf) };
}

function newItem({ name, net, count }: NewMerchant, currency: Currency) {
  return { name, net: toMajorNumber(net, currency), net_minor: net, count };
}

function vanishedItem({ name, months, spent, last }: VanishedMerchant, currency: Currency, timeZone: string) {
  const usual = averageOf(spent, months);
  return {
    name,
    months,
    usual: toMajorNumber(usual, currency),
    usual_minor: usual,
    last_day: localDay(last, timeZone),
  };
}
