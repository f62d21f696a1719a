import {
  activitySchema,
  healthSchema,
  verdictSchema,
  type ActivityItem,
  type HealthItem,
} from '../contract/bridge-data.ts';
import { worstOf, type PartHealth } from '../domain/view.ts';
import type { LoginView } from '../domain/login.ts';
import { instantText } from '../domain/values.ts';
import type { TransportHealth } from '../monzo/transport.ts';
import { answers, type Api, type RouteOptions } from './api.ts';
import { sinkItem } from './event-routes.ts';
import { instantOrNull } from './formats.ts';
import type { Services } from './services.ts';

/** The state of the bridge: its health, its figures, what it does all day, and the description of the API. */

const tags = ['state'];

export function addStateRoutes(app: Api, { services }: RouteOptions): void {
  const { version, health, metrics } = services;
  app.get(
    '/healthz',
    {
      schema: {
        tags,
        summary: 'The state of the bridge in one word; needs no token',
        security: [],
        response: answers(200, verdictSchema),
      },
    },
    async () => ({ state: worstOf(health()) }),
  );
  app.get(
    '/api/health',
    { schema: { tags, summary: 'The health of each part, and why', response: answers(200, healthSchema) } },
    async () => healthItem(version, health()),
  );
  app.get('/metrics', { schema: { hide: true } }, async (_request, reply) =>
    reply.type('text/plain; version=0.0.4; charset=utf-8').send(await metrics()),
  );
  app.get('/api/openapi.json', { schema: { hide: true } }, async (_request, reply) =>
    reply.type('application/json').send(JSON.stringify(app.swagger())),
  );
  addActivityRoute(app, services);
}

export function healthItem(version: string, parts: readonly PartHealth[]): HealthItem {
  return { version, state: worstOf(parts), parts: [...parts] };
}

/** By the state of a login's circuit breaker. */
const bankStates = { closed: 'ok', half_open: 'trying', open: 'down' } as const;

function addActivityRoute(app: Api, services: Services): void {
  const { view, callsOf, doorbells, calls, sinks, store, reader, startedAt } = services;
  app.get(
    '/api/activity',
    {
      schema: {
        tags,
        summary: 'Calls to Monzo and their budget, doorbells, deliveries, the ledger',
        response: answers(200, activitySchema),
      },
    },
    async () => {
      const counts = await reader.ask('counts', null);
      const { lastRing, ...rings } = doorbells();
      return {
        since: instantText(startedAt),
        logins: view().logins.map((login) => loginActivity(login, callsOf(login.id))),
        doorbells: { ...rings, last_ring: instantOrNull(lastRing) },
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
    paused_until: instantOrNull(pausedUntil),
    last_answer: instantOrNull(lastAnswerAt),
    last_success: instantOrNull(login.lastSuccess),
    history: login.history,
  };
}
