import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { isIPv4, isIPv6 } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { BridgeError } from '../errors.ts';
import { refuse } from '../refusals/refuse.ts';
import type { Attempts } from './attempts.ts';
import {
  bearerOf,
  ingressVisit,
  requestOriginOf,
  type Ingress,
  type IngressVisit,
} from './request-origin.ts';

/** Who may use the private API: the admin token, a session of the page or an administrator of Home Assistant. */

export type RequestCheck = (request: FastifyRequest, reply: FastifyReply) => Promise<void>;

/** What a caller proved its identity with. */
export type Proof = 'token' | 'session' | 'ingress';

export interface GuardOptions {
  readonly attempts: Attempts;
  readonly isAdminToken: (given: string) => boolean;
  /** Whether a session of this id is alive; using it keeps it alive. */
  readonly useSession: (id: string) => boolean;
  readonly ingress: Ingress | null;
}

export interface Guard {
  /** Lets authorised requests in. Throws `unauthorised`, `cross_origin`, and what `proofOf` throws. */
  readonly check: RequestCheck;
  /**
   * What the request is authorised by; null where by nothing. Throws for a wrong bearer token, and inside Home Assistant
   * for everyone but its administrators: `administrators_only`, `unknown_user`, `user_not_checked`.
   */
  proofOf(request: FastifyRequest, reply: FastifyReply): Promise<Proof | null>;
}

export const sessionCookie = 'monzo_bridge_session';

/** Asks for a bearer token, a session or, inside Home Assistant, an administrator that the Supervisor names. */
export function createGuard({ attempts, isAdminToken, useSession, ingress }: GuardOptions): Guard {
  const proofOf: Guard['proofOf'] = async (request, reply) => {
    const bearer = bearerOf(request);
    if (bearer !== null) {
      if (isAdminToken(bearer)) return 'token';
      await attempts.failed('token', request, reply);
      throw unauthorised(reply, 'token');
    }
    const visit = ingressVisit(request, ingress);
    // Cookies are Home Assistant's there, and of everything else that its origin shows.
    if (visit !== null && ingress !== null) {
      await mustBeAdministrator(visit, ingress);
      return 'ingress';
    }
    const session = request.cookies[sessionCookie];
    if (session === undefined) return null;
    if (useSession(session)) return 'session';
    await attempts.failed('session', request, reply);
    return null;
  };
  const check: RequestCheck = async (request, reply) => {
    const proof = await proofOf(request, reply);
    if (proof === null) throw unauthorised(reply, 'nothing');
    // A token is sent on purpose; browsers add a session or the Supervisor's headers to requests of any site.
    if (proof === 'token') return;
    const origin = requestOriginOf(request, ingressVisit(request, ingress));
    if (origin === 'foreign' || (origin === 'unsaid' && !isReading(request)))
      throw refuse('cross_origin', {});
  };
  return { check, proofOf };
}

/** Looked up for each request, because rights can be taken away. */
async function mustBeAdministrator({ user }: IngressVisit, { standingOf }: Ingress): Promise<void> {
  if (user === null) throw refuse('unknown_user', {});
  const details = { user: user.name };
  // Whatever prevented the answer: nobody is let in without one.
  const standing = await standingOf(user.id).catch(() => null);
  if (standing === null) throw refuse('user_not_checked', {}, { details });
  if (standing === 'unknown') throw refuse('unknown_user', {}, { details });
  if (standing !== 'administrator') throw refuse('administrators_only', {}, { details });
}

/** What stands for a secret in the database, made with the secret key: whoever has only the one can test no guesses. */
export function createFingerprints(secretKey: Uint8Array): (secret: string) => string {
  return (secret) => createHmac('sha256', secretKey).update(`fingerprint\n${secret}`).digest('hex');
}

/** Compares in a time that says nothing about how much of the secret was right. */
export function createSecretTest(secret: string): (given: string) => boolean {
  const expected = digest(secret);
  return (given) => timingSafeEqual(digest(given), expected);
}

/**
 * Refuses requests for host names that are not ours: another site can point a name of its own at this machine, and the
 * browser would then take both for the same site. No one outside can point addresses, names without a dot, or names that
 * exist only within a network. Throws `wrong_host`.
 */
export function createHostCheck(names: readonly string[]): (request: FastifyRequest) => void {
  const isOurs = createHostTest(names);
  return ({ headers }) => {
    if (!isOurs(headers.host)) throw refuse('wrong_host', {});
  };
}

/** Whether a Host header names this bridge: by an address, a name that nobody outside can point, or one of `names`. */
export function createHostTest(names: readonly string[]): (header: string | undefined) => boolean {
  const allowed = new Set(names.map((name) => name.toLowerCase()));
  return (header) => {
    const [, bracketed, plain = ''] = hostHeader.exec(header ?? '') ?? [];
    if (bracketed !== undefined) return isIPv6(bracketed);
    const host = plain.toLowerCase().replace(/\.$/, '');
    if (allowed.has(host)) return true;
    return numeric.test(host) ? isIPv4(host) : inHome.test(host);
  };
}

/** An address in brackets, or a name, and perhaps a port. */
const hostHeader = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::\d{1,5})?$/i;

/** Browsers read such a name as an IPv4 address, whatever stands before its last part, and send it as four decimal numbers. */
const numeric = /(^|\.)(\d+|0x[0-9a-f]*)$/;

/** Labels that are not empty: one alone, or several below a domain that exists within a network only. */
const inHome = /^[a-z0-9_-]+$|^([a-z0-9_-]+\.)+(localhost|local|home\.arpa|internal)$/;

/** The refusal of a request with no token and no session, or with a wrong token. */
export function unauthorised(reply: FastifyReply, given: 'nothing' | 'token'): BridgeError {
  void reply.header('www-authenticate', 'Bearer');
  return refuse('unauthorised', { given });
}

function isReading({ method }: FastifyRequest): boolean {
  return method === 'GET' || method === 'HEAD';
}

/** Digests are of one length, so the comparison says nothing about the token's. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
