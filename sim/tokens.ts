import { bareRefusal, insufficientPermissions, missing, Refusal } from './refusal.ts';
import { newId, randomText } from './model.ts';
import type { Model, Grant, LoginCode, OAuthClient, Token, TokenState } from './model.ts';
import type { Switches } from './switches.ts';
import { days, minutes } from './wire-time.ts';

const grantKey = (clientId: string, userId: string) => `${clientId} ${userId}`;

/** A token that looks like the bank's; opaque to callers. */
function tokenText(model: Model): string {
  return `eyJhbGciOiJFUzI1NiJ9.${randomText(model, 48)}.${randomText(model, 32)}`;
}

const deadWords: Readonly<
  Record<Exclude<TokenState, 'live'> | 'expired' | 'unknown', readonly [string, string]>
> = {
  expired: ['unauthorized.bad_access_token.expired', 'Access token has expired'],
  evicted: [
    'unauthorized.bad_access_token.evicted',
    'Access token has been evicted due to a login elsewhere',
  ],
  replaced: ['unauthorized.bad_access_token', 'Bad access token'],
  logged_out: ['unauthorized.bad_access_token', 'Bad access token'],
  unknown: ['unauthorized.bad_access_token', 'Bad access token'],
};

/** The answer to an invalid access token, in one of the two observed styles. */
function deadToken(model: Model, why: keyof typeof deadWords): Refusal {
  if (model.switches.deadToken === 'bad_request_400') {
    return bareRefusal('bad_request.invalid_token', 'Token is invalid');
  }
  const [code, message] = deadWords[why];
  if (code !== 'unauthorized.bad_access_token') return bareRefusal(code, message);
  return new Refusal({ code, error: 'invalid_token', error_description: message, message });
}

/** Whether good tokens are refused too, of either kind. */
function isIncident(model: Model): boolean {
  return model.now() < model.tokenIncident.untilMs;
}

/** Refuses good tokens like unknown ones for so many milliseconds, and accepts them again afterwards. */
export function tokenIncident(model: Model, ms: number): void {
  model.tokenIncident.untilMs = model.now() + ms;
}

const refusedRefreshes: Readonly<Record<Switches['refusedRefresh'], (why: string) => Refusal>> = {
  unauthorized_401: (why) => bareRefusal(`unauthorized.bad_refresh_token${why}`, 'Bad refresh token'),
  bad_request_400: (why) =>
    new Refusal({
      code: `bad_request.refresh_token${why === '' ? '.invalid' : why}`,
      error: 'invalid_grant',
      message: 'Invalid grant',
    }),
  forbidden_403: (why) => bareRefusal(`forbidden.refresh_token${why}`, 'Access forbidden'),
};

function refusedRefresh({ switches }: Model, isEvicted: boolean): Refusal {
  return refusedRefreshes[switches.refusedRefresh](isEvicted ? '.evicted' : '');
}

/** The grant behind an `Authorization` header. Throws the bank's answer to a missing, dead or unknown token. */
export function authenticate(model: Model, authorization: string | null): Grant {
  const text = /^Bearer (.+)$/i.exec(authorization ?? '')?.[1] ?? '';
  const token = model.accessTokens.get(text);
  if (!token || isIncident(model)) throw deadToken(model, 'unknown');
  if (token.state !== 'live') throw deadToken(model, token.state);
  if (model.now() >= token.expiresMs) throw deadToken(model, 'expired');
  const grant = model.grants.get(grantKey(token.clientId, token.userId));
  if (!grant) throw deadToken(model, 'unknown');
  return grant;
}

/** Whether the person approved in the app within the last 90 days and since the last log-in. */
export function isApproved(model: Model, grant: Grant): boolean {
  return grant.approvedMs !== null && model.now() - grant.approvedMs < 90 * days;
}

/** Throws the same 403 before the first approval and after it lapsed. */
export function requireApproval(model: Model, grant: Grant): void {
  if (!isApproved(model, grant)) throw insufficientPermissions();
}

