import { isUtf8 } from 'node:buffer';
import { randomBytes as systemRandomBytes } from 'node:crypto';
import cookie from '@fastify/cookie';
import { fastify } from 'fastify';
import { serializerCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Clock } from '../clock.ts';
import { noQuery } from '../contract/elements.ts';
import { badRequest, refuse } from '../refusals/refuse.ts';
import type { Log } from '../log.ts';
import type { Api, HttpConfig } from './api.ts';
import { describeApi } from './api-description.ts';
import { createAttempts } from './attempts.ts';
import { addBankRoutes } from './bank-routes.ts';
import { addCommandRoutes } from './command-routes.ts';
import { addDiagnosticsRoute } from './diagnostics.ts';
import { addEventRoutes } from './event-routes.ts';
import { createGuard, createHostCheck, createSecretTest, type Guard } from './guard.ts';
import { addHomeAssistantRoutes } from './home-assistant-routes.ts';
import { addLiveRoutes } from './live-routes.ts';
import { addLoginRoutes } from './login-routes.ts';
import { addMoneyRoutes } from './money-routes.ts';
import { onlyAt, type PageAddresses } from './page-addresses.ts';
import { createSignInCodes, Sessions, type SignInCodes } from './page-sessions.ts';
import { addPaceRoute } from './pace-routes.ts';
import { addPage, hasDoubleSlash, isForPage } from './page.ts';
import { addRecordingRoute } from './recording-route.ts';
import { createProblemSender, problemOf, sendProblem, validatorOf } from './problems.ts';
import { addReceiptRoutes } from './receipt-routes.ts';
import { addReportRoute } from './report-routes.ts';
import { callerThrough, ingressVisit, type Ingress } from './request-origin.ts';
import {
  addStrictHeaders,
  isPlain,
  portOf,
  privateTimeouts,
  serverOptions,
  unpacked,
  webAddress,
} from './server.ts';
import type { Services } from './services.ts';
import { addSessionRoutes, sessionPath } from './session-routes.ts';
import { addSpendingRoutes } from './spending-routes.ts';
import { addStateRoutes } from './state-routes.ts';
import { addSearchRoutes } from './search-routes.ts';
import { addTransactionRoutes } from './transaction-routes.ts';

/** The private listener: every route of the API and the page, behind one check of who may use them. */

/** Longer than anything the private API takes, in bytes. */
const privateBody = 64 * 1024;

/** Node refuses headers that are longer, and an address with them. */
const longestAddress = 16 * 1024;

export interface PrivateOptions {
  readonly services: Services;
  readonly adminToken: string;
  readonly config: Pick<HttpConfig, 'UI_HOST' | 'UI_HOSTS' | 'PUBLIC_URL' | 'PUBLIC_PORT' | 'TIME_ZONE'>;
  /** Where browsers reach this listener, by its port; on its own address if left out. */
  readonly addresses?: (port: number) => PageAddresses;
  readonly clock: Clock;
  readonly log: Log;
  readonly randomBytes?: (size: number) => Uint8Array;
  /** The codes of one-time links, which other parts make as well. */
  readonly codes?: SignInCodes;
  /** Takes every known secret out of a text. */
  readonly scrub?: (text: string) => string;
  /** Left out without a Supervisor. */
  readonly ingress?: Ingress | null;
  /** Where the built page is, or will be. */
  readonly webDirectory: string;
  /** The port that the public listener is bound to; before that, the configured one is shown. */
  readonly publicPort?: () => number | null;
}

/**
 * Everything but the page's files, signing in and `/healthz` needs the admin token, a session or an administrator of
 * Home Assistant. Failures are problem documents. Not listening yet; `inject` works.
 */
export async function createPrivateApp(options: PrivateOptions): Promise<Api> {
  const { services, config, clock, log, publicPort } = options;
  const app: Api = fastify({
    ...serverOptions(privateTimeouts),
    bodyLimit: privateBody,
    // What is too long for an id is refused by its shape, in words.
    routerOptions: { maxParamLength: longestAddress },
    rewriteUrl: ({ url = '' }) => unpacked(url),
    logger: false,
    frameworkErrors: (thrown, request, reply) => {
      addStrictHeaders(reply);
      void sendProblem(request, reply, problemOf(thrown));
    },
  }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorOf);
  app.setSerializerCompiler(serializerCompiler);
  const scrub = options.scrub ?? ((text: string) => text);
  app.setErrorHandler(createProblemSender({ log, scrub }));
  refuseWhatIsNotThere(app);
  readEmptyBodiesAsNone(app);
  refuseUnknownQueries(app);
  await app.register(cookie);
  await describeApi(app, services.about.version);
  const { guard, sessions } = addAccess(app, options);
  const routes = {
    services,
    config,
    clock,
    publicPort: () => publicPort?.() ?? config.PUBLIC_PORT,
    callerOf: callerThrough(options.ingress ?? null),
  };
  addLoginRoutes(app, routes);
  addRecordingRoute(app, { ...routes, log, randomBytes: options.randomBytes ?? systemRandomBytes });
  addCommandRoutes(app, { ...routes, log, scrub });
  addMoneyRoutes(app, { ...routes, log });
  addBankRoutes(app, routes);
  addSearchRoutes(app, routes);
  addTransactionRoutes(app, { ...routes, log });
  addSpendingRoutes(app, routes);
  addPaceRoute(app, routes);
  addReportRoute(app, routes);
  addReceiptRoutes(app, routes);
  addStateRoutes(app, routes);
  addDiagnosticsRoute(app, routes);
  addLiveRoutes(app, { ...routes, check: guard.check, sessions, ingress: options.ingress ?? null });
  addEventRoutes(app, routes);
  addHomeAssistantRoutes(app, routes);
  await addPage(app, { directory: options.webDirectory, ingress: options.ingress ?? null });
  return app;
}

