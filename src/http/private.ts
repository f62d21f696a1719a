import { randomBytes as systemRandomBytes } from 'node:crypto';
import cookie from '@fastify/cookie';
import rateLimit from '@fastify/rate-limit';
import swagger from '@fastify/swagger';
import { fastify } from 'fastify';
import { jsonSchemaTransform, serializerCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Clock } from '../clock.ts';
import { refuse } from '../refusals/refuse.ts';
import type { Log } from '../log.ts';
import type { Api, HttpConfig } from './api.ts';
import { createAttemptJudge, createHostCheck, createSecretTest } from './auth.ts';
import { addBankRoutes } from './bank-routes.ts';
import { callerThrough } from './caller.ts';
import { createGuard, sessionCookie, type Guard } from './guard.ts';
import { addStrictHeaders } from './headers.ts';
import { ingressVisit, type Ingress } from './ingress.ts';
import { privateBody, privateTimeouts, serverOptions } from './limits.ts';
import { addCommandRoutes } from './command-routes.ts';
import { addHomeAssistantRoutes } from './home-assistant-routes.ts';
import { addActivityRoute } from './activity-routes.ts';
import { addLiveRoutes } from './live-routes.ts';
import { addLoginRoutes } from './login-routes.ts';
import { addMoneyRoutes } from './money-routes.ts';
import { addPage, builtPage, isForPage } from './page.ts';
import { createProblemSender, sendProblem, problemOf, validatorOf } from './problems.ts';
import type { Services } from './services.ts';
import { addSessionRoutes, sessionPath } from './session-routes.ts';
import { createSessions, createSignInCodes, type SignInCodes } from './sessions.ts';
import { addDeliveryRoutes } from './delivery-routes.ts';
import { addSpendingRoutes } from './spending-routes.ts';
import { addStateRoutes } from './state-routes.ts';
import { addExportRoutes } from './export-routes.ts';
import { addTransactionRoutes } from './transaction-routes.ts';
import { addSubscriptionRoutes } from './subscription-routes.ts';

export interface PrivateOptions {
  readonly services: Services;
  readonly adminToken: string;
  readonly config: Pick<HttpConfig, 'UI_HOST' | 'PUBLIC_URL' | 'PUBLIC_PORT' | 'TIME_ZONE'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly randomBytes?: (size: number) => Uint8Array;
  /** The codes of one-time links, whoever gives them out. */
  readonly codes?: SignInCodes;
  /** Takes every known secret out of a text. */
  readonly scrub?: (text: string) => string;
  /** Left out where no Supervisor runs the bridge: nobody's word about people is taken then. */
  readonly ingress?: Ingress | null;
  /** Where the built page lies; beside the program where it is left out. */
  readonly webDirectory?: string | undefined;
  /** The port the public listener really has, once it has one; without, the configured one. */
  readonly publicPort?: () => number | null;
}

/**
 * The private listener's application: everything but the page's files, signing in and `/healthz` needs the admin
 * token, a session or the Supervisor's word. Failures are problem documents. Not listening yet; `inject` works.
 */
export async function createPrivateApp(options: PrivateOptions): Promise<Api> {
  const { services, config, clock, log, publicPort } = options;
  const app: Api = fastify({
    ...serverOptions(privateTimeouts),
    bodyLimit: privateBody,
    logger: false,
    frameworkErrors: (thrown, _request, reply) => {
      addStrictHeaders(reply);
      void sendProblem(reply, problemOf(thrown));
    },
  }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorOf);
  app.setSerializerCompiler(serializerCompiler);
  const scrub = options.scrub ?? ((text: string) => text);
  app.setErrorHandler(createProblemSender({ log, scrub }));
  app.setNotFoundHandler(() => {
    throw refuse('not_found', { by: 'bridge' });
  });
  readEmptyBodiesAsNone(app);
  await app.register(rateLimit, { global: false });
  await app.register(cookie);
  await describe(app, services.version);
  const guard = addAccess(app, options);
  const routes = {
    services,
    config,
    clock,
    publicPort: () => publicPort?.() ?? config.PUBLIC_PORT,
  };
  addLoginRoutes(app, routes);
  const callerOf = callerThrough(options.ingress ?? null);
  addCommandRoutes(app, { ...routes, log, scrub, callerOf });
  addMoneyRoutes(app, { ...routes, callerOf });
  addBankRoutes(app, routes);
  addTransactionRoutes(app, routes);
  addExportRoutes(app, routes);
  addSpendingRoutes(app, routes);
  addStateRoutes(app, routes);
  addActivityRoute(app, routes);
  addLiveRoutes(app, { ...routes, check: guard.check });
  addDeliveryRoutes(app, routes);
  addHomeAssistantRoutes(app, routes);
  addSubscriptionRoutes(app, routes);
  await addPage(app, { directory: options.webDirectory ?? builtPage, ingress: options.ingress ?? null });
  return app;
}

/** What anybody may ask: these say nothing about anybody. */
const open: ReadonlySet<string> = new Set(['/healthz', sessionPath]);

/** Checks every request, and adds the routes that sign a browser in and out. */
function addAccess(app: Api, options: PrivateOptions): Guard {
  const { adminToken, config, clock, randomBytes = systemRandomBytes, ingress = null } = options;
  const checkHost = createHostCheck([config.UI_HOST]);
  const judge = createAttemptJudge(app);
  const isAdminToken = createSecretTest(adminToken);
  const sessions = createSessions({ clock, randomBytes });
  const codes = options.codes ?? createSignInCodes({ clock, randomBytes });
  const guard = createGuard({ judge, isAdminToken, sessions, ingress });
  app.addHook('onRequest', async (request, reply) => {
    addStrictHeaders(reply);
    // The Supervisor passes on whatever name Home Assistant is reached under.
    if (ingressVisit(request, ingress) === null) checkHost(request);
    const isOpen = open.has(request.routeOptions.url ?? '') || isForPage(request);
    if (!isOpen) await guard.check(request, reply);
  });
  const { signInLink } = options.services;
  addSessionRoutes(app, { signInLink, guard, judge, isAdminToken, sessions, codes, ingress });
  return guard;
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
      components: {
        securitySchemes: {
          admin: { type: 'http', scheme: 'bearer' },
          session: { type: 'apiKey', in: 'cookie', name: sessionCookie },
        },
      },
      security: [{ admin: [] }, { session: [] }],
    },
    transform: jsonSchemaTransform,
  });
}
