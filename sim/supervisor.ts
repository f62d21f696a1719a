import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { isIP, type AddressInfo } from 'node:net';
import {
  answersForCore,
  appDocument,
  brokerAppDocument,
  brokerSlug,
  discoveredBroker,
  discoveryId,
  mqttDocument,
  rootDocument,
} from './supervisor-answers.ts';
import type { AnswerFacts, AppFacts, MqttService } from './supervisor-answers.ts';
import { askCore, createCoreSockets, passToCore, pushToCore, type CoreAddress } from './supervisor-core.ts';
import { createIngressSessions, passToApp } from './supervisor-ingress.ts';
import type { HomeUser, IngressSessions } from './supervisor-ingress.ts';
import { answerPlainly, bodyOf } from './supervisor-proxy.ts';

/** What is true of the simulated machine; changed by tests at any time. */
export interface SupervisorWorld {
  /** What the app with the broker provides; null where none is installed or running. */
  mqtt: MqttService | null;
  /** Null while Home Assistant is down. */
  core: CoreAddress | null;
  /** The app, and where its private listener is. */
  app: AppFacts & { readonly url: string };
  /** Who has an account in Home Assistant; null: Home Assistant is asked. */
  users: readonly HomeUser[] | null;
  /** Whether it has started itself: before that it answers every question with status 400. */
  isReady: boolean;
  /** Whether somebody has made the first account. */
  isOnboarded: boolean;
  /** What a restart that the app asks for does. */
  restartApp: () => void;
  /** Answers in place of its own, by path. */
  readonly canned: Map<string, CannedAnswer>;
}

/** `cut` breaks the connection after the text; `never` sends nothing and keeps it open. */
export interface CannedAnswer {
  readonly status: number;
  readonly text: string;
  readonly end?: 'cut' | 'never';
}

export interface SupervisorOptions {
  /** Where it listens; a loopback address and a free port by default. */
  readonly host?: string;
  readonly port?: number;
  /** Where its calls to the app come from. */
  readonly localAddress?: string;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  /** The tokens in the environments of the app and of Home Assistant. */
  readonly tokens?: { readonly app: string; readonly core: string };
  readonly world?: Partial<SupervisorWorld>;
}

export const supervisorTokens = {
  app: 'token-of-the-app-0123456789',
  core: 'token-of-core-0123456789',
} as const;

export interface Supervisor extends AsyncDisposable {
  /** Without a slash at its end. */
  readonly url: string;
  readonly world: SupervisorWorld;
  /** Every request it answered, as `GET /services/mqtt 200`; proxied ones too. */
  readonly calls: readonly string[];
  /** A session of the ingress, as the panel gets one for its user; goes into the cookie `ingress_session`. */
  openSession(userId?: string): Promise<string>;
  /** Shows the broker to Home Assistant, as when its app has started; Home Assistant offers it under "Discovered". */
  announceBroker(): Promise<void>;
  /** Ends every connection and refuses further ones, as its own restart does; sessions are kept. */
  stop(): Promise<void>;
  /** On the same port. Does nothing while it is there. */
  start(): Promise<void>;
}

