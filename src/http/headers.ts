import type { FastifyReply } from 'fastify';

/** What a browser may do for any page of ours; the copy buttons need nothing of it. */
const noPermissions = [
  'accelerometer',
  'camera',
  'display-capture',
  'geolocation',
  'gyroscope',
  'microphone',
  'payment',
  'usb',
]
  .map((feature) => `${feature}=()`)
  .join(', ');

/** Nothing that is answered here may be framed, sniffed, cached, run or passed on. */
const strictHeaders = {
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': noPermissions,
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const;

/** Only files of our own, no inline script or style; forms are sent by the script alone. */
const pagePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'self'",
  "form-action 'none'",
].join('; ');

export function addStrictHeaders(reply: FastifyReply): void {
  void reply.headers(strictHeaders);
}

/** For the page and its files. Home Assistant shows an app's page in a frame of its own site, nobody else does. */
export function addPageHeaders(reply: FastifyReply, { framedByOwnSite }: { framedByOwnSite: boolean }): void {
  const ancestors = framedByOwnSite ? "'self'" : "'none'";
  void reply.header('content-security-policy', `${pagePolicy}; frame-ancestors ${ancestors}`);
  if (framedByOwnSite) void reply.header('x-frame-options', 'SAMEORIGIN');
}
