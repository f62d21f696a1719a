import type { FastifyRequest } from 'fastify';
import type { Caller } from '../commands/command.ts';
import { bearerOf } from './auth.ts';
import { ingressVisit, type Ingress } from './ingress.ts';

/** How the command line says that it is the one who asks; believed, because only the admin token lets it say so. */
export const doorHeader = 'x-monzo-bridge-door';

/** Which door a request that was let in came through, and, inside Home Assistant, who is there. */
export function callerThrough(ingress: Ingress | null): (request: FastifyRequest) => Caller {
  return (request) => {
    if (bearerOf(request) === null)
      return { door: 'page', user: ingressVisit(request, ingress)?.userName ?? null };
    return { door: request.headers[doorHeader] === 'cli' ? 'cli' : 'http', user: null };
  };
}