/** The Supervisor of a machine with one app, as far as that app and Home Assistant can see it. */
export async function startSupervisor(options: SupervisorOptions = {}): Promise<Supervisor> {
  const { now = Date.now, host = '127.0.0.1', localAddress, tokens = supervisorTokens } = options;
  const world = { ...createWorld(), ...options.world };
  const calls: string[] = [];
  const sessions = createIngressSessions(now, () => usersOf(world));
  const coreSockets = createCoreSockets({
    core: () => world.core,
    isAppToken: (given) => given === tokens.app,
  });
  const handle = createHandler({ world, sessions, tokens, localAddress });
  let running: Server | null = null;
  let { port = 0 } = options;

  const start = async () => {
    if (running) return;
    const server = createServer((incoming, outgoing) => {
      const path = incoming.url?.split('?', 1)[0];
      outgoing.once('finish', () => calls.push(`${incoming.method} ${path} ${outgoing.statusCode}`));
      handle(incoming, outgoing).catch(() => outgoing.destroy());
    });
    server.on('upgrade', (incoming, line, head) => {
      if (!world.isReady) return void line.end('HTTP/1.1 400 Bad Request\r\n\r\n');
      calls.push(`GET ${incoming.url} 101`);
      return void coreSockets.upgrade(incoming, line, head);
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, resolve);
    });
    ({ port } = server.address() as AddressInfo);
    running = server;
  };
  const stop = async () => {
    const server = running;
    running = null;
    coreSockets.cut();
    if (server === null) return;
    await new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    });
  };
  await start();
  return {
    url: `http://${isIP(host) === 6 ? `[${host}]` : host}:${port}`,
    world,
    calls,
    openSession: sessions.open,
    announceBroker: async () => {
      if (world.core !== null) await pushToCore(world.core, `/api/hassio_push/discovery/${discoveryId}`);
    },
    start,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function createWorld(): SupervisorWorld {
  return {
    mqtt: null,
    core: null,
    app: {
      slug: 'a0b1c2d3_monzo_bridge',
      name: 'Monzo bridge',
      version: '0.0.0',
      ingressToken: 'Qx3k_0aTokenThatLooksLikeOne',
      ipAddress: '172.30.33.2',
      panel: { title: 'Monzo', icon: 'mdi:bank', admin: true },
      options: {},
      url: 'http://127.0.0.1:8099',
    },
    users: [],
    isReady: true,
    isOnboarded: true,
    restartApp: () => {},
    canned: new Map(),
  };
}

async function usersOf({ users, core }: SupervisorWorld): Promise<readonly HomeUser[]> {
  if (users !== null) return users;
  if (core === null) return [];
  return (await askCore(core, 'config/auth/list').catch(() => [])) as readonly HomeUser[];
}

/** What an app without any right of its own may call; of itself, all but what changes its rights or its version. */
function isOpenToApps(path: string): boolean {
  const [room = '', app, ...asked] = path.slice(1).split('/');
  if (room !== 'addons') return path === '/info' || ['services', 'discovery'].includes(room);
  const what = asked.join('/');
  if (app !== 'self' || what === '' || ['security', 'update'].includes(what)) return false;
  return what === 'options/config' || asked.length === 1;
}

/** What only Home Assistant itself may be asked for. */
const neverPassed = '/core/api/hassio/';

/** What it takes for an attack, in a path or a query that is decoded as often as it was encoded. */
const attacks: readonly RegExp[] = [
  /\.\.\//,
  /<.*script.*>/i,
  /union.*select.*\(/i,
  /concat.*\(/i,
  // A path of short names as a value.
  /\w=\/[\w.]\//,
];

const isSuspicious = (text: string) => attacks.some((attack) => attack.test(decoded(text)));

function decoded(text: string): string {
  const once = text.replaceAll(/(?:%[\da-f]{2})+/gi, (part) => {
    try {
      return decodeURIComponent(part);
    } catch {
      return part;
    }
  });
  return once === text ? once : decoded(once);
}

interface HandlerParts {
  readonly world: SupervisorWorld;
  readonly sessions: IngressSessions;
  readonly tokens: NonNullable<SupervisorOptions['tokens']>;
  readonly localAddress: string | undefined;
}

function createHandler({ world, sessions, tokens, localAddress }: HandlerParts) {
  /** Whose token was given; empty where there was none. */
  const callerOf = ({ headers }: IncomingMessage): 'app' | 'core' | 'nobody' | '' => {
    const given = headers['x-supervisor-token'] ?? headers.authorization?.split(' ').at(-1) ?? '';
    if (given === '') return '';
    if (given === tokens.app) return 'app';
    return given === tokens.core ? 'core' : 'nobody';
  };
  return async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const [path = '/', query = ''] = (incoming.url ?? '/').split('?', 2);
    if (isSuspicious(path) || isSuspicious(query)) return answerPlainly(outgoing, 400, 'Bad Request');
    if (!world.isReady) {
      const message = 'System is not ready with state: setup';
      return answer(outgoing, 400, { result: 'error', message });
    }
    if (path.startsWith(neverPassed)) return answerPlainly(outgoing, 403, 'Forbidden');
    if (/^\/ingress\/[-_A-Za-z0-9]+\//.test(path))
      return passToApp({ incoming, outgoing, sessions, app: world.app, localAddress });
    const canned = world.canned.get(path);
    if (canned !== undefined) return answerCanned(outgoing, canned);
    const caller = callerOf(incoming);
    if (path.startsWith('/core/api/'))
      return passToCore({ incoming, outgoing, core: world.core, isOfApp: caller === 'app' });
    if (path !== '/supervisor/ping') {
      if (caller === '') return answerPlainly(outgoing, 401, 'Unauthorized');
      if (caller === 'nobody' || (caller === 'app' && !isOpenToApps(path)))
        return answerPlainly(outgoing, 403, 'Forbidden');
    }
    const route = routesOf(world, sessions).get(`${incoming.method} ${path}`);
    const told = await route?.((await bodyOf(incoming)).toString());
    if (told === undefined) return answerPlainly(outgoing, 404, 'Not Found');
    if (told === null) return answerPlainly(outgoing, 401, 'Unauthorized');
    if (typeof told === 'string') return answer(outgoing, 400, { result: 'error', message: told });
    return answer(outgoing, 200, { result: 'ok', data: told });
  };
}

function answer(outgoing: ServerResponse, status: number, body: unknown): void {
  outgoing.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(body));
}

function answerCanned(outgoing: ServerResponse, { status, text, end }: CannedAnswer): void {
  if (end === 'never') return;
  outgoing.writeHead(status, { 'content-type': 'application/json; charset=utf-8' });
  if (end === 'cut') outgoing.write(text, () => outgoing.destroy());
  else outgoing.end(text);
}

/** What a route tells: data, a sentence that refuses, or null where a session is not known. */
type Told = object | string | null;
type Route = (body: string) => Promise<Told> | Told;

function routesOf(world: SupervisorWorld, sessions: IngressSessions): ReadonlyMap<string, Route> {
  const { app, mqtt, core, isOnboarded } = world;
  const facts = { app, mqtt, corePort: core?.token === undefined ? 8123 : Number(new URL(core.url).port) };
  const info = () => appDocument(facts);
  const nothing = () => ({});
  const restarted = () => {
    world.restartApp();
    return {};
  };
  return new Map<string, Route>([
    ...Object.entries(answersForCore).map(([path, tell]) => [`GET ${path}`, () => tell(facts)] as const),
    ['GET /info', rootDocument],
    ['GET /supervisor/ping', nothing],
    ['GET /addons/self/info', info],
    [`GET /addons/${app.slug}/info`, info],
    [`GET /addons/${app.slug}/stats`, () => answersForCore['/core/stats']?.(facts) ?? {}],
    ...(mqtt === null ? [] : brokerRoutes(facts, mqtt)),
    ['GET /addons/self/options/config', () => app.options],
    ['POST /addons/self/restart', restarted],
    ['GET /services', () => ({ services: [{ slug: 'mqtt', available: mqtt !== null, providers: [] }] })],
    ['GET /services/mqtt', () => (mqtt === null ? 'Service not enabled' : mqttDocument(mqtt))],
    // Home Assistant waits for ever for an update that it was promised.
    ['POST /supervisor/update', () => (isOnboarded ? {} : 'No supervisor update available')],
    ['POST /core/options', nothing],
    ['POST /supervisor/options', nothing],
    [
      'POST /ingress/session',
      async (body) => ({ session: await sessions.open((JSON.parse(body || '{}') as Body).user_id) }),
    ],
    [
      'POST /ingress/validate_session',
      (body) => (sessions.use((JSON.parse(body) as Body).session ?? '') === null ? null : {}),
    ],
  ]);
}

function brokerRoutes(facts: AnswerFacts, mqtt: MqttService): readonly (readonly [string, Route])[] {
  return [
    [`GET /addons/${brokerSlug}/info`, () => brokerAppDocument(facts)],
    [`GET /discovery/${discoveryId}`, () => discoveredBroker(mqtt)],
  ];
}

interface Body {
  readonly user_id?: string;
  readonly session?: string;
}
