import { paceSchema, type PaceItem } from '../contract/report-data.ts';
import { savingPace, type SpendingPace } from '../domain/pace.ts';
import { localDay } from '../domain/time.ts';
import { toMajorNumber, type Currency, type Minor } from '../domain/values.ts';
import type { ShownAccount } from '../domain/view.ts';
import { readingRefusals } from '../refusals/refusal-sets.ts';
import { answers, type Api, type RouteOptions } from './api.ts';

/** This month's spending beside the usual pace, and when pots reach their goals. */
export function addPaceRoute(app: Api, { services, clock, config: { TIME_ZONE } }: RouteOptions): void {
  const { reader, shownView } = services;
  app.get(
    '/api/pace',
    {
      schema: {
        operationId: 'showPace',
        tags: ['bank'],
        summary: 'Spending this month beside the usual pace, and when pots reach their goals',
        response: answers(200, paceSchema, ...readingRefusals),
      },
    },
    async () => {
      const today = localDay(clock.now(), TIME_ZONE);
      const month = today.slice(0, 7);
      const { accounts, pots } = shownView();
      const aimed = pots.flatMap((pot) => (pot.goal === null ? [] : [{ ...pot, goal: pot.goal }]));
      const { spending, balances } = await reader.ask('pace', {
        today,
        pots: aimed.map(({ id, currency }) => ({ kind: 'pot' as const, id, currency })),
      });
      const pointsOf = new Map(balances.map(({ subject, points }) => [subject.id, points]));
      return {
        month,
        day: Number(today.slice(8)),
        time_zone: TIME_ZONE,
        spending: spending.map((pace) => spendingItem(pace, accounts)),
        pots: aimed.flatMap(({ id, currency, balance, goal }) => {
          const pace = savingPace({ month, balance, goal, points: pointsOf.get(id) ?? [] });
          if (pace === null) return [];
          const { perMonth, months, reachedIn } = pace;
          return [
            {
              id,
              currency,
              per_month: toMajorNumber(perMonth, currency),
              per_month_minor: perMonth,
              months,
              goal_reached_in: reachedIn,
            },
          ];
        }),
      };
    },
  );
}

type Spending = SpendingPace & { readonly currency: Currency };

/** Nothing is said of a month that is not read to its beginning. */
function spendingItem(
  { currency, spent, usual, usualMonth, usualMonths }: Spending,
  accounts: readonly ShownAccount[],
): PaceItem['spending'][number] {
  const isRead = accounts.every(
    (account) => account.currency !== currency || account.spentThisMonth !== null,
  );
  const known = isRead ? spent : null;
  return {
    currency,
    spent: majorOf(known, currency),
    spent_minor: known,
    usual: majorOf(usual, currency),
    usual_minor: usual,
    usual_month: majorOf(usualMonth, currency),
    usual_month_minor: usualMonth,
    usual_months: [...usualMonths],
  };
}

function majorOf(amount: Minor | null, currency: Currency): number | null {
  return amount === null ? null : toMajorNumber(amount, currency);
}
