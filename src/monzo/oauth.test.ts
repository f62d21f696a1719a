import assert from 'node:assert/strict';
import { test } from 'node:test';
import { authorizeUrl, exchangeCode, logout, refreshTokens } from './oauth.ts';
import type { BankAnswer, BankRequest } from './transport.ts';

const at = Date.parse('2026-01-01T00:00:00Z');
const answering = (body: unknown) => {
  const sent: BankRequest[] = [];
  const send = async (request: BankRequest): Promise<BankAnswer> => {
    sent.push(request);
    return { status: 200, body, at };
  };
  return { send, sent };
};
const client = { clientId: 'client_1', clientSecret: 'hush' };
const full = {
  access_token: 'aaa.bbb',
  refresh_token: 'rrr',
  expires_in: 107999,
  user_id: 'user_1',
  client_id: 'client_1',
  token_type: 'Bearer',
  scope: 'third_party_developer_app.pre_verification',
};

test('the address of the sign-in page', () => {
  const address = authorizeUrl({
    authUrl: 'https://auth.example/',
    clientId: 'client_1',
    redirectUri: 'http://127.0.0.1:8098/oauth/callback?a=b',
    state: 's&t',
  });
  assert.equal(
    address,
    'https://auth.example/?client_id=client_1&redirect_uri=http%3A%2F%2F127.0.0.1%3A8098%2Foauth%2Fcallback%3Fa%3Db&response_type=code&state=s%26t',
  );
});

test('a code is exchanged for tokens that expire when the bank says', async () => {
  const { send, sent } = answering(full);
  const tokens = await exchangeCode(send, { ...client, redirectUri: 'http://r', code: 'c' });
  assert.deepEqual(tokens, {
    accessToken: 'aaa.bbb',
    refreshToken: 'rrr',
    expiresAt: at + 107_999_000,
    userId: 'user_1',
    clientId: 'client_1',
    scope: 'third_party_developer_app.pre_verification',
  });
  assert.deepEqual(sent[0]?.form, {
    grant_type: 'authorization_code',
    redirect_uri: 'http://r',
    code: 'c',
    client_id: 'client_1',
    client_secret: 'hush',
  });
  assert.equal('token' in (sent[0] ?? {}), false);
});

test('a renewal is read leniently, because the old pair no longer works', async () => {
  const { send, sent } = answering({ access_token: 'aaa', expires_in: '6h', user_id: 5 });
  const reports: string[] = [];
  const renewal = {
    ...client,
    refreshToken: 'old',
    report: (shape: { path: string }) => reports.push(shape.path),
  };
  const tokens = await refreshTokens(send, renewal);
  assert.deepEqual([tokens.accessToken, tokens.refreshToken, tokens.userId], ['aaa', null, '']);
  assert.equal(tokens.expiresAt, at + 3_600_000);
  assert.deepEqual(reports, ['expires_in', 'user_id']);
  assert.equal(sent[0]?.form?.['refresh_token'], 'old');
  await assert.rejects(refreshTokens(answering({ access_token: 'a\nb' }).send, renewal), {
    code: 'unknown_shape',
  });
});

test('a sign-in that names no user is refused', async () => {
  const { user_id: _nobody, ...nameless } = full;
  const exchange = exchangeCode(answering(nameless).send, { ...client, redirectUri: 'http://r', code: 'c' });
  await assert.rejects(exchange, { code: 'unknown_shape' });
});

test('logging out sends the token as a bearer token', async () => {
  const { send, sent } = answering({});
  await logout(send, 'aaa');
  assert.deepEqual([sent[0]?.method, sent[0]?.path, sent[0]?.token], ['POST', '/oauth2/logout', 'aaa']);
});
