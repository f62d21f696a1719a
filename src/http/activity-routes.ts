import type { LoginView } from '../domain/login.ts';
import { instantText, type Instant } from '../domain/values.ts';
import type { TransportHealth } from '../monzo/transport.ts';
import { answers, type Api, type RouteOptions } from './api.ts';
import { activitySchema, type ActivityItem } from '../contract/bridge-data.ts';
import { sinkItem } from './delivery-routes.ts';

const bankStates = { closed: 'ok', half_open: 'trying', open: 'down' } as const;

/** What the bridge is doing, for whoever wants to see it at work. */
export function addActivityRoute(app: Api, { services }: RouteOptions): void {
  const { view, callsOf, doorbells, calls, sinks, store, reader, startedAt } = services;
  app.get(
    '/api/activity',
    {
      schema: {
        tags: ['state'],
        summary: 'Calls to Monzo against the budget, doorbells, deliveries, the ledger',
        response: answers(200, activitySchema),
      },
    },
    async () => {
      const counts = await reader.ask('counts', null);
      const { lastRing, ...rings } = doorbells();
      return {
        since: instantText(startedAt),
        logins: view().logins.map((login) => loginActivity(login, callsOf(login.id))),
        doorbells: { ...rings, last_ring: orNull(lastRing) },
        calls: [...(await calls())],
        sinks: sinks().map(sinkItem),
        ledger: {
          transactions: [...counts.values()].reduce((sum, count) => sum + count, 0),
          bytes: store.size(),
        },
      };
    },
  );
}

function loginActivity(login: LoginView, health: TransportHealth): ActivityItem['logins'][number] {
  const { calls, budget, breaker, pausedUntil, lastAnswerAt } = health;
  const { available, capacity, perSecond } = budget;
  return {
    id: login.id,
    name: login.name,
    state: login.state,
    calls: { total: calls.total, last_hour: calls.lastHour, last_day: calls.lastDay },
    budget: { available, capacity, per_second: perSecond },
    bank: bankStates[breaker],
    paused_until: orNull(pausedUntil),
    last_answer: orNull(lastAnswerAt),
    last_success: orNull(login.lastSuccess),
    history: login.history,
  };
}

function orNull(instant: Instant | null): string | null {
  return instant === null ? null : instantText(instant);
}
