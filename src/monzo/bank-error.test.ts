import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answer as answered, get, html, json, refused, scripted } from '../../test/support/scripted-bank.ts';
import type { IncomingAnswer } from './bank-connection.ts';
import type { BankFault, BankRequest } from './transport.ts';

interface Case {
  readonly answer: () => IncomingAnswer;
  readonly fault: BankFault;
  readonly effect?: 'none' | 'unknown';
  readonly retryable?: boolean;
  readonly grant?: 'refresh_token' | 'authorization_code';
}

const cases: readonly Case[] = [
  { answer: () => refused(401, 'unauthorized.bad_access_token.expired'), fault: 'token_dead' },
  { answer: () => refused(400, 'bad_request.invalid_token'), fault: 'token_dead', retryable: true },
  { answer: () => json(400, { error: 'invalid_token' }), fault: 'token_dead' },
  { answer: () => json(401, {}), fault: 'token_dead', effect: 'unknown' },
  {
    answer: () => refused(401, 'unauthorized.bad_access_token.evicted'),
    fault: 'token_evicted',
    retryable: false,
  },
  {
    answer: () => refused(403, 'forbidden.insufficient_permissions'),
    fault: 'no_permission',
    retryable: false,
  },
  { answer: () => refused(403, 'forbidden.verification_required'), fault: 'verification_required' },
  {
    answer: () => refused(404, 'not_found.no_handler', { retryable: {} }),
    fault: 'not_found',
    retryable: false,
  },
  { answer: () => refused(412, 'precondition_failed'), fault: 'bad_request', effect: 'unknown' },
  { answer: () => refused(405, 'bad_request'), fault: 'bad_request', effect: 'unknown' },
  { answer: () => refused(422, 'unprocessable'), fault: 'bad_request' },
  { answer: () => refused(400, 'bad_request.insufficient_funds'), fault: 'insufficient_funds' },
  { answer: () => refused(400, 'bad_request.bad_param.bad_param.amount'), fault: 'bad_request' },
  { answer: () => refused(409, 'conflict'), fault: 'bad_request', effect: 'unknown' },
  { answer: () => refused(408, 'timeout'), fault: 'bank_down', effect: 'unknown' },
  { answer: () => json(408, {}), fault: 'timeout', effect: 'unknown' },
  {
    answer: () => refused(429, 'rate_limited', { retryable: {} }),
    fault: 'rate_limited',
    effect: 'unknown',
    retryable: true,
  },
  { answer: () => html(429), fault: 'rate_limited', effect: 'unknown' },
  {
    answer: () => refused(500, 'internal_service.x'),
    fault: 'bank_down',
    effect: 'unknown',
    retryable: true,
  },
  {
    answer: () => refused(500, 'internal_service', { retryable: {} }),
    fault: 'bank_down',
    effect: 'unknown',
    retryable: false,
  },
  {
    answer: () => refused(500, 'internal_service', { retryable: { value: true } }),
    fault: 'bank_down',
    effect: 'unknown',
    retryable: true,
  },
  { answer: () => refused(500, 'bad_request.x'), fault: 'bad_request', effect: 'unknown' },
  { answer: () => refused(400, 'internal_service.x'), fault: 'bank_down', effect: 'unknown' },
  { answer: () => html(503), fault: 'bank_down', effect: 'unknown' },
  { answer: () => html(200), fault: 'not_json', effect: 'unknown', retryable: true },
  { answer: () => html(403), fault: 'not_json', effect: 'unknown' },
  { answer: () => html(404), fault: 'not_json', effect: 'unknown' },
  { answer: () => answered(302, ''), fault: 'not_json', effect: 'unknown' },
  {
    answer: () => answered(200, ' '.repeat(4 * 1024 * 1024 + 1)),
    fault: 'oversized',
    effect: 'unknown',
  },
  {
    answer: () => answered(404, '['.repeat(65)),
    fault: 'oversized',
    effect: 'unknown',
  },
  {
    answer: () => refused(401, 'unauthorized.bad_refresh_token'),
    fault: 'refresh_dead',
    grant: 'refresh_token',
  },
  {
    answer: () => refused(401, 'unauthorized.bad_refresh_token.evicted'),
    fault: 'refresh_evicted',
    grant: 'refresh_token',
  },
  {
    answer: () => refused(400, 'bad_request.refresh_token.evicted'),
    fault: 'refresh_evicted',
    grant: 'refresh_token',
  },
  {
    answer: () => refused(400, 'bad_request.refresh_token.invalid'),
    fault: 'refresh_dead',
    grant: 'refresh_token',
  },
  { answer: () => refused(400, 'bad_request.invalid_token'), fault: 'refresh_dead', grant: 'refresh_token' },
  {
    answer: () => refused(400, 'bad_request.missing_param.client_id'),
    fault: 'bad_request',
    grant: 'refresh_token',
  },
  { answer: () => refused(401, 'unauthorized.whatever'), fault: 'refresh_dead', grant: 'refresh_token' },
  {
    answer: () => refused(400, 'bad_request.could_not_authenticate'),
    fault: 'client_refused',
    grant: 'refresh_token',
  },
  ...[
    [400, 'bad_request.invalid_client'],
    [401, 'unauthorized.client_deleted'],
    [400, 'bad_request.bad_param.client_id'],
    [403, 'forbidden.client_disabled'],
    [404, 'not_found'],
  ].map(([status, code]) => ({
    answer: () => refused(Number(status), String(code)),
    fault: 'client_refused' as const,
    grant: 'refresh_token' as const,
  })),
  {
    answer: () => json(404, { message: 'no route' }),
    fault: 'bank_down',
    effect: 'unknown',
    grant: 'refresh_token',
  },
  { answer: () => refused(403, 'forbidden.client_not_permitted'), fault: 'no_permission' },
  {
    answer: () => refused(400, 'bad_request.client_not_enabled'),
    fault: 'client_refused',
    grant: 'authorization_code',
  },
  {
    answer: () => refused(400, 'bad_request.authorization_code.invalid'),
    fault: 'code_refused',
    grant: 'authorization_code',
  },
  {
    answer: () => refused(400, 'bad_request.bad_param.invalid_code'),
    fault: 'code_refused',
    grant: 'authorization_code',
  },
  {
    answer: () => refused(400, 'bad_request.bad_param.redirect_uri'),
    fault: 'redirect_refused',
    grant: 'authorization_code',
  },
];

for (const { answer, fault, effect = 'none', retryable, grant } of cases) {
  const { status } = answer();
  test(`${status} ${grant ?? ''} becomes ${fault}, effect ${effect}`, async () => {
    const { fault: faultOf, calls } = scripted(answer);
    const token: BankRequest = { method: 'POST', path: '/oauth2/token', priority: 'money' };
    const thrown = await faultOf(grant === undefined ? get : { ...token, form: { grant_type: grant } });
    assert.equal(thrown.fault, fault);
    assert.equal(thrown.code, fault);
    assert.equal(thrown.effect, effect);
    assert.equal(thrown.status, status);
    if (retryable !== undefined) assert.equal(thrown.retryable, retryable);
    assert.match(thrown.message, /^Monzo .*\.$/);
    assert.equal(calls[0]?.fault, fault);
  });
}