function issue(model: Model, client: OAuthClient, userId: string): Pick<Grant, 'access' | 'refresh'> {
  const issuedMs = model.now();
  const make = (expiresMs: number): Token => ({
    text: tokenText(model),
    clientId: client.id,
    userId,
    issuedMs,
    expiresMs,
    state: 'live',
  });
  const access = make(issuedMs + model.switches.tokenLifetime * 1000);
  model.accessTokens.set(access.text, access);
  if (!client.confidential) return { access, refresh: null };
  const refresh = make(model.switches.refreshLifetime === 'thirty_days' ? issuedMs + 30 * days : Infinity);
  model.refreshTokens.set(refresh.text, refresh);
  return { access, refresh };
}

function retire(grant: Grant | undefined, state: TokenState): void {
  for (const token of [grant?.access, grant?.refresh]) if (token?.state === 'live') token.state = state;
}

function tokenAnswer(model: Model, grant: Grant): Record<string, unknown> {
  const level = isApproved(model, grant) ? 'verified.ext' : 'pre_verification';
  return {
    access_token: grant.access.text,
    client_id: grant.clientId,
    expires_in: model.switches.tokenLifetime,
    ...(grant.refresh ? { refresh_token: grant.refresh.text } : {}),
    scope: `third_party_developer_app.${level}`,
    token_type: 'Bearer',
    user_id: grant.userId,
  };
}

function required(form: URLSearchParams, field: string): string {
  const value = form.get(field);
  if (!value) throw missing(field);
  return value;
}

function knownClient(model: Model, form: URLSearchParams): OAuthClient {
  const client = model.clients.get(required(form, 'client_id'));
  if (!client || client.secret !== required(form, 'client_secret')) {
    throw bareRefusal('bad_request.could_not_authenticate', 'Could not authenticate client');
  }
  return client;
}

function exchangeCode(model: Model, form: URLSearchParams): Grant {
  const client = knownClient(model, form);
  const code = model.codes.get(required(form, 'code'));
  if (code?.redirectUri !== required(form, 'redirect_uri') && code) {
    throw bareRefusal('bad_request.bad_param.redirect_uri', 'Redirect URI does not match');
  }
  if (code?.clientId !== client.id || code.used || model.now() - code.issuedMs >= 10 * minutes) {
    throw bareRefusal('bad_request.authorization_code.invalid', 'Authorization code is invalid');
  }
  code.used = true;
  const key = grantKey(client.id, code.userId);
  retire(model.grants.get(key), 'evicted');
  const grant: Grant = {
    clientId: client.id,
    userId: code.userId,
    ...issue(model, client, code.userId),
    loggedInMs: model.now(),
    approvedMs: null,
    approvedAccounts: null,
    denied: false,
    approvedSinceLogin: false,
    fullHistoryUntilMs: 0,
  };
  model.grants.set(key, grant);
  return grant;
}

function refreshed(model: Model, form: URLSearchParams): Grant {
  const client = knownClient(model, form);
  const token = model.refreshTokens.get(required(form, 'refresh_token'));
  if (isIncident(model)) throw refusedRefresh(model, false);
  const grant = token && model.grants.get(grantKey(client.id, token.userId));
  if (token?.clientId !== client.id || !grant || token.state !== 'live' || model.now() >= token.expiresMs) {
    if (token?.clientId === client.id && model.switches.refreshReuse === 'kills_family') {
      retire(grant, 'evicted');
    }
    throw refusedRefresh(model, token?.state === 'evicted');
  }
  retire(grant, 'replaced');
  const next: Grant = { ...grant, ...issue(model, client, token.userId) };
  model.grants.set(grantKey(client.id, token.userId), next);
  return next;
}

const grantTypes: Readonly<Record<string, (model: Model, form: URLSearchParams) => Grant>> = {
  authorization_code: exchangeCode,
  refresh_token: refreshed,
};

/**
 * `POST /oauth2/token`: exchanges a code or a refresh token for tokens; both work once. An `Authorization` header is
 * checked first, so that an expired bearer token fails a valid refresh.
 */
