import type { FastifyRequest } from 'fastify';
import { webOrigin, type IngressVisit } from './ingress.ts';

/** From which page a browser sent a request: our own, somebody else's, or the browser did not say. */
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

/** Whether the browser talks to us through TLS, which somebody in front of us ends. */
export function isSecure(request: FastifyRequest, visit: IngressVisit | null): boolean {
  return ownOrigin(request, visit)?.startsWith('https:') === true;
}

/** Whoever ends TLS in front of us leaves the scheme in the browser's `Origin` only. */
function ownOrigin({ headers }: FastifyRequest, visit: IngressVisit | null): string | null {
  if (visit !== null) return visit.origin;
  const scheme = headers.origin?.startsWith('https:') === true ? 'https' : 'http';
  return webOrigin(`${scheme}://${headers.host}`);
}
