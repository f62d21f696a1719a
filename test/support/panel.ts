import { request, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { startSupervisor, supervisorTokens, type Supervisor } from '../../sim/supervisor.ts';
import { serveIngressDoor } from '../../sim/supervisor-ingress.ts';
import { startFakeHomeAssistant, type FakeHomeAssistant } from './fake-home-assistant.ts';
import type { FakeUser } from './fake-users.ts';

/** Who lives in the house, by the ids that Home Assistant gave them. */
export const residents = {
  zoe: { name: 'Zoë', isAdministrator: true },
  owner: { name: 'Olu', isAdministrator: false, isOwner: true },
  kid: { name: 'Kim', isAdministrator: false },
  former: { name: 'Fay', isAdministrator: true, isActive: false },
} as const satisfies Readonly<Record<string, FakeUser>>;

export interface PanelAnswer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** The problem document, where it is one. */
  readonly problem: Readonly<Record<string, unknown>> | null;
}

export interface PanelRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object;
}

/** A user's browser with the app's panel open in Home Assistant. */
export interface Visit {
  readonly cookie: string;
  /** `path` is below the page's address, without a slash in front. */
  ask(path: string, asked?: PanelRequest): Promise<PanelAnswer>;
  /** The answer as soon as it begins. */
  open(path: string): Promise<IncomingMessage>;
  /** As the page calls it. */
  readonly fetch: typeof fetch;
}

/** A house with Home Assistant and its Supervisor, whose app the bridge is. */
export interface House extends AsyncDisposable {
  readonly homeAssistant: FakeHomeAssistant;
  readonly supervisor: Supervisor;
  /** What the bridge is started with. */
  readonly settings: Readonly<Record<string, string>>;
  readonly place: { readonly url: string; readonly address: string };
  /** Where browsers see the page. */
  readonly page: string;
  /** Says where the bridge listens. */
  leadTo(uiUrl: string): void;
  /** `user` is one of the residents' ids, or one that nobody has; left out, nobody is named. */
  visit(user?: string): Promise<Visit>;
}

export async function startHouse(now?: () => number): Promise<House> {
  const homeAssistant = await startFakeHomeAssistant();
  const { users, token, urls } = homeAssistant.world;
  // No address of its own: the sign-in at Monzo ends at the bridge.
  Object.assign(urls, { internal: null, external: null });
  for (const [id, user] of Object.entries(residents)) users.set(id, user);
  const everyone = [...Object.entries(residents), ['ghost', { name: 'Gus' }] as const];
  const supervisor = await startSupervisor({
    localAddress: '127.0.0.1',
    ...(now && { now }),
    world: {
      users: everyone.map(([id, { name }]) => ({ id, name, username: id })),
      core: { url: homeAssistant.url, token },
    },
  });
  const door = await serveIngressDoor(supervisor.url);
  const page = door.pageOf(supervisor.world.app.ingressToken);
  return {
    homeAssistant,
    supervisor,
    page,
    place: { url: supervisor.url, address: '127.0.0.1' },
    settings: {
      SUPERVISOR_TOKEN: supervisorTokens.app,
      // Sees callers over IPv4 as such and as ones over IPv6, which the Supervisor never is.
      MONZO_BRIDGE_UI_HOST: '::',
    },
    leadTo: (uiUrl) => {
      const { port } = new URL(uiUrl);
      supervisor.world.app = { ...supervisor.world.app, url: `http://127.0.0.1:${port}` };
    },
    visit: async (user) => {
      const session = await supervisor.openSession(user);
      return createVisit(page, `ingress_session=${session}`);
    },
    async [Symbol.asyncDispose]() {
      await door.close();
      await supervisor.stop();
      await homeAssistant.stop();
    },
  };
}

function createVisit(page: string, cookie: string): Visit {
  const { origin } = new URL(page);
  const open = (path: string, { method = 'GET', headers = {}, body }: PanelRequest = {}) =>
    new Promise<IncomingMessage>((resolve, reject) => {
      const json = body === undefined ? {} : { 'content-type': 'application/json' };
      const own = method === 'GET' ? {} : { origin };
      // As it is given: an address made of it would be tidied up.
      const target = page.slice(origin.length) + path;
      const { hostname, port } = new URL(page);
      const sent = { cookie, ...own, ...json, ...headers };
      request({ hostname, port, method, path: target, headers: sent, agent: false }, resolve)
        .once('error', reject)
        .end(body === undefined ? '' : JSON.stringify(body));
    });
  return {
    cookie,
    open: (path) => open(path),
    ask: async (path, asked) => {
      const answer = await open(path, asked);
      const body = await text(answer);
      const isProblem = answer.headers['content-type'] === 'application/problem+json';
      const problem = isProblem ? (JSON.parse(body) as Readonly<Record<string, unknown>>) : null;
      return { status: answer.statusCode ?? 0, headers: answer.headers, body, problem };
    },
    fetch: (input, init) => {
      const headers = new Headers(init?.headers);
      headers.set('cookie', cookie);
      headers.set('origin', origin);
      return fetch(input, { ...init, headers });
    },
  };
}
