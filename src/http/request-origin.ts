import type { FastifyRequest } from 'fastify';
import type { Caller } from '../commands/command.ts';

/** Where a request comes from: our own page, another site, Home Assistant, this machine; and which caller it makes. */

/** Home Assistant's ingress, when the bridge runs under its Supervisor. */
export interface Ingress {
  /** The only address whose headers about users are believed. */
  readonly peer: string;
  readonly isAdministrator: (userId: string) => Promise<boolean>;
}

/** What the Supervisor says about a request it passed on. */
export interface IngressVisit {
  /** The user of Home Assistant; null where the Supervisor named none. */
  readonly userId: string | null;
  /** The user's name, or its id where the Supervisor gives no name. */
  readonly userName: string | null;
  /** The path under which the browser sees the page, without a slash at the end; empty where there is none. */
  readonly prefix: string;
  /** The origin that the browser shows; null where it was not passed on. */
  readonly origin: string | null;
}

/** Where the Supervisor of Home Assistant is, for its apps. */
export interface SupervisorPlace {
  /** The address of its API, without a slash at the end. */
  readonly url: string;
  /** Where it always connects from. */
  readonly address: string;
  /** Whether a user of Home Assistant is one of its administrators. */
  readonly isAdministrator?: Ingress['isAdministrator'];
}

/** Without a way to tell administrators, no user is one. */
export function createIngress({ address, isAdministrator }: Omit<SupervisorPlace, 'url'>): Ingress {
  return { peer: address, isAdministrator: isAdministrator ?? (async () => false) };
}

/**
 * Reads the Supervisor's headers: `X-Remote-User-Id` and `-Name`, `X-Ingress-Path`, `X-Forwarded-Proto` and `-Host`.
 * Null from any other address and without a Supervisor, because anyone could have written them.
 */
export function ingressVisit(request: FastifyRequest, ingress: Ingress | null): IngressVisit | null {
  const peer = (request.socket.remoteAddress ?? '').replace(/^::ffff:/i, '');
  if (ingress === null || peer !== ingress.peer) return null;
  const path = textHeader(request, 'x-ingress-path') ?? '';
  const address = `${textHeader(request, 'x-forwarded-proto')}://${textHeader(request, 'x-forwarded-host')}`;
  const userId = textHeader(request, 'x-remote-user-id');
  return {
    userId,
    userName:
      textHeader(request, 'x-remote-user-display-name') ??
      textHeader(request, 'x-remote-user-name') ??
      userId,
    prefix: /^(\/[A-Za-z0-9_-]+)+\/?$/.test(path) ? path.replace(/\/$/, '') : '',
    origin: webOrigin(address),
  };
}

/** The site of the page that sent a request: our own, another one, or not shown by the browser. */
export type RequestOrigin = 'own' | 'foreign' | 'unsaid';

/**
 * `Sec-Fetch-Site` decides where a browser sends it, which it does to secure and local addresses; else `Origin` is
 * compared with the address the request was sent to. No page can change either of them.
 */
export function requestOriginOf(request: FastifyRequest, visit: IngressVisit | null): RequestOrigin {
  const { 'sec-fetch-site': site, origin } = request.headers;
  if (typeof site === 'string' && site !== 'none') return site === 'same-origin' ? 'own' : 'foreign';
  if (origin === undefined) return 'unsaid';
  const claimed = webOrigin(origin);
  return claimed !== null && claimed === ownOrigin(request, visit) ? 'own' : 'foreign';
}

/** Whether the browser uses TLS, which a proxy in front of the bridge ends. */
export function isSecure(request: FastifyRequest, visit: IngressVisit | null): boolean {
  return ownOrigin(request, visit)?.startsWith('https:') === true;
}

/** Whether the request came from this very machine, and not through a proxy on it. */
export function isFromThisMachine(request: FastifyRequest): boolean {
  const { forwarded, 'x-forwarded-for': forwardedFor, 'x-real-ip': realIp } = request.headers;
  const viaProxy = forwarded ?? forwardedFor ?? realIp;
  return viaProxy === undefined && /^(::1$|(::ffff:)?127\.)/.test(request.ip);
}

export function bearerOf(request: FastifyRequest): string | null {
  return /^bearer +(\S+) *$/i.exec(request.headers.authorization ?? '')?.[1] ?? null;
}

/** The header by which the command line names itself; believed, because only a holder of the admin token can send it. */
export const doorHeader = 'x-monzo-bridge-door';

/** The caller behind a request that was let in: its door and, inside Home Assistant, the user. */
export function callerThrough(ingress: Ingress | null): (request: FastifyRequest) => Caller {
  return (request) => {
    if (bearerOf(request) === null)
      return { door: 'page', user: ingressVisit(request, ingress)?.userName ?? null };
    return { door: request.headers[doorHeader] === 'cli' ? 'cli' : 'http', user: null };
  };
}

/** A proxy that ends TLS leaves the browser's scheme in `Origin` only. */
function ownOrigin({ headers }: FastifyRequest, visit: IngressVisit | null): string | null {
  if (visit !== null) return visit.origin;
  const scheme = headers.origin?.startsWith('https:') === true ? 'https' : 'http';
  return webOrigin(`${scheme}://${headers.host}`);
}

/** The origin of a web address; null for everything else. */
function webOrigin(address: string): string | null {
  const url = URL.parse(address);
  return url !== null && /^https?:$/.test(url.protocol) ? url.origin : null;
}

function textHeader(request: FastifyRequest, name: string): string | null {
  const value = request.headers[name];
  return typeof value === 'string' && value !== '' ? value : null;
}
