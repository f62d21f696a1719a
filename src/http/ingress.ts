import type { FastifyRequest } from 'fastify';

/** Home Assistant's way in, when the bridge runs under its Supervisor. */
export interface Ingress {
  /** The only address whose word about people is taken. */
  readonly peer: string;
  readonly isAdministrator: (userId: string) => Promise<boolean>;
}

/** What the Supervisor says about a request it passed on. */
export interface IngressVisit {
  /** The user of Home Assistant; null where the Supervisor named none. */
  readonly userId: string | null;
  /** What that user is called, or its id where the Supervisor gives no name. */
  readonly userName: string | null;
  /** Under which path the browser sees the page, without a slash at the end; empty where it is not under one. */
  readonly prefix: string;
  /** The origin that the browser shows; null where it was not passed on. */
  readonly origin: string | null;
}

/** What the environment says about the Supervisor; the rest is for tests and for who knows Home Assistant's users. */
export interface Supervisor {
  /** Its token, which only its own apps are given; undefined where there is no Supervisor. */
  readonly token: string | undefined;
  readonly peer?: string;
  readonly isAdministrator?: Ingress['isAdministrator'];
}

/** Where the Supervisor always connects from. */
const supervisorAddress = '172.30.32.2';

/** Null without a Supervisor. As long as nobody can tell who is an administrator, nobody is one. */
export function createIngress(supervisor: Supervisor | undefined): Ingress | null {
  if (supervisor?.token === undefined || supervisor.token === '') return null;
  const { peer = supervisorAddress, isAdministrator = async () => false } = supervisor;
  return { peer, isAdministrator };
}

/**
 * Reads the Supervisor's headers: `X-Remote-User-Id` and `-Name`, `X-Ingress-Path`, `X-Forwarded-Proto` and `-Host`. From any
 * other address, or without a Supervisor, they are somebody's invention: null.
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

/** Null for everything that is not an address of the web. */
export function webOrigin(address: string): string | null {
  const url = URL.parse(address);
  return url !== null && /^https?:$/.test(url.protocol) ? url.origin : null;
}

function textHeader(request: FastifyRequest, name: string): string | null {
  const value = request.headers[name];
  return typeof value === 'string' && value !== '' ? value : null;
}
