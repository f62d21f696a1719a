import rateLimit from '@fastify/rate-limit';
import swagger from '@fastify/swagger';
import { fastify } from 'fastify';
import {
  jsonSchemaTransform,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod';
import type { Clock } from '../clock.ts';
import { BridgeError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Api, HttpConfig } from './api.ts';
import { createHostCheck, createTokenCheck } from './auth.ts';
import { addBankRoutes } from './bank-routes.ts';
import { addStrictHeaders } from './headers.ts';
import { privateBody, privateTimeouts, serverOptions } from './limits.ts';
import { addLoginRoutes } from './login-routes.ts';
import { createProblemSender, sendProblem, problemOf } from './problems.ts';
import type { Services } from './services.ts';
import { addStateRoutes } from './state-routes.ts';

export interface PrivateOptions {
  readonly services: Services;
  readonly adminToken: string;
  readonly config: Pick<HttpConfig, 'UI_HOST' | 'PUBLIC_URL' | 'PUBLIC_PORT' | 'TIME_ZONE'>;
  readonly clock: Clock;
  readonly log: Log;
  /** The port the public listener really has, once it has one; without, the configured one. */
  readonly publicPort?: () => number | null;
}

/**
 * The private listener's application: everything but `/healthz` needs the admin token. Failures are problem
 * documents. Not listening yet; `inject` works.
 */
export async function createPrivateApp(options: PrivateOptions): Promise<Api> {
  const { services, adminToken, config, clock, log, publicPort } = options;
  const app: Api = fastify({
    ...serverOptions(privateTimeouts),
    bodyLimit: privateBody,
    logger: false,
    frameworkErrors: (thrown, _request, reply) => {
      addStrictHeaders(reply);
      void sendProblem(reply, problemOf(thrown));
    },
  }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler(createProblemSender(log));
  app.setNotFoundHandler(() => {
    throw new BridgeError(
      'not_found',
      'There is nothing under this address and method; see /api/openapi.json.',
    );
  });
  readEmptyBodiesAsNone(app);
  await app.register(rateLimit, { global: false });
  await describe(app, services.version);
  addChecks(app, { adminToken, hosts: [config.UI_HOST] });
  const routes = {
    services,
    config,
    clock,
    publicPort: () => publicPort?.() ?? config.PUBLIC_PORT,
  };
  addLoginRoutes(app, routes);
  addBankRoutes(app, routes);
  addStateRoutes(app, routes);
  return app;
}

interface Checks {
  readonly adminToken: string;
  readonly hosts: readonly string[];
}

function addChecks(app: Api, { adminToken, hosts }: Checks): void {
  const checkHost = createHostCheck(hosts);
  const checkToken = createTokenCheck(app, adminToken);
  app.addHook('onRequest', async (request, reply) => {
    addStrictHeaders(reply);
    await checkHost(request, reply);
    if (request.routeOptions.url !== '/healthz') await checkToken(request, reply);
  });
}

/** Programs send the JSON header with an empty body where a route takes none. */
function readEmptyBodiesAsNone(app: Api): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined);
    else void parse(request, String(body), done);
  });
}

async function describe(app: Api, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'monzo-bridge',
        version,
        description: 'The private API. Amounts are in major units; `_minor` beside them in minor units.',
      },
      components: { securitySchemes: { admin: { type: 'http', scheme: 'bearer' } } },
      security: [{ admin: [] }],
    },
    transform: jsonSchemaTransform,
  });
}
