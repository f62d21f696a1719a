import type { FastifyReply, FastifyRequest } from 'fastify';
import { idSchema } from '../contract/elements.ts';
import {
  linkSchema,
  pageSessionsSchema,
  sessionSchema,
  signInSchema,
  type SignInItem,
} from '../contract/login-data.ts';
import { instantText } from '../domain/values.ts';
import { refuse } from '../refusals/refuse.ts';
import { answers, emptyAnswers, type Api } from './api.ts';
import type { Attempts } from './attempts.ts';
import { sessionCookie, unauthorised, type Guard } from './guard.ts';
import type { PageAddresses } from './page-addresses.ts';
import { browserNamed, signInLinks, type Sessions, type SignInCodes } from './page-sessions.ts';
import { ingressVisit, isSecure, requestOriginOf, type Ingress } from './request-origin.ts';

/** Signing in to the page and out of it, and the list of the sessions. */

/** The longest that browsers keep a cookie; the session behind it ends earlier. In seconds, as cookies count. */
const cookieLifetime = 400 * 24 * 3_600;

export interface SessionRouteOptions {
  readonly guard: Guard;
  readonly attempts: Attempts;
  readonly isAdminToken: (given: string) => boolean;
  readonly sessions: Sessions;
  readonly codes: SignInCodes;
  readonly ingress: Ingress | null;
  /** Where browsers reach this listener. */
  readonly addresses: () => PageAddresses;
}

export const sessionPath = '/api/session';
const listPath = '/api/sessions';
const tags = ['session'];

export function addSessionRoutes(app: Api, options: SessionRouteOptions): void {
  addSignInRoute(app, options);
  addLinkRoute(app, options);
  addListRoutes(app, options);
  app.get(
    sessionPath,
    {
      schema: {
        operationId: 'showSession',
        tags,
        summary: 'Whether this request is signed in, and by what',
        security: [],
        response: answers(
          200,
          sessionSchema,
          'unauthorised',
          'administrators_only',
          'unknown_user',
          'user_not_checked',
          'too_many_attempts',
        ),
      },
    },
    async (request, reply) => {
      const how = await options.guard.proofOf(request, reply);
      return { signed_in: how !== null, how };
    },
  );
  app.delete(
    sessionPath,
    {
      schema: {
        operationId: 'signOut',
        tags,
        summary: 'Sign out of the page',
        security: [],
        response: emptyAnswers('cross_origin'),
      },
    },
    async (request, reply) => {
      const id = request.cookies[sessionCookie];
      if (id !== undefined && ingressVisit(request, options.ingress) === null) {
        if (requestOriginOf(request, null) !== 'own') throw refuse('cross_origin', {});
        endOwn(options.sessions, id);
        void reply.clearCookie(sessionCookie, cookieFor(request));
      }
      return reply.code(204).send(undefined);
    },
  );
}

/** Only for signed-in callers: the link gives what they have to a browser that lacks it. */
function addLinkRoute(app: Api, { addresses, codes }: SessionRouteOptions): void {
  app.post(
    `${sessionPath}/link`,
    {
      schema: {
        operationId: 'createLink',
        tags,
        summary: 'A new one-time link to the page',
        response: answers(200, linkSchema),
      },
    },
    () => signInLinks(addresses(), codes),
  );
}

function addSignInRoute(app: Api, options: SessionRouteOptions): void {
  const { sessions, ingress } = options;
  app.post(
    sessionPath,
    {
      schema: {
        operationId: 'signIn',
        tags,
        summary: 'Sign in to the page: gives a cookie for a code or the admin token',
        security: [],
        body: signInSchema,
        response: emptyAnswers(
          'unauthorised',
          'link_not_valid',
          'no_sign_in_here',
          'cross_origin',
          'too_many_attempts',
        ),
      },
    },
    async (request, reply) => {
      // A cookie would be one of Home Assistant's own origin, and go to every app on it.
      if (ingressVisit(request, ingress) !== null) throw refuse('no_sign_in_here', {});
      // Otherwise another site could sign a browser in to a session of its own.
      if (requestOriginOf(request, null) === 'foreign') throw refuse('cross_origin', {});
      await mustBeRight({ request, reply, shown: request.body }, options);
      const old = request.cookies[sessionCookie];
      if (old !== undefined) endOwn(sessions, old);
      const key = sessions.begin(browserNamed(request.headers['user-agent']));
      void reply.setCookie(sessionCookie, key, { ...cookieFor(request), maxAge: cookieLifetime });
      return reply.code(204).send(undefined);
    },
  );
}

function endOwn(sessions: Sessions, key: string): void {
  const id = sessions.idOf(key);
  if (id !== null) sessions.end([id]);
}

/** Ending a session is signing out a browser that is not at hand, such as a lost phone. */
function addListRoutes(app: Api, { sessions }: SessionRouteOptions): void {
  const ownId = (cookies: FastifyRequest['cookies']) => sessions.idOf(cookies[sessionCookie] ?? '');
  app.get(
    listPath,
    {
      schema: {
        operationId: 'listSessions',
        tags,
        summary: 'The browsers that are signed in to the page, the last used first',
        response: answers(200, pageSessionsSchema),
      },
    },
    async ({ cookies }) => {
      const own = ownId(cookies);
      const items = sessions.list().map(({ id, browser, created, lastUsed }) => ({
        id,
        browser,
        created: instantText(created),
        last_used: instantText(lastUsed),
        current: id === own,
      }));
      return { items, next: null };
    },
  );
  app.delete(
    `${listPath}/:id`,
    {
      schema: {
        operationId: 'endSession',
        tags,
        summary: 'Sign one browser out',
        params: idSchema,
        response: emptyAnswers('unknown_session'),
      },
    },
    async ({ params: { id } }, reply) => {
      if (sessions.end([id]) === 0) throw refuse('unknown_session', {});
      return reply.code(204).send(undefined);
    },
  );
  app.delete(
    listPath,
    {
      schema: {
        operationId: 'endOtherSessions',
        tags,
        summary: 'Sign out every browser but the one that asks',
        response: emptyAnswers(),
      },
    },
    async ({ cookies }, reply) => {
      const own = ownId(cookies);
      const others = sessions.list().filter(({ id }) => id !== own);
      sessions.end(others.map(({ id }) => id));
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
  if (code === undefined ? options.isAdminToken(token ?? '') : options.codes.take(code)) return;
  await options.attempts.failed(code === undefined ? 'token' : 'code', request, reply);
  throw code === undefined ? unauthorised(reply, 'token') : refuse('link_not_valid', {});
}

/** `SameSite=Strict`: no other site's page makes a browser send it. */
function cookieFor(request: FastifyRequest) {
  return { path: '/', httpOnly: true, sameSite: 'strict' as const, secure: isSecure(request) };
}
