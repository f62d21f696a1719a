import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fastifyStatic } from '@fastify/static';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Api } from './api.ts';
import { sendPlainPage } from './plain-page.ts';
import { ingressVisit, type Ingress } from './request-origin.ts';

/** The page: its files, and what browsers may do with them. */

export interface PageOptions {
  /** Where the built page is, or will be. */
  readonly directory: string;
  readonly ingress: Ingress | null;
}

const files = '/*';

/** Whether a request is for the page or one of its files. They hold no data, so they need no authorisation. */
export function isForPage(request: FastifyRequest): boolean {
  const { url } = request.routeOptions;
  return url === '/' || (url === files && !/^\/api(?:[/?]|$)/.test(request.url));
}

/** As where a base address that ends with a slash was joined to a path. */
export function hasDoubleSlash(url: string): boolean {
  return /^[^?]*\/\//.test(url);
}

/** No name of a file has a null byte, which each file system refuses in its own way. */
function mayBeFile(url: string): boolean {
  return !hasDoubleSlash(url) && !url.includes('%00');
}

/** Serves the built page, whose addresses are all relative: it works under any path. */
export async function addPage(app: Api, { directory, ingress }: PageOptions): Promise<void> {
  app.addHook('onRequest', async (request, reply) => {
    if (isForPage(request) && mayBeFile(request.url))
      addPageHeaders(reply, { framedByOwnSite: ingressVisit(request, ingress) !== null });
    else if (request.routeOptions.url === files) reply.callNotFound();
  });
  await app.register(fastifyStatic, {
    root: directory,
    index: false,
    dotfiles: 'ignore',
    cacheControl: false,
    suppressWarning: true,
    // The build lays them beside the others.
    preCompressed: true,
    setHeaders: (reply, path) => {
      void reply.header('vary', 'accept-encoding');
      // Vite puts a digest of the content into these names.
      if (path.startsWith(join(directory, 'assets')))
        void reply.header('cache-control', 'public, max-age=31536000, immutable');
    },
  });
  app.get('/', { schema: { hide: true } }, (_request, reply) => {
    if (existsSync(join(directory, 'index.html'))) return reply.sendFile('index.html');
    return sendPlainPage(reply, notBuilt);
  });
}

/** Only files of our own, no inline script or style; forms are sent by script. */
const pagePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "worker-src 'self'",
  "manifest-src 'self'",
  "base-uri 'self'",
  "form-action 'none'",
].join('; ');

/** Only Home Assistant may embed the page: it shows apps in a frame of its own site. */
function addPageHeaders(reply: FastifyReply, { framedByOwnSite }: { framedByOwnSite: boolean }): void {
  const ancestors = framedByOwnSite ? "'self'" : "'none'";
  void reply.header('content-security-policy', `${pagePolicy}; frame-ancestors ${ancestors}`);
  if (framedByOwnSite) void reply.header('x-frame-options', 'SAMEORIGIN');
}

const notBuilt = {
  heading: 'The bridge is running',
  paragraphs: [
    'Its page is not built here yet: run `npm run build` in the bridge’s directory, then reload. The HTTP API and the command line work without it.',
  ],
};
