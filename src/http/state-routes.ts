import { worstOf } from '../domain/health.ts';
import { answers, textAnswers, type Api, type RouteOptions } from './api.ts';
import {
  diagnosticsSchema,
  eventListSchema,
  eventQuerySchema,
  healthSchema,
  verdictSchema,
} from './contract.ts';
import { diagnosticsOf } from './diagnostics.ts';
import { eventText, healthItem, withVerbatim } from './items.ts';

const tags = ['state'];

/** How the bridge does, and what it has recorded. */
export function addStateRoutes(app: Api, { services, clock }: RouteOptions): void {
  const { version, health, metrics } = services;
  app.get(
    '/healthz',
    {
      schema: {
        tags,
        summary: 'The verdict; needs no token',
        security: [],
        response: answers(200, verdictSchema),
      },
    },
    async () => ({ state: worstOf(health()) }),
  );
  app.get(
    '/api/health',
    { schema: { tags, summary: 'How each part does, and why', response: answers(200, healthSchema) } },
    async () => healthItem(version, health()),
  );
  app.get('/metrics', { schema: { hide: true } }, async (_request, reply) =>
    reply.type('text/plain; version=0.0.4; charset=utf-8').send(await metrics()),
  );
  app.get('/api/openapi.json', { schema: { hide: true } }, async (_request, reply) =>
    reply.type('application/json').send(JSON.stringify(app.swagger())),
  );
  addEventRoute(app, services);
  addDiagnosticsRoute(app, { services, clock });
}

function addDiagnosticsRoute(app: Api, { services, clock }: Pick<RouteOptions, 'services' | 'clock'>): void {
  app.get(
    '/api/diagnostics',
    {
      schema: {
        tags,
        summary: 'What helps somebody else to help: no name, id, balance or secret',
        response: answers(200, diagnosticsSchema),
      },
    },
    () => diagnosticsOf(services, clock.now()),
  );
}

function addEventRoute(app: Api, { store: { events }, sinks }: RouteOptions['services']): void {
  app.get(
    '/api/events',
    {
      schema: {
        tags,
        summary: 'The event log behind a place, the oldest first, and how far each sink has come',
        querystring: eventQuerySchema,
        response: textAnswers('Events.', eventListSchema),
      },
    },
    async ({ query: { after, limit } }, reply) => {
      const logged = events.after(after, limit + 1);
      const shown = logged.slice(0, limit);
      const next = logged.length > limit ? String(shown.at(-1)?.seq ?? after) : null;
      const items = shown.map(eventText);
      const rest = { next, last: events.last(), sinks: sinks() };
      return reply.type('application/json').send(withVerbatim(rest, 'items', `[${items.join(',')}]`));
    },
  );
}
