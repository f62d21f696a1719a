import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { answerPlainly, headersWithout, normalised, passOn } from './supervisor-proxy.ts';

/** Who has an account in Home Assistant. */
export interface HomeUser {
  readonly id: string;
  /** The name to sign in with. */
  readonly username: string | null;
  readonly name: string | null;
}

/** A session lasts so long, and by so much longer after each use. */
const sessionLength = 15 * 60_000;

/** Sessions of the ingress, each of one user or, where Home Assistant could not be asked, of nobody. */
export function createIngressSessions(now: () => number, usersOf: () => Promise<readonly HomeUser[]>) {
  const sessions = new Map<string, { until: number; readonly user: HomeUser | null }>();
  return {
    open: async (userId?: string): Promise<string> => {
      const users = userId === undefined ? [] : await usersOf();
      const id = randomBytes(64).toString('hex');
      sessions.set(id, {
        until: now() + sessionLength,
        user: users.find((user) => user.id === userId) ?? null,
      });
      return id;
    },
    /** Keeps the session alive; null where there is none. */
    use: (id: string): { readonly user: HomeUser | null } | null => {
      const session = sessions.get(id);
      if (session === undefined || session.until < now()) return null;
      session.until += sessionLength;
      return session;
    },
  };
}

export type IngressSessions = ReturnType<typeof createIngressSessions>;

/** Where an app with ingress is reached, and by which token. */
export interface IngressTarget {
  readonly ingressToken: string;
  readonly url: string;
}

interface AppCall {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly sessions: IngressSessions;
  readonly app: IngressTarget;
  readonly localAddress: string | undefined;
}

const remoteHeaders = ['x-remote-user-id', 'x-remote-user-name', 'x-remote-user-display-name'] as const;

/** `/ingress/<token>/*`: names the user of the session, whatever a browser wrote into those headers. */
export async function passToApp({ incoming, outgoing, sessions, app, localAddress }: AppCall): Promise<void> {
  const { headers, socket } = incoming;
  const session = sessions.use(/(?:^|;\s*)ingress_session=([^;]*)/.exec(headers.cookie ?? '')?.[1] ?? '');
  if (session === null) return answerPlainly(outgoing, 401, 'Unauthorized');
  const url = new URL(incoming.url ?? '/', 'http://supervisor');
  const [, token, path = '/'] = /^\/ingress\/([^/]+)(\/.*)$/.exec(url.pathname) ?? [];
  if (token !== app.ingressToken) return answerPlainly(outgoing, 503, 'Service Unavailable');
  url.pathname = path;
  const { hostname, port } = new URL(app.url);
  return passOn({
    incoming,
    outgoing,
    to: { hostname, port, path: normalised(url), ...(localAddress !== undefined && { localAddress }) },
    headers: {
      ...remoteHeadersOf(session.user),
      ...headersWithout(headers, [...remoteHeaders, 'x-supervisor-token', 'x-hassio-key']),
      'x-forwarded-for': `${String(headers['x-forwarded-for'] ?? 'None')}, ${socket.remoteAddress}`,
    },
  });
}

function remoteHeadersOf(user: HomeUser | null): Readonly<Record<string, string>> {
  const values = [user?.id, user?.username, user?.name];
  const given = remoteHeaders.flatMap((name, at) => {
    const value = values[at];
    // They are sent as bytes in UTF-8, which Node writes and reads one by one.
    return value ? [[name, Buffer.from(value).toString('latin1')]] : [];
  });
  return Object.fromEntries(given) as Readonly<Record<string, string>>;
}

export interface IngressDoor {
  /** Where browsers see the page of an app with this ingress token. */
  pageOf(ingressToken: string): string;
  close(): Promise<void>;
}

/** Home Assistant's half of ingress alone, for tests without a real one: its path, and the headers it adds. */
export async function serveIngressDoor(supervisorUrl: string): Promise<IngressDoor> {
  const server = createServer((incoming, outgoing) => {
    const url = new URL(incoming.url ?? '/', 'http://core.invalid');
    const [, token = '', path = ''] = /^\/api\/hassio_ingress\/([^/]+)(\/.*)$/.exec(url.pathname) ?? [];
    if (token === '') return answerPlainly(outgoing, 404, 'Not Found');
    // Its filter against attacks is the Supervisor's, and refuses these beside.
    if (/%(?:0[9ad])/i.test(url.search)) return answerPlainly(outgoing, 400, 'Bad Request');
    const { host = '', 'x-forwarded-for': before, ...headers } = incoming.headers;
    const peer = incoming.socket.remoteAddress ?? '';
    url.pathname = `/ingress/${token}${path}`;
    const { hostname, port } = new URL(supervisorUrl);
    return void passOn({
      incoming,
      outgoing,
      to: { hostname, port, path: normalised(url) },
      headers: {
        ...headersWithout(headers, ['accept-encoding']),
        host,
        'accept-encoding': 'gzip, deflate',
        'x-hass-source': 'core.ingress',
        'x-ingress-path': `/api/hassio_ingress/${token}`,
        'x-forwarded-for': before === undefined ? peer : `${String(before)}, ${peer}`,
        'x-forwarded-host': String(headers['x-forwarded-host'] ?? host),
        'x-forwarded-proto': String(headers['x-forwarded-proto'] ?? 'http'),
      },
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    pageOf: (token) => `http://127.0.0.1:${port}/api/hassio_ingress/${token}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
