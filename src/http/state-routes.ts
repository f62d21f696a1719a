import { worstOf } from '../domain/view.ts';
import { answers, type Api, type RouteOptions } from './api.ts';
import { diagnosticsSchema, healthSchema, verdictSchema } from '../contract/bridge-data.ts';
import { diagnosticsOf } from './diagnostics.ts';
import { healthItem } from './items.ts';

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
