import { z } from 'zod';
import {
  activitySchema,
  checksSchema,
  healthSchema,
  verdictSchema,
  type ActivityItem,
  type HealthItem,
} from '../contract/bridge-data.ts';
import { readingRefusals } from '../refusals/refusal-sets.ts';
import { worstOf, type PartHealth } from '../domain/view.ts';
import type { LoginView } from '../domain/login.ts';
import { instantText } from '../domain/values.ts';
import type { TransportHealth } from '../monzo/transport.ts';
import type { Reader } from '../store/reader.ts';
import { verbatim } from '../contract/elements.ts';
import { answers, downloadAnswers, textAnswers, type Api, type RouteOptions } from './api.ts';
import { sinkItem } from './event-routes.ts';
import { instantOrNull } from './formats.ts';
import type { Gauges } from './metrics.ts';
import type { Services } from './services.ts';

/** The state of the bridge: its health, its figures, what it does all day, and the description of the API. */

const tags = ['state'];

const metricsShape = {
  operationId: 'showMetrics',
  tags,
  summary: 'Figures for Prometheus',
  response: downloadAnswers('The metrics.', { 'text/plain': z.string() }),
};

const descriptionShape = {
  operationId: 'describeApi',
  tags,
  summary: 'This description',
  response: textAnswers('An OpenAPI document.', verbatim),
};

export function addStateRoutes(app: Api, { services }: RouteOptions): void {
  const { about, checks, health, metrics, reader } = services;
  app.get(
    '/healthz',
    {
      schema: {
        operationId: 'showVerdict',
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
    {
      schema: {
        operationId: 'showHealth',
        tags,
        summary: 'The health of each part, and why',
        response: answers(200, healthSchema),
      },
    },
    async () => healthItem(about.version, health()),
  );
  app.post(
    '/api/checks',
    {
      schema: {
        operationId: 'lookAtEverything',
        tags,
        summary: 'Look at everything now, in order: what works, what does not, and what to do',
        response: answers(200, checksSchema),
      },
    },
    async () => {
      const found = await checks();
      const items = found.map(({ commands, ...check }) => ({ ...check, commands: [...commands] }));
      return { version: about.version, checks: items };
    },
  );
  app.get('/metrics', { schema: metricsShape }, async (_request, reply) => {
    // One figure that cannot be read is no reason to withhold the others.
    const transactions = await transactionsIn(reader).catch(() => null);
    const text = await metrics.text({ ...gaugesOf(services), transactions });
    return reply.type('text/plain; version=0.0.4; charset=utf-8').send(text);
  });
  app.get('/api/openapi.json', { schema: descriptionShape }, async (_request, reply) =>
    reply.type('application/json').send(JSON.stringify(app.swagger())),
  );
  addActivityRoute(app, services);
}

function gaugesOf(services: Services): Omit<Gauges, 'transactions'> {
  const { about, bank, health, money, outputs, store, view } = services;
  const { accounts, pots, logins } = view();
  return {
    version: about.version,
    undelivered: outputs.undelivered(),
    health: health(),
    sinks: outputs.sinks(),
    transfers: store.transfers.counts(),
    isPaused: money.moneyPause.isPaused(),
    logins,
    rings: bank.doorbell.activity(),
    balances: [
      ...accounts.map((account) => ({ ...account, kind: 'account' as const })),
      ...pots.map((pot) => ({ ...pot, kind: 'pot' as const })),
    ].filter(({ available }) => available),
  };
}

export function healthItem(version: string, parts: readonly PartHealth[]): HealthItem {
  return { version, state: worstOf(parts), parts: [...parts] };
}

/** How many transactions the ledger holds. Throws what reading throws. */
export async function transactionsIn(reader: Reader): Promise<number> {
  const counts = await reader.ask('counts', null);
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}

/** By the state of a login's circuit breaker. */
const bankStates = { closed: 'ok', half_open: 'trying', open: 'down' } as const;

function addActivityRoute(app: Api, services: Services): void {
  const { about, view, bank, metrics, outputs, store, reader } = services;
  app.get(
    '/api/activity',
    {
      schema: {
        operationId: 'showActivity',
        tags,
        summary: 'Calls to Monzo and their budget, doorbells, deliveries, the ledger',
        response: answers(200, activitySchema, ...readingRefusals),
      },
    },
    async () => {
      const transactions = await transactionsIn(reader);
      const { lastRing, ...rings } = bank.doorbell.activity();
      return {
        since: instantText(about.startedAt),
        logins: view().logins.map((login) =>
          loginActivity(login, bank.registry.transport(login.id).health()),
        ),
        doorbells: { ...rings, last_ring: instantOrNull(lastRing) },
        calls: [...(await metrics.calls())],
        sinks: outputs.sinks().map(sinkItem),
        ledger: { transactions, bytes: store.size() },
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
