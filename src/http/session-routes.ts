import type { FastifyReply, FastifyRequest } from 'fastify';
import { refuse } from '../refusals/refuse.ts';
import { answers, emptyAnswers, type Api } from './api.ts';
import { unauthorised, type AttemptJudge } from './auth.ts';
import { linkSchema, sessionSchema, signInSchema, type SignInItem } from '../contract/login-data.ts';
import { crossOrigin, sessionCookie, type Guard } from './guard.ts';
import { ingressVisit, type Ingress } from './ingress.ts';
import { cookieLifetime } from './limits.ts';
import { isSecure, requestOriginOf } from './origin.ts';
import type { Sessions, SignInCodes } from './sessions.ts';

export interface SessionRouteOptions {
  readonly guard: Guard;
  readonly judge: AttemptJudge;
  readonly isAdminToken: (given: string) => boolean;
  readonly sessions: Sessions;
  readonly codes: SignInCodes;
  readonly ingress: Ingress | null;
  readonly signInLink: () => string;
}

export const sessionPath = '/api/session';
const tags = ['session'];

/** Signing in to the page with the one-time link or the admin token, and out. */
export function addSessionRoutes(app: Api, options: SessionRouteOptions): void {
  addSignInRoute(app, options);
  addLinkRoute(app, options);
  app.get(
    sessionPath,
    {
      schema: {
        tags,
        summary: 'Whether this request could ask for more, and by what',
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
        if (requestOriginOf(request, ingressVisit(request, options.ingress)) !== 'own') throw crossOrigin();
        options.sessions.end(id);
        void reply.clearCookie(sessionCookie, cookieFor(request, options.ingress));
      }
      return reply.code(204).send(undefined);
    },
  );
}

/** Only for who is in already: the link gives what they have, to a browser that lacks it. */
function addLinkRoute(app: Api, { signInLink }: SessionRouteOptions): void {
  app.post(
    `${sessionPath}/link`,
    {
      schema: {
        tags,
        summary: 'A new one-time link to the page',
        response: answers(200, linkSchema),
      },
    },
    () => ({ url: signInLink() }),
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
      // Otherwise a page of a stranger could sign a browser in as somebody else.
      if (requestOriginOf(request, ingressVisit(request, ingress)) === 'foreign') throw crossOrigin();
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
