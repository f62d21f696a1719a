import type { FastifyRequest } from 'fastify';
import { idSchema } from '../contract/elements.ts';
import {
  authorisationSchema,
  loginListSchema,
  loginPatchSchema,
  loginSchema,
  newLoginSchema,
  pastedAddressSchema,
  removalSchema,
  setupSchema,
  type LoginItem,
  type RedirectItem,
} from '../contract/login-data.ts';
import { consentExpiresAbout, type LoginView } from '../domain/login.ts';
import { instantText } from '../domain/values.ts';
import { learntSentences } from '../logins/learnt-sentences.ts';
import type { Authorisation, Callback } from '../logins/sign-in.ts';
import { refuse } from '../refusals/refuse.ts';
import { answers, emptyAnswers, type Api, type RouteOptions } from './api.ts';
import { instantOrNull } from './formats.ts';
import { isFromThisMachine } from './request-origin.ts';
import type { Services } from './services.ts';

/** Logins: how a person is connected, and what can be done with a login. */

const tags = ['logins'];

export function addLoginRoutes(app: Api, options: RouteOptions): void {
  const { registry, pool, removeLogin } = options.services.bank;
  const item = loginShownBy(options.services);
  addSignInRoutes(app, options);
  app.get(
    '/api/logins',
    {
      schema: {
        operationId: 'listLogins',
        tags,
        summary: 'Every login',
        response: answers(200, loginListSchema),
      },
    },
    async () => ({ items: registry.views().map(item), next: null }),
  );
  app.post(
    '/api/logins/:id/reload',
    {
      schema: {
        operationId: 'reloadLogin',
        tags,
        summary: 'Try the login again with the stored tokens',
        params: idSchema,
        response: answers(200, loginSchema, 'unknown_login'),
      },
    },
    async ({ params }) => {
      registry.get(params.id);
      await pool.reload(params.id);
      return item(registry.view(params.id));
    },
  );
  app.delete(
    '/api/logins/:id',
    {
      schema: {
        operationId: 'removeLogin',
        tags,
        summary: 'Remove a login, its tokens and, unless kept, its history',
        params: idSchema,
        querystring: removalSchema,
        response: emptyAnswers('unknown_login'),
      },
    },
    async ({ params, query }, reply) => {
      registry.get(params.id);
      await removeLogin(params.id, query.keep_history === 'true');
      return reply.code(204).send(undefined);
    },
  );
  addPatchRoute(app, options);
  addApprovalRoute(app, options);
  addSetupRoute(app, options);
}

function addApprovalRoute(app: Api, { services }: RouteOptions): void {
  const { registry } = services.bank;
  const item = loginShownBy(services);
  app.post(
    '/api/logins/:id/approval-renewed',
    {
      schema: {
        operationId: 'recordRenewedApproval',
        tags,
        summary: 'Say that the approval in the Monzo app was renewed, which Monzo does not report',
        params: idSchema,
        response: answers(200, loginSchema, 'unknown_login'),
      },
    },
    async ({ params }) => {
      registry.get(params.id);
      registry.approvalRenewed(params.id);
      return item(registry.view(params.id));
    },
  );
}

function addSetupRoute(app: Api, options: RouteOptions): void {
  app.get(
    '/api/setup',
    {
      schema: {
        operationId: 'showSetup',
        tags,
        summary: 'The ways to connect a person from this browser',
        response: answers(200, setupSchema),
      },
    },
    (request) => ({
      redirects: [...redirectsFor(request, options)],
      developer_url: 'https://developers.monzo.com/',
      time_zone: options.config.TIME_ZONE,
    }),
  );
}

function addPatchRoute(app: Api, { services }: RouteOptions): void {
  const { registry, signIn } = services.bank;
  const item = loginShownBy(services);
  app.patch(
    '/api/logins/:id',
    {
      schema: {
        operationId: 'changeLogin',
        tags,
        summary: 'Rename a login, or replace its client secret',
        params: idSchema,
        body: loginPatchSchema,
        response: answers(200, loginSchema, 'unknown_login', 'name_in_use'),
      },
    },
    async ({ params, body }) => {
      registry.get(params.id);
      if (body.client_secret !== undefined) signIn.replaceSecret(params.id, body.client_secret);
      if (body.name !== undefined) registry.change(params.id, { name: body.name });
      return item(registry.view(params.id));
    },
  );
}

