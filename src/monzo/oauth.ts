import type { ShapeReport } from './shape.ts';
import type { BankAnswer, BankRequest } from './transport.ts';
import { createWire, unknownShape, type Tokens } from './wire.ts';

export type { Tokens } from './wire.ts';

export interface Authorisation {
  readonly authUrl: string;
  readonly clientId: string;
  readonly redirectUri: string;
  readonly state: string;
}

export interface OAuthClient {
  readonly clientId: string;
  readonly clientSecret: string;
  /** Told of surprising shapes, without the secrets in them. */
  readonly report?: ShapeReport | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface CodeExchange extends OAuthClient {
  /** Exactly the one that was in the address of the sign-in. */
  readonly redirectUri: string;
  readonly code: string;
}

export interface Renewal extends OAuthClient {
  readonly refreshToken: string;
}

type SendToken = (request: BankRequest, signal?: AbortSignal) => Promise<BankAnswer>;

/** The address at which the person signs in. Monzo supports neither scopes nor PKCE. */
export function authorizeUrl({ authUrl, clientId, redirectUri, state }: Authorisation): string {
  const url = new URL(authUrl);
  url.searchParams.set('client_id', clientId);
  url.searchParams.set('redirect_uri', redirectUri);
  url.searchParams.set('response_type', 'code');
  url.searchParams.set('state', state);
  return url.href;
}

/** Tokens for a code. They give no access until the person approves in the app. Throws BankError or `unknown_shape`. */
export async function exchangeCode(
  send: SendToken,
  { redirectUri, code, ...client }: CodeExchange,
): Promise<Tokens> {
  const grant = { grant_type: 'authorization_code', redirect_uri: redirectUri, code };
  const tokens = await askForTokens(send, client, grant);
  if (tokens.userId === '') throw unknownShape('token');
  return tokens;
}

/**
 * A new pair for a refresh token, which works once: the old pair stops working as soon as the bank has answered. Throws
 * BankError (where its effect is unknown, the old pair may have stopped working too) or `unknown_shape`.
 */
export function refreshTokens(send: SendToken, { refreshToken, ...client }: Renewal): Promise<Tokens> {
  return askForTokens(send, client, { grant_type: 'refresh_token', refresh_token: refreshToken });
}

/** Ends the login at the bank: neither token works afterwards. Throws BankError. */
export async function logout(send: SendToken, token: string, signal?: AbortSignal): Promise<void> {
  await send({ method: 'POST', path: '/oauth2/logout', form: {}, token, priority: 'money' }, signal);
}

async function askForTokens(
  send: SendToken,
  { clientId, clientSecret, report, signal }: OAuthClient,
  grant: Readonly<Record<string, string>>,
): Promise<Tokens> {
  const form = { ...grant, client_id: clientId, client_secret: clientSecret };
  // Everything else of this login waits for it.
  const answer = await send({ method: 'POST', path: '/oauth2/token', form, priority: 'money' }, signal);
  return createWire(report ?? (() => undefined)).readToken(answer.body, answer.at);
}
