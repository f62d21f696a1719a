import type { FastifyReply, FastifyRequest } from 'fastify';
import type { BridgeError } from '../errors.ts';
import { refuse } from '../refusals/refuse.ts';
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
      throw unauthorised(reply, 'token');
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
    if (proof === null) throw unauthorised(reply, 'nothing');
    // A token is shown on purpose; the other two a browser adds to whatever any page makes it send.
    if (proof === 'token') return;
    const origin = requestOriginOf(request, visit);
    if (origin === 'foreign' || (origin === 'unsaid' && !isReading(request))) throw crossOrigin();
  };
  return { check, proofOf };
}

/** What a page of a stranger made the browser send, or what nobody can show to come from our own. */
export function crossOrigin(): BridgeError {
  return refuse('cross_origin', {});
}

function administratorsOnly(): BridgeError {
  return refuse('administrators_only', {});
}

function isReading({ method }: FastifyRequest): boolean {
  return method === 'GET' || method === 'HEAD';
}