export function tokenRequest(
  model: Model,
  form: URLSearchParams,
  authorization: string | null,
): Record<string, unknown> {
  if (authorization !== null) authenticate(model, authorization);
  const act = grantTypes[required(form, 'grant_type')];
  if (!act) throw bareRefusal('bad_request.bad_param.grant_type', 'Unknown grant type');
  return tokenAnswer(model, act(model, form));
}

/** Ends the session of a token, including its refresh token. */
export function logOut(grant: Grant): void {
  retire(grant, 'logged_out');
}

export interface LoginRequest {
  readonly clientId: string;
  readonly redirectUri: string;
  readonly state: string;
  readonly userId: string;
}

/** Why the log-in page would fail, or null. The page then says that no magic link could be sent. */
export function loginTrouble(
  model: Model,
  clientId: string,
  redirectUri: string,
): 'client' | 'redirect' | null {
  const client = model.clients.get(clientId);
  if (!client) return 'client';
  return client.redirectUrls.includes(redirectUri) ? null : 'redirect';
}

/** Logs a person in. Returns the redirect URL with code and state. */
export function logIn(model: Model, request: LoginRequest): string {
  const { clientId, redirectUri, userId } = request;
  if (loginTrouble(model, clientId, redirectUri) !== null) {
    throw bareRefusal('bad_request.bad_param.redirect_uri', 'Redirect URI does not match');
  }
  if (!model.clients.get(clientId)?.collaborators.includes(userId)) throw insufficientPermissions();
  const text = `${newId(model, 'code')}${randomText(model, 40)}`;
  const code: LoginCode = { text, clientId, userId, redirectUri, issuedMs: model.now(), used: false };
  model.codes.set(text, code);
  const landing = new URL(redirectUri);
  landing.searchParams.set('code', text);
  landing.searchParams.set('state', request.state);
  return landing.href;
}

function grantsOf(model: Model, userId: string): readonly Grant[] {
  return [...model.grants.values()].filter((grant) => grant.userId === userId);
}

/**
 * The person approves in the app, some accounts only where they are given: the current tokens of every client start to
 * work. A request that was denied is not there any more.
 */
export function approve(model: Model, userId: string, accountIds: readonly string[] | null = null): void {
  for (const grant of grantsOf(model, userId).filter(({ denied }) => !denied)) {
    grant.approvedAccounts = accountIds;
    const opens = !grant.approvedSinceLogin || model.switches.reapproval === 'opens_history';
    const from = model.switches.historyWindow === 'from_login' ? grant.loggedInMs : model.now();
    if (opens) grant.fullHistoryUntilMs = from + 5 * minutes;
    grant.approvedMs = model.now();
    grant.approvedSinceLogin = true;
  }
}

/** The person presses Deny in the app. */
export function deny(model: Model, userId: string): void {
  for (const grant of grantsOf(model, userId)) {
    grant.approvedMs = null;
    grant.denied = true;
    if (model.switches.denial === 'revokes_tokens') retire(grant, 'logged_out');
  }
}

/** The 90 days are over: tokens stay valid, but data calls answer 403 until the person approves again. */
export function lapseApproval(model: Model, userId: string): void {
  for (const grant of grantsOf(model, userId)) grant.approvedMs = null;
}

/** The person logs in through the same client elsewhere: the current tokens stop working. */
export function evict(model: Model, clientId: string, userId: string): void {
  retire(model.grants.get(grantKey(clientId, userId)), 'evicted');
  if (model.switches.webhooksAfterEviction === 'kept') return;
  for (const hook of model.webhooks.values()) {
    const shared = model.accounts.get(hook.accountId)?.ownerIds.includes(userId);
    if (hook.clientId === clientId && shared) model.webhooks.delete(hook.id);
  }
}

/** Every secret, token and code that ever existed; none of them may appear in a log. */
export function allSecrets(model: Model): readonly string[] {
  return [
    ...[...model.clients.values()].map((client) => client.secret),
    ...model.codes.keys(),
    ...model.accessTokens.keys(),
    ...model.refreshTokens.keys(),
  ];
}