function addSignInRoutes(app: Api, options: RouteOptions): void {
  const { registry, signIn } = options.services.bank;
  const { authorisations } = options.services.store;
  const item = loginShownBy(options.services);
  app.post(
    '/api/logins',
    {
      schema: {
        operationId: 'addLogin',
        tags,
        summary: 'Start connecting a person',
        body: newLoginSchema,
        response: answers(201, authorisationSchema, 'client_in_use', 'name_in_use'),
      },
    },
    async (request, reply) => {
      const { name, client_id: clientId, client_secret: clientSecret, redirect_uri: given } = request.body;
      const redirectUri = given ?? redirectsFor(request, options)[0].redirect_uri;
      return reply.code(201).send(shown(signIn.add({ name, clientId, clientSecret, redirectUri })));
    },
  );
  app.post(
    '/api/logins/:id/reauthorize',
    {
      schema: {
        operationId: 'reauthorizeLogin',
        tags,
        summary: 'Start a new sign-in; the stored tokens stay in use until it has succeeded',
        params: idSchema,
        response: answers(200, authorisationSchema, 'unknown_login'),
      },
    },
    async ({ params }) => shown(signIn.reauthorize(params.id)),
  );
  app.post(
    '/api/logins/:id/callback',
    {
      schema: {
        operationId: 'finishSignIn',
        tags,
        summary: 'Finish a sign-in with the address the browser ended on',
        params: idSchema,
        body: pastedAddressSchema,
        response: answers(200, loginSchema, 'unknown_login', 'bad_state'),
      },
    },
    async ({ params, body }) => {
      registry.get(params.id);
      const callback = callbackIn(body.url);
      if (callback.state === null || authorisations.ownerOf(callback.state) !== params.id)
        throw refuse('bad_state', { reason: 'foreign' });
      await signIn.callback(callback);
      return item(registry.view(params.id));
    },
  );
}

/** What Monzo put into the pasted address; its query alone will do. */
function callbackIn(pasted: string): Callback {
  const query = (URL.parse(pasted) ?? URL.parse(`?${pasted.replace(/^.*\?/s, '')}`, 'http://pasted'))
    ?.searchParams;
  return {
    state: query?.get('state') ?? null,
    code: query?.get('code') ?? null,
    error: query?.get('error') ?? null,
  };
}

function shown({ id, authorizeUrl, redirectUri }: Authorisation) {
  return { id, authorize_url: authorizeUrl, redirect_uri: redirectUri };
}

const myHomeAssistant = 'https://my.home-assistant.io/redirect/oauth';

/**
 * The addresses that Monzo can send the browser to after the sign-in, the best first, and only those that can work from
 * this browser: Home Assistant's webhook, the bridge's own callback, and always my.home-assistant.io. Home Assistant
 * refuses that one's "open link", so the address must be copied first.
 */
function redirectsFor(
  request: FastifyRequest,
  { services, config, publicPort }: RouteOptions,
): readonly [RedirectItem, ...RedirectItem[]] {
  const webhook = services.homeAssistant.connection?.redirectUri() ?? null;
  const own = config.PUBLIC_URL ?? (isFromThisMachine(request) ? `http://127.0.0.1:${publicPort()}` : null);
  const last: RedirectItem = {
    kind: 'my_home_assistant',
    redirect_uri: myHomeAssistant,
    paste_back: true,
    sentence:
      'Monzo sends you to my.home-assistant.io. Copy the address that page shows, before you click on, and paste it on the bridge’s page.',
  };
  const better: RedirectItem[] = [];
  if (webhook !== null)
    better.push({
      kind: 'home_assistant',
      redirect_uri: webhook,
      paste_back: false,
      sentence:
        'Home Assistant takes you back: it shows an empty page, and the bridge’s page goes on by itself.',
    });
  if (own !== null)
    better.push({
      kind: 'own_callback',
      redirect_uri: `${own}/oauth/callback`,
      paste_back: false,
      sentence: 'The bridge takes you back itself, and the page you end on says what comes next.',
    });
  const [first, ...others] = better;
  return first === undefined ? [last] : [first, ...others, last];
}

function loginItem(login: LoginView, beside: Pick<LoginItem, 'webhooks' | 'learnt'>): LoginItem {
  return {
    id: login.id,
    name: login.name,
    user_id: login.userId,
    state: login.state,
    needs: login.needs,
    fault: login.fault,
    remedy: login.remedy,
    redirect_uri: login.redirectUri,
    created: instantText(login.created),
    last_success: instantOrNull(login.lastSuccess),
    ...beside,
    consent: {
      approved_at: instantOrNull(login.approvedAt),
      expires_about: instantOrNull(consentExpiresAbout(login)),
      due: login.approvalIsDue,
    },
    history: login.history,
  };
}

/** Shows logins, each with its webhooks and with what was learnt of the bank. */
export function loginShownBy({
  bank,
  store,
  view,
}: Pick<Services, 'bank' | 'store' | 'view'>): (login: LoginView) => LoginItem {
  const nameOf = (accountId: string) => view().accounts.find(({ id }) => id === accountId)?.name ?? accountId;
  return (login) =>
    loginItem(login, {
      webhooks: bank.subscriptions.countFor(login.id),
      learnt: [...learntSentences(store.learnt.of(login.id), nameOf)],
    });
}
