import { bareRefusal, insufficientPermissions, missing, Refusal } from './refusal.ts';
import { newId, randomText } from './model.ts';
import type { Books, Grant, LoginCode, OAuthClient, Token, TokenState } from './model.ts';
import { days, minutes } from './wire-time.ts';

const grantKey = (clientId: string, userId: string) => `${clientId} ${userId}`;

/** A token in the bank's look; opaque to everybody. */
function tokenText(books: Books): string {
  return `eyJhbGciOiJFUzI1NiJ9.${randomText(books, 48)}.${randomText(books, 32)}`;
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

/** The answer to an access token that is no good, in whichever of the two observed styles is switched on. */
function deadToken(books: Books, why: keyof typeof deadWords): Refusal {
  if (books.switches.deadToken === 'bad_request_400') {
    return bareRefusal('bad_request.invalid_token', 'Token is invalid');
  }
  const [code, message] = deadWords[why];
  if (code !== 'unauthorized.bad_access_token') return bareRefusal(code, message);
  return new Refusal({ code, error: 'invalid_token', error_description: message, message });
}

/** The grant behind an `Authorization` header. Throws the bank's answer to a missing, dead or unknown token. */
export function authenticate(books: Books, authorization: string | null): Grant {
  const text = /^Bearer (.+)$/i.exec(authorization ?? '')?.[1] ?? '';
  const token = books.accessTokens.get(text);
  if (!token) throw deadToken(books, 'unknown');
  if (token.state !== 'live') throw deadToken(books, token.state);
  if (books.now() >= token.expiresMs) throw deadToken(books, 'expired');
  const grant = books.grants.get(grantKey(token.clientId, token.userId));
  if (!grant) throw deadToken(books, 'unknown');
  return grant;
}

/** Whether the person tapped "approve" in the app within the last 90 days, since the last log-in. */
export function isApproved(books: Books, grant: Grant): boolean {
  return grant.approvedMs !== null && books.now() - grant.approvedMs < 90 * days;
}

/** Throws the same 403 before the first approval and after it lapsed. */
export function requireApproval(books: Books, grant: Grant): void {
  if (!isApproved(books, grant)) throw insufficientPermissions();
}

function issue(books: Books, client: OAuthClient, userId: string): Pick<Grant, 'access' | 'refresh'> {
  const issuedMs = books.now();
  const make = (expiresMs: number): Token => ({
    text: tokenText(books),
    clientId: client.id,
    userId,
    issuedMs,
    expiresMs,
    state: 'live',
  });
  const access = make(issuedMs + books.switches.tokenLifetime * 1000);
  books.accessTokens.set(access.text, access);
  if (!client.confidential) return { access, refresh: null };
  const refresh = make(books.switches.refreshLifetime === 'thirty_days' ? issuedMs + 30 * days : Infinity);
  books.refreshTokens.set(refresh.text, refresh);
  return { access, refresh };
}

function retire(grant: Grant | undefined, state: TokenState): void {
  for (const token of [grant?.access, grant?.refresh]) if (token?.state === 'live') token.state = state;
}

function tokenAnswer(books: Books, grant: Grant): Record<string, unknown> {
  const level = isApproved(books, grant) ? 'verified.ext' : 'pre_verification';
  return {
    access_token: grant.access.text,
    client_id: grant.clientId,
    expires_in: books.switches.tokenLifetime,
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

function knownClient(books: Books, form: URLSearchParams): OAuthClient {
  const client = books.clients.get(required(form, 'client_id'));
  if (!client || client.secret !== required(form, 'client_secret')) {
    throw bareRefusal('bad_request.could_not_authenticate', 'Could not authenticate client');
  }
  return client;
}

function exchangeCode(books: Books, form: URLSearchParams): Grant {
  const client = knownClient(books, form);
  const code = books.codes.get(required(form, 'code'));
  if (code?.redirectUri !== required(form, 'redirect_uri') && code) {
    throw bareRefusal('bad_request.bad_param.redirect_uri', 'Redirect URI does not match');
  }
  if (code?.clientId !== client.id || code.used || books.now() - code.issuedMs >= 10 * minutes) {
    throw bareRefusal('bad_request.authorization_code.invalid', 'Authorization code is invalid');
  }
  code.used = true;
  const key = grantKey(client.id, code.userId);
  retire(books.grants.get(key), 'evicted');
  const grant: Grant = {
    clientId: client.id,
    userId: code.userId,
    ...issue(books, client, code.userId),
    loggedInMs: books.now(),
    approvedMs: null,
    approvedSinceLogin: false,
    fullHistoryUntilMs: 0,
  };
  books.grants.set(key, grant);
  return grant;
}

function refreshed(books: Books, form: URLSearchParams): Grant {
  const client = knownClient(books, form);
  const token = books.refreshTokens.get(required(form, 'refresh_token'));
  const grant = token && books.grants.get(grantKey(client.id, token.userId));
  if (token?.clientId !== client.id || !grant || token.state !== 'live' || books.now() >= token.expiresMs) {
    if (token?.clientId === client.id && books.switches.refreshReuse === 'kills_family') {
      retire(grant, 'evicted');
    }
    const evicted = token?.state === 'evicted' ? '.evicted' : '';
    throw bareRefusal(`unauthorized.bad_refresh_token${evicted}`, 'Bad refresh token');
  }
  retire(grant, 'replaced');
  const next: Grant = { ...grant, ...issue(books, client, token.userId) };
  books.grants.set(grantKey(client.id, token.userId), next);
  return next;
}

const grantTypes: Readonly<Record<string, (books: Books, form: URLSearchParams) => Grant>> = {
  authorization_code: exchangeCode,
  refresh_token: refreshed,
};

/**
 * `POST /oauth2/token`: code for tokens, or refresh token for new tokens; both single-use. A stray
 * `Authorization` header is judged first, so an expired bearer fails a good refresh.
 */
export function tokenRequest(
  books: Books,
  form: URLSearchParams,
  authorization: string | null,
): Record<string, unknown> {
  if (authorization !== null) authenticate(books, authorization);
  const act = grantTypes[required(form, 'grant_type')];
  if (!act) throw bareRefusal('bad_request.bad_param.grant_type', 'Unknown grant type');
  return tokenAnswer(books, act(books, form));
}

/** Ends the session of a token, its refresh token included. */
export function logOut(grant: Grant): void {
  retire(grant, 'logged_out');
}

export interface LoginRequest {
  readonly clientId: string;
  readonly redirectUri: string;
  readonly state: string;
  readonly userId: string;
}

/** Why a log-in page would fail at this address, or null: the page then says that no magic link could be sent. */
export function loginTrouble(
  books: Books,
  clientId: string,
  redirectUri: string,
): 'client' | 'redirect' | null {
  const client = books.clients.get(clientId);
  if (!client) return 'client';
  return client.redirectUrls.includes(redirectUri) ? null : 'redirect';
}

/** Logs a person in and answers the address the browser lands on, code and state in its query. */
export function logIn(books: Books, request: LoginRequest): string {
  const { clientId, redirectUri, userId } = request;
  if (loginTrouble(books, clientId, redirectUri) !== null) {
    throw bareRefusal('bad_request.bad_param.redirect_uri', 'Redirect URI does not match');
  }
  if (!books.clients.get(clientId)?.collaborators.includes(userId)) throw insufficientPermissions();
  const text = `${newId(books, 'code')}${randomText(books, 40)}`;
  const code: LoginCode = { text, clientId, userId, redirectUri, issuedMs: books.now(), used: false };
  books.codes.set(text, code);
  const landing = new URL(redirectUri);
  landing.searchParams.set('code', text);
  landing.searchParams.set('state', request.state);
  return landing.href;
}

function grantsOf(books: Books, userId: string): readonly Grant[] {
  return [...books.grants.values()].filter((grant) => grant.userId === userId);
}

/** The person taps "approve" in the app: every client's present tokens start to work. */
export function approve(books: Books, userId: string): void {
  for (const grant of grantsOf(books, userId)) {
    const opens = !grant.approvedSinceLogin || books.switches.reapproval === 'opens_history';
    const from = books.switches.historyWindow === 'from_login' ? grant.loggedInMs : books.now();
    if (opens) grant.fullHistoryUntilMs = from + 5 * minutes;
    grant.approvedMs = books.now();
    grant.approvedSinceLogin = true;
  }
}

/** The 90 days are over: tokens stay good, data calls answer 403 until the person approves again. */
export function lapseApproval(books: Books, userId: string): void {
  for (const grant of grantsOf(books, userId)) grant.approvedMs = null;
}

/** Somebody else logs in with the same client as the same person: the pair in force dies. */
export function evict(books: Books, clientId: string, userId: string): void {
  retire(books.grants.get(grantKey(clientId, userId)), 'evicted');
  if (books.switches.webhooksAfterEviction === 'kept') return;
  for (const hook of books.webhooks.values()) {
    const shared = books.accounts.get(hook.accountId)?.ownerIds.includes(userId);
    if (hook.clientId === clientId && shared) books.webhooks.delete(hook.id);
  }
}

/** Every secret and token that ever existed, codes included: none of them may turn up in a log. */
export function allSecrets(books: Books): readonly string[] {
  return [
    ...[...books.clients.values()].map((client) => client.secret),
    ...books.codes.keys(),
    ...books.accessTokens.keys(),
    ...books.refreshTokens.keys(),
  ];
}
