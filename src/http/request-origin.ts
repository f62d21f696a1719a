import type { FastifyRequest } from 'fastify';
import type { Caller } from '../commands/command.ts';
import type { FindStanding } from '../outputs/home-assistant/users.ts';

/** Where a request comes from: our own page, another site, Home Assistant, this machine; and which caller it makes. */

/** Home Assistant's ingress, when the bridge runs under its Supervisor. */
export interface Ingress {
  /** The only address whose headers about users are believed. */
  readonly peer: string;
  /** Asks Home Assistant what a user may do. Throws where it cannot be asked. */
  readonly standingOf: FindStanding;
}

/** A user of Home Assistant, as the Supervisor names it. */
export interface IngressUser {
  readonly id: string;
  /** The display name, else the name to sign in with, else the id. Written by people. */
  readonly name: string;
}

/** What the Supervisor says about a request it passed on. */
export interface IngressVisit {
  /** Null where the Supervisor named none. */
  readonly user: IngressUser | null;
  /** The host that the browser shows; null where it was not passed on. */
  readonly host: string | null;
  /** Whether TLS was seen on the way; a proxy that ends it may not say so. */
  readonly isSecure: boolean;
}

/** Where the Supervisor of Home Assistant is, for its apps. */
export interface SupervisorPlace {
  /** The address of its API, without a slash at the end. */
  readonly url: string;
  /** Where it always connects from. */
  readonly address: string;
}

/**
 * Reads the Supervisor's headers: `X-Remote-User-Id`, `-Name` and `-Display-Name`, `X-Forwarded-Host` and `-Proto`. Null
 * from any other address and without a Supervisor, because anyone could have written them.
 */
export function ingressVisit(request: FastifyRequest, ingress: Ingress | null): IngressVisit | null {
  const peer = (request.socket.remoteAddress ?? '').replace(/^::ffff:/i, '');
  if (ingress === null || peer !== ingress.peer) return null;
  const id = textHeader(request, 'x-remote-user-id');
  const name =
    textHeader(request, 'x-remote-user-display-name') ?? textHeader(request, 'x-remote-user-name') ?? id;
  return {
    user: id === null || name === null ? null : { id, name: shownName(name) },
    host: firstOf(textHeader(request, 'x-forwarded-host')),
    isSecure: firstOf(textHeader(request, 'x-forwarded-proto')) === 'https',
  };
}

const longestName = 100;

/** Control characters, and those that reorder what stands beside them: the id behind a name must be read as it is. */
const disordering = /[\p{Cc}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

function shownName(name: string): string {
  return name.slice(0, longestName).toWellFormed().replaceAll(disordering, '\u{fffd}');
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
export function isSecure(request: FastifyRequest): boolean {
  return ownOrigin(request, null)?.startsWith('https:') === true;
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

/** The caller behind a request that was let in: its door and, inside Home Assistant, the user by name and id. */
export function callerThrough(ingress: Ingress | null): (request: FastifyRequest) => Caller {
  return (request) => {
    if (bearerOf(request) === null) {
      const user = ingressVisit(request, ingress)?.user ?? null;
      // Names can be alike and can be changed; the id tells who it was.
      return { door: 'page', user: user === null ? null : `${user.name} (${user.id})` };
    }
    return { door: request.headers[doorHeader] === 'cli' ? 'cli' : 'http', user: null };
  };
}

/** A proxy that ends TLS often leaves the browser's scheme in `Origin` only. */
function ownOrigin({ headers }: FastifyRequest, visit: IngressVisit | null): string | null {
  const host = visit === null ? headers.host : visit.host;
  const isTls = headers.origin?.startsWith('https:') === true || visit?.isSecure === true;
  return webOrigin(`${isTls ? 'https' : 'http'}://${host ?? ''}`);
}

/** The origin of a web address; null for everything else. */
function webOrigin(address: string): string | null {
  const url = URL.parse(address);
  return url !== null && /^https?:$/.test(url.protocol) ? url.origin : null;
}

/** Node takes headers for Latin-1, and the Supervisor writes names in UTF-8. */
function textHeader(request: FastifyRequest, name: string): string | null {
  const value = request.headers[name];
  if (typeof value !== 'string' || value === '') return null;
  return Buffer.from(value, 'latin1').toString('utf8');
}

/** Of several proxies, the first is the one that the browser talked to. */
function firstOf(list: string | null): string | null {
  return list?.split(',', 1)[0]?.trim() ?? null;
}
