import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '../clock.ts';
import { linkSchema, sessionSchema, signInSchema, type SignInItem } from '../contract/login-data.ts';
import { refuse } from '../refusals/refuse.ts';
import { answers, emptyAnswers, type Api } from './api.ts';
import { sessionCookie, unauthorised, type AttemptJudge, type Guard } from './guard.ts';
import { ingressVisit, isSecure, requestOriginOf, type Ingress } from './request-origin.ts';

/** Signing in to the page with a one-time link or the admin token, and the sessions that follow. Durations are ms. */

const minute = 60_000;
const day = 24 * 60 * minute;

/** Long enough to walk over to another device with the link, short enough for a log that others read. */
const codeLifetime = 10 * minute;

/** A browser that opens the page once a month stays signed in. */
const sessionIdle = 30 * day;

/** The longest that browsers keep a cookie; the session behind it ends earlier. In seconds, as cookies count. */
const cookieLifetime = 400 * 24 * 3_600;

/** A household's browsers, many times over; this only bounds the memory. */
const mostSessions = 200;
const mostCodes = 20;

export interface SignInOptions {
  readonly clock: Clock;
  readonly randomBytes: (size: number) => Uint8Array;
}

/** The sessions of browsers that signed in to the page, in memory: a restart ends all of them. */
export interface Sessions {
  /** A new session's id; an id that a browser brings along is never accepted as new. */
  begin(): string;
  /** Whether a session of this id is alive; using it keeps it alive. */
  use(id: string): boolean;
  end(id: string): void;
}

/** Codes of one-time links: good for ten minutes, and once. */
export interface SignInCodes {
  create(): string;
  /** Whether the code was good; it no longer is. */
  take(code: string): boolean;
}

/** Holds only digests of the ids, so that a dump of the memory cannot be used to sign in. */
export function createSessions({ clock, randomBytes }: SignInOptions): Sessions {
  const lastUsed = new Map<string, number>();
  const remember = (key: string) => {
    lastUsed.delete(key);
    lastUsed.set(key, clock.now());
    dropBeyond(lastUsed, mostSessions);
  };
  return {
    begin: () => {
      const id = secretText(randomBytes);
      remember(digest(id));
      return id;
    },
    use: (id) => {
      const key = digest(id);
      const last = lastUsed.get(key);
      if (last === undefined) return false;
      if (clock.now() - last < sessionIdle) {
        remember(key);
        return true;
      }
      lastUsed.delete(key);
      return false;
    },
    end: (id) => void lastUsed.delete(digest(id)),
  };
}

export function createSignInCodes({ clock, randomBytes }: SignInOptions): SignInCodes {
  const expires = new Map<string, number>();
  return {
    create: () => {
      const code = secretText(randomBytes);
      expires.set(digest(code), clock.now() + codeLifetime);
      dropBeyond(expires, mostCodes);
      return code;
    },
    take: (code) => {
      const key = digest(code);
      const until = expires.get(key);
      expires.delete(key);
      return until !== undefined && clock.now() < until;
    },
  };
}

/** A link to the page that signs one browser in, once, within ten minutes. Not for logs. */
export function signInLink(uiUrl: string, codes: SignInCodes): string {
  return `${uiUrl}/#code=${codes.create()}`;
}

export interface SessionRouteOptions {
  readonly guard: Guard;
  readonly judge: AttemptJudge;
  readonly isAdminToken: (given: string) => boolean;
  readonly sessions: Sessions;
  readonly codes: SignInCodes;
  readonly ingress: Ingress | null;
  /** Where this listener answers. */
  readonly uiUrl: () => string;
}

export const sessionPath = '/api/session';
const tags = ['session'];

export function addSessionRoutes(app: Api, options: SessionRouteOptions): void {
  addSignInRoute(app, options);
  addLinkRoute(app, options);
  app.get(
    sessionPath,
    {
      schema: {
        tags,
        summary: 'Whether this request is signed in, and by what',
        security: [],
        response: answers(200, sessionSchema),
      },
    },
    async (request, reply) => {
      const how = await options.guard.proofOf(request, reply);
      return { signed_in: how !== null, how };
    },
  );
  app.delete(
    sessionPath,
    { schema: { tags, summary: 'Sign out of the page', security: [], response: emptyAnswers } },
    async (request, reply) => {
      const id = request.cookies[sessionCookie];
      if (id !== undefined) {
        const origin = requestOriginOf(request, ingressVisit(request, options.ingress));
        if (origin !== 'own') throw refuse('cross_origin', {});
        options.sessions.end(id);
        void reply.clearCookie(sessionCookie, cookieFor(request, options.ingress));
      }
      return reply.code(204).send(undefined);
    },
  );
}

/** Only for signed-in callers: the link gives what they have to a browser that lacks it. */
function addLinkRoute(app: Api, { uiUrl, codes }: SessionRouteOptions): void {
  app.post(
    `${sessionPath}/link`,
    {
      schema: {
        tags,
        summary: 'A new one-time link to the page',
        response: answers(200, linkSchema),
      },
    },
    () => ({ url: signInLink(uiUrl(), codes) }),
  );
}

function addSignInRoute(app: Api, options: SessionRouteOptions): void {
  const { sessions, ingress } = options;
  app.post(
    sessionPath,
    {
      schema: {
        tags,
        summary: 'Sign in to the page: gives a cookie for a code or the admin token',
        security: [],
        body: signInSchema,
        response: emptyAnswers,
      },
    },
    async (request, reply) => {
      // Otherwise another site could sign a browser in to a session of its own.
      const origin = requestOriginOf(request, ingressVisit(request, ingress));
      if (origin === 'foreign') throw refuse('cross_origin', {});
      await mustBeRight({ request, reply, shown: request.body }, options);
      const old = request.cookies[sessionCookie];
      if (old !== undefined) sessions.end(old);
      const lifetime = { maxAge: cookieLifetime };
      void reply.setCookie(sessionCookie, sessions.begin(), { ...cookieFor(request, ingress), ...lifetime });
      return reply.code(204).send(undefined);
    },
  );
}

interface SignInAttempt {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly shown: SignInItem;
}

async function mustBeRight(attempt: SignInAttempt, options: SessionRouteOptions): Promise<void> {
  const { request, reply, shown } = attempt;
  const { code, token } = shown;
  const isRight = () => (code === undefined ? options.isAdminToken(token ?? '') : options.codes.take(code));
  if (await options.judge({ request, reply, isRight })) return;
  throw code === undefined ? unauthorised(reply, 'token') : refuse('link_not_valid', {});
}

/** `SameSite=Strict`: no other site's page makes a browser send it. */
function cookieFor(request: FastifyRequest, ingress: Ingress | null) {
  const visit = ingressVisit(request, ingress);
  return {
    path: `${visit?.prefix ?? ''}/`,
    httpOnly: true,
    sameSite: 'strict' as const,
    secure: isSecure(request, visit),
  };
}

function secretText(randomBytes: SignInOptions['randomBytes']): string {
  return Buffer.from(randomBytes(32)).toString('base64url');
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}

/** Drops the oldest: maps keep the order in which they were filled. */
function dropBeyond(held: Map<string, number>, most: number): void {
  for (const key of held.keys()) {
    if (held.size <= most) return;
    held.delete(key);
  }
}