/** Open to everyone: these routes say nothing about people. */
const open: ReadonlySet<string> = new Set(['/healthz', sessionPath]);

/** Checks every request, and adds the routes that sign a browser in and out. */
function addAccess(
  app: Api,
  options: PrivateOptions,
): { readonly guard: Guard; readonly sessions: Sessions } {
  const { adminToken, config, clock, log, randomBytes = systemRandomBytes, ingress = null } = options;
  const checkHost = createHostCheck([config.UI_HOST, ...config.UI_HOSTS]);
  const attempts = createAttempts(clock);
  const isAdminToken = createSecretTest(adminToken);
  const { store, about } = options.services;
  const beganUnder = about.fingerprintOf(adminToken);
  const sessions = new Sessions({ clock, randomBytes, log, rows: store.sessions, beganUnder });
  const codes = options.codes ?? createSignInCodes({ clock, randomBytes });
  const guard = createGuard({ attempts, isAdminToken, useSession: (id) => sessions.use(id), ingress });
  app.addHook('onRequest', async (request, reply) => {
    addStrictHeaders(reply);
    if (!isPlain(request.raw)) {
      void reply.header('connection', 'close');
      throw badRequest([{ field: null, rule: 'must name one host, and a path that begins with a slash' }]);
    }
    // The Supervisor passes on any host name that Home Assistant is reached by.
    if (ingressVisit(request, ingress) === null) checkHost(request);
    const isOpen = open.has(request.routeOptions.url ?? '') || isForPage(request);
    if (!isOpen) await guard.check(request, reply);
    if (!isUtf8Address(request.url)) throw badRequest([{ ...notUtf8, field: 'The address' }]);
  });
  const { addresses: at = (port: number) => onlyAt(webAddress(config.UI_HOST, port)) } = options;
  const addresses = () => at(portOf(app) ?? 0);
  addSessionRoutes(app, { addresses, guard, attempts, isAdminToken, sessions, codes, ingress });
  return { guard, sessions };
}

/** Bytes that are not UTF-8; a percent sign that encodes nothing stands for itself. */
function isUtf8Address(url: string): boolean {
  try {
    decodeURIComponent(url.replaceAll(/%(?![\da-f]{2})/gi, '%25'));
    return true;
  } catch {
    return false;
  }
}

const notUtf8 = { field: 'The body', rule: 'must be text in UTF-8' };

/** Names the methods that an address takes, where it is asked under another one. */
function refuseWhatIsNotThere(app: Api): void {
  const methodsOf = new Map<string, Set<string>>();
  app.addHook('onRoute', ({ url, method }) => {
    if (url.includes('*')) return;
    const methods = methodsOf.get(url) ?? new Set();
    methodsOf.set(url, methods.union(new Set([method].flat())));
  });
  app.setNotFoundHandler(({ url, method }, reply) => {
    const [pathname = ''] = url.split('?');
    const there = [...methodsOf].find(([pattern]) =>
      new URLPattern({ pathname: pattern }).test({ pathname }),
    );
    // The pattern reads `/api/../api/pots` as the way it leads, and the routes do not.
    if (there === undefined || there[1].has(method))
      throw refuse('not_found', { by: hasDoubleSlash(url) ? 'joined_wrongly' : 'bridge' });
    const methods = [...there[1]].join(', ');
    void reply.header('allow', methods);
    throw refuse('method_not_allowed', { methods });
  });
}

/** A filter that a route does not know would be ignored: routes that take no query refuse one, as the others refuse a wrong one. */
function refuseUnknownQueries(app: Api): void {
  app.addHook('onRoute', (route) => {
    if (route.url.startsWith('/api/') && route.schema)
      route.schema = { querystring: noQuery, ...route.schema };
  });
}

/** Programs send the JSON header with an empty body to routes that take no body. */
function readEmptyBodiesAsNone(app: Api): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    if (body.length === 0) done(null, undefined);
    else if (!isUtf8(body)) done(badRequest([notUtf8]));
    else void parse(request, body.toString('utf8'), done);
  });
}
