import type { FastifyReply } from 'fastify';

/** Nothing that is answered here may be framed, sniffed, cached, run or passed on. */
const strictHeaders = {
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const;

export function addStrictHeaders(reply: FastifyReply): void {
  void reply.headers(strictHeaders);
}
