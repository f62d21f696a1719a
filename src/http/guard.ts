import { createHash, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { BridgeError } from '../errors.ts';
import { refuse } from '../refusals/refuse.ts';
import { bearerOf, ingressVisit, requestOriginOf, type Ingress } from './request-origin.ts';

/** Who may use the private API: the admin token, a session of the page or an administrator of Home Assistant. */

export type RequestCheck = (request: FastifyRequest, reply: FastifyReply) => Promise<void>;

/** What a caller proved its identity with. */
export type Proof = 'token' | 'session' | 'ingress';

export interface GuardOptions {
  readonly judge: AttemptJudge;
  readonly isAdminToken: (given: string) => boolean;
  /** Whether a session of this id is alive; using it keeps it alive. */
  readonly useSession: (id: string) => boolean;
  readonly ingress: Ingress | null;
}

export interface Guard {
  /** Lets authorised requests in. Throws `unauthorised`, `too_many_attempts`, `administrators_only`, `cross_origin`. */
  readonly check: RequestCheck;
  /** What the request is authorised by; null where by nothing. Throws for a wrong bearer token. */
  proofOf(request: FastifyRequest, reply: FastifyReply): Promise<Proof | null>;
}

export const sessionCookie = 'monzo_bridge_session';

/** Asks for a bearer token, a session or a user that the Supervisor vouches for. */
export function createGuard({ judge, isAdminToken, useSession, ingress }: GuardOptions): Guard {
  const proofOf: Guard['proofOf'] = async (request, reply) => {
    const bearer = bearerOf(request);
    if (bearer !== null) {
      if (await judge({ request, reply, isRight: () => isAdminToken(bearer) })) return 'token';
      throw unauthorised(reply, 'token');
    }
    const session = request.cookies[sessionCookie];
    if (session !== undefined && useSession(session)) return 'session';
    const userId = ingressVisit(request, ingress)?.userId ?? null;
    return userId !== null && (await ingress?.isAdministrator(userId)) === true ? 'ingress' : null;
  };
  const check: RequestCheck = async (request, reply) => {
    const proof = await proofOf(request, reply);
    const visit = ingressVisit(request, ingress);
    if (proof === null && visit !== null && visit.userId !== null) throw refuse('administrators_only', {});
    if (proof === null) throw unauthorised(reply, 'nothing');
    // A token is sent on purpose; browsers add a session or the Supervisor's headers to requests of any site.
    if (proof === 'token') return;
    const origin = requestOriginOf(request, visit);
    if (origin === 'foreign' || (origin === 'unsaid' && !isReading(request)))
      throw refuse('cross_origin', {});
  };
  return { check, proofOf };
}

/** A person mistypes a few times; a program that guesses at this pace needs ages. */
const wrongTokens = { max: 20, timeWindow: 60_000 } as const;

/** A token or a code that a caller sent. */
export interface Attempt {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly isRight: () => boolean;
}

export type AttemptJudge = (attempt: Attempt) => Promise<boolean>;

/**
 * Judges tokens and codes. Wrong ones are counted by address, and beyond a limit even the right one is refused until
 * the minute is over: otherwise guessing would cost nothing. Throws `too_many_attempts`.
 */
export function createAttemptJudge(app: FastifyInstance): AttemptJudge {
  const attempts = app.createRateLimit(wrongTokens);
  return async ({ request, reply, isRight }) => {
    const before = await attempts(request, { increment: false });
    if (!before.isAllowed && before.remaining === 0) {
      void reply.header('retry-after', String(before.ttlInSeconds));
      throw refuse('too_many_attempts', { seconds: before.ttlInSeconds });
    }
    if (isRight()) return true;
    await attempts(request);
    return false;
  };
}

/** Compares in a time that says nothing about how much of the secret was right. */
export function createSecretTest(secret: string): (given: string) => boolean {
  const expected = digest(secret);
  return (given) => timingSafeEqual(digest(given), expected);
}

/**
 * Refuses requests for host names that are not ours: another site can point a name of its own at this machine, and the
 * browser would then take both for the same site. No one else can point addresses, loopback names or names without a
 * dot. Throws `wrong_host`.
 */
export function createHostCheck(names: readonly string[]): (request: FastifyRequest) => void {
  const allowed = new Set(names.map((name) => name.toLowerCase()));
  return (request) => {
    const host = hostName(request.headers.host);
    if (host === null || !(isOwnName(host) || allowed.has(host))) throw refuse('wrong_host', {});
  };
}

/** The refusal of a request with no token and no session, or with a wrong token. */
export function unauthorised(reply: FastifyReply, given: 'nothing' | 'token'): BridgeError {
  void reply.header('www-authenticate', 'Bearer');
  return refuse('unauthorised', { given });
}

function isReading({ method }: FastifyRequest): boolean {
  return method === 'GET' || method === 'HEAD';
}

function isOwnName(host: string): boolean {
  return !host.includes('.') || host.endsWith('.localhost') || isIP(host) !== 0;
}

/** The name in a Host header in lower case, without port and brackets; null where it is missing or malformed. */
function hostName(header: string | undefined): string | null {
  const match = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::\d{1,5})?$/i.exec(header ?? '');
  const name = match?.[1] ?? match?.[2];
  return name === undefined ? null : name.toLowerCase().replace(/\.$/, '');
}

/** Digests are of one length, so the comparison says nothing about the token's. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
