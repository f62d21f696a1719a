import rateLimit from '@fastify/rate-limit';
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { LoginView } from '../domain/login.ts';
import { BridgeError } from '../errors.ts';
import { transactionNamedIn } from '../ingest/doorbell.ts';
import type { Log } from '../log.ts';
import { networkOf } from './attempts.ts';
import { addStrictHeaders, isPlain, publicTimeouts, serverOptions } from './server.ts';
import { sendPlainPage, type PlainPage } from './plain-page.ts';
import { logFailure, problemOf } from './problems.ts';
import { refuse } from '../refusals/refuse.ts';
import type { Services } from './services.ts';

/** The public listener: Monzo's doorbells, the way back from its sign-in page, and a health check. Sizes are bytes. */

/** Other visitors by network; known doorbells, sign-ins and the health check never count. */
const strangers = {
  max: 60,
  timeWindow: 60_000,
  keyGenerator: ({ ip }: FastifyRequest) => networkOf(ip),
} as const;

/** Monzo's doorbells are a few KiB; this bounds what anyone else can make us read. */
const doorbellBody = 256 * 1024;

/** A body that is too long is read and dropped up to this size, so that its sender sees the refusal. */
const doorbellPatience = 8 * 1024 * 1024;

export interface PublicOptions {
  readonly services: Pick<Services, 'bank' | 'store'>;
  readonly log: Log;
}

/** Everything else is 404, without a body. Not listening yet; `inject` works. */
export async function createPublicApp({ services, log }: PublicOptions): Promise<FastifyInstance> {
  const app = fastify({
    ...serverOptions(publicTimeouts),
    bodyLimit: doorbellBody,
    exposeHeadRoutes: false,
    logger: false,
    frameworkErrors: (_thrown, _request, reply) => {
      addStrictHeaders(reply);
      void nothing(reply, 404);
    },
    clientErrorHandler: (_thrown, socket) => {
      if (socket.writable)
        socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
    },
  });
  await app.register(rateLimit, { global: false });
  const refuse = createStrangerRefusal(app);
  app.addHook('onRequest', async (request, reply) => {
    addStrictHeaders(reply);
    if (!isPlain(request.raw)) await nothing(reply.header('connection', 'close'), 400);
    else if (request.is404) await refuse(request, reply);
  });
  app.setErrorHandler((thrown, request, reply) => {
    const { status } = problemOf(thrown);
    if (status >= 500) logFailure(log, thrown, request);
    return nothing(reply, status);
  });
  addDoorbell(app, services, refuse);
  addCallback(app, services, log);
  app.get('/healthz', async () => ({ serving: true }));
  return app;
}

type Refusal = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;

function nothing(reply: FastifyReply, status: number): FastifyReply {
  return reply.code(status).send();
}

/** 404 without a body, or 429 beyond the limit. The connection is closed, so that what else was to come is not read. */
function createStrangerRefusal(app: FastifyInstance): Refusal {
  const visits = app.createRateLimit(strangers);
  return async (request, reply) => {
    const visit = await visits(request);
    const isTooMany = !visit.isAllowed && visit.isExceeded;
    if (isTooMany) void reply.header('retry-after', String(visit.ttlInSeconds));
    return nothing(reply.header('connection', 'close'), isTooMany ? 429 : 404);
  };
}

/** The answer is the same whatever the body says: it is never believed anyway. */
function addDoorbell(app: FastifyInstance, services: PublicOptions['services'], refuse: Refusal): void {
  const { doorbell, rang } = services.bank;
  app.post<{ Params: { key: string } }>(
    '/hooks/:key',
    {
      onRequest: async (request, reply) => {
        const account = doorbell.accountOf(request.params.key);
        if (account === null) return refuse(request, reply);
        const body = await smallBody(request);
        if (body === null) return nothing(reply.header('connection', 'close'), 413);
        const isGone = request.raw.destroyed && !request.raw.complete;
        try {
          // The bank is asked while the answer goes out.
          if (doorbell.ring(account, transactionNamedIn(body, account))) rang(body);
        } finally {
          if (isGone) reply.hijack();
          else await nothing(reply, 200);
        }
        return reply;
      },
    },
    async () => {},
  );
}

/**
 * The body as text, or null for one that is too long. Some more of that is read: a sender that is cut off sees no answer.
 * A sender that breaks off rang all the same: empty.
 */
async function smallBody({ raw, headers }: FastifyRequest): Promise<string | null> {
  if (Number(headers['content-length'] ?? 0) > doorbellPatience) return null;
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of raw as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size <= doorbellBody) chunks.push(chunk);
      if (size > doorbellPatience) break;
    }
  } catch {
    return '';
  }
  return size <= doorbellBody ? Buffer.concat(chunks).toString('utf8') : null;
}

function addCallback(app: FastifyInstance, services: PublicOptions['services'], log: Log): void {
  const { registry, signIn } = services.bank;
  const { authorisations } = services.store;
  app.get('/oauth/callback', async (request, reply) => {
    const query = request.query as Readonly<Record<string, unknown>>;
    const state = textOrNull(query['state']);
    try {
      // Checked before anything is written: strangers must not be able to keep the database busy.
      if (state === null || authorisations.ownerOf(state) === null)
        throw refuse('bad_state', { reason: 'unknown' });
      const callback = { state, code: textOrNull(query['code']), error: textOrNull(query['error']) };
      const { id } = await signIn.callback(callback);
      return sendPlainPage(reply, page('Back from Monzo', sentenceFor(registry.view(id))));
    } catch (thrown) {
      const { status, detail } = problemOf(thrown);
      if (status >= 500) logFailure(log, thrown, request);
      const isTold = thrown instanceof BridgeError && status < 500;
      return sendPlainPage(
        reply.code(status),
        page('The sign-in is not finished', isTold ? detail : trouble),
      );
    }
  });
}

const trouble = 'Something went wrong inside the bridge. Look at its page, and start again from there.';

function sentenceFor({ state, needs }: LoginView): string {
  return needs ?? (state === 'active' ? 'The login is connected.' : 'The bridge continues from here.');
}

function page(heading: string, sentence: string): PlainPage {
  return { heading, paragraphs: [sentence, 'You can close this page.'] };
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
