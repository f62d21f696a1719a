import type { FastifyReply, FastifyRequest } from 'fastify';
import { BridgeError } from '../errors.ts';
import { bearerOf, unauthorised, type AttemptJudge, type RequestCheck } from './auth.ts';
import { ingressVisit, type Ingress } from './ingress.ts';
import { requestOriginOf } from './origin.ts';
import type { Sessions } from './sessions.ts';

/** By what somebody proved who they are. */
export type Proof = 'token' | 'session' | 'ingress';

export interface GuardOptions {
  readonly judge: AttemptJudge;
  readonly isAdminToken: (given: string) => boolean;
  readonly sessions: Sessions;
  readonly ingress: Ingress | null;
}

export interface Guard {
  /** Lets in whoever may ask. Throws `unauthorised`, `too_many_attempts`, `administrators_only`, `cross_origin`. */
  readonly check: RequestCheck;
  /** By what this request could come in; null where by nothing. Throws for a wrong bearer token. */
  proofOf(request: FastifyRequest, reply: FastifyReply): Promise<Proof | null>;
}

export const sessionCookie = 'monzo_bridge_session';

/** Asks for a bearer token, a session or a name that the Supervisor vouches for. */
export function createGuard({ judge, isAdminToken, sessions, ingress }: GuardOptions): Guard {
  const proofOf: Guard['proofOf'] = async (request, reply) => {
    const bearer = bearerOf(request);
    if (bearer !== null) {
      if (await judge({ request, reply, isRight: () => isAdminToken(bearer) })) return 'token';
      throw unauthorised(reply, wrongToken);
    }
    const session = request.cookies[sessionCookie];
    if (session !== undefined && sessions.use(session)) return 'session';
    const userId = ingressVisit(request, ingress)?.userId ?? null;
    return userId !== null && (await ingress?.isAdministrator(userId)) === true ? 'ingress' : null;
  };
  const check: RequestCheck = async (request, reply) => {
    const proof = await proofOf(request, reply);
    const visit = ingressVisit(request, ingress);
    if (proof === null && visit !== null && visit.userId !== null) throw administratorsOnly();
    if (proof === null) throw unauthorised(reply, noToken);
    // A token is shown on purpose; the other two a browser adds to whatever any page makes it send.
    if (proof === 'token') return;
    const origin = requestOriginOf(request, visit);
    if (origin === 'foreign' || (origin === 'unsaid' && !isReading(request))) throw crossOrigin();
  };
  return { check, proofOf };
}

/** What a page of a stranger made the browser send, or what nobody can show to come from our own. */
export function crossOrigin(): BridgeError {
  const sentence =
    'The browser did not show that the bridge’s own page asks for this. Reload the bridge’s page and try again; programs send the admin token as a bearer token.';
  return new BridgeError('cross_origin', sentence);
}

export const wrongToken =
  'This is not the admin token; it is in the file admin-token of the data directory, or in MONZO_BRIDGE_ADMIN_TOKEN where that is set.';

const noToken = 'Sign in on the bridge’s page, or send the admin token as a bearer token.';

function administratorsOnly(): BridgeError {
  const sentence =
    'Only administrators of Home Assistant may use the bridge; ask one, or sign in with the admin token.';
  return new BridgeError('administrators_only', sentence, { needsPerson: true });
}

function isReading({ method }: FastifyRequest): boolean {
  return method === 'GET' || method === 'HEAD';
}
