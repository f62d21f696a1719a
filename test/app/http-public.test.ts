import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { alex } from '../../sim/household.ts';
import { createPublicApp, type PublicOptions } from '../../src/http/public.ts';
import { createDoorbellKeys } from '../../src/ingest/doorbell.ts';
import { silentLog } from '../../src/log.ts';
import { createWorld, type World } from '../support/world.ts';
import { rawRequest } from './http-request.ts';

const key = 'a'.repeat(64);
const limit = 256 * 1024;

describe('doorbells', () => {
  let url: string;
  let close: () => Promise<unknown>;
  const rung: string[] = [];

  before(async () => {
    const services = {
      bank: {
        doorbell: {
          accountOf: (given: string) => (given === key ? 'acc_1' : null),
          ring: (account: string) => void rung.push(account),
        },
      },
      store: {},
    } as unknown as PublicOptions['services'];
    const app = await createPublicApp({ services, log: silentLog });
    url = await app.listen({ host: '127.0.0.1', port: 0 });
    close = () => app.close();
  });
  after(() => close());
  const ring = (given: string, body: string | Buffer = '', headers: Record<string, string> = {}) =>
    rawRequest(`${url}/hooks/${given}`, { method: 'POST', body, headers });

  it('are answered with any body', async () => {
    const bodies: readonly (readonly [string | Buffer, Record<string, string>])[] = [
      ['', {}],
      ['{"type":"transaction.created"}', { 'content-type': 'application/json' }],
      ['{"type":', { 'content-type': 'application/json' }],
      ['a=b', { 'content-type': 'application/x-www-form-urlencoded' }],
      [Buffer.from([0, 255, 254]), { 'content-type': ';;;not a type' }],
      ['x'.repeat(limit), { 'content-type': 'text/plain' }],
      ['x'.repeat(limit), { 'transfer-encoding': 'chunked' }],
    ];
    for (const [body, headers] of bodies) {
      rung.length = 0;
      const answer = await ring(key, body, headers);
      assert.deepEqual([answer.status, answer.body, rung], [200, '', ['acc_1']]);
    }
  });

  it('with a body that is too long are refused', async () => {
    rung.length = 0;
    const large = 'x'.repeat(limit + 1);
    const statuses = await Promise.all(
      [{}, { 'transfer-encoding': 'chunked' }].map(
        async (headers) => (await ring(key, large, headers)).status,
      ),
    );
    assert.deepEqual([statuses, rung], [[413, 413], []]);
  });

  it('with unknown keys get 404, later 429; known keys are never refused', async () => {
    const strangers = await Promise.all(Array.from({ length: 100 }, () => ring('b'.repeat(64), '{}')));
    const statuses = strangers.map(({ status }) => status);
    assert.deepEqual([...new Set(statuses)].toSorted(), [404, 429]);
    assert.ok(strangers.every(({ body }) => body === ''));
    const known = await Promise.all(Array.from({ length: 300 }, () => ring(key)));
    assert.ok(known.every(({ status }) => status === 200));
  });
});

describe('the public listener', () => {
  let world: World;
  before(async () => {
    world = await createWorld();
  });
  after(() => world[Symbol.asyncDispose]());
  const ask = (path: string, method = 'GET') => rawRequest(`${world.app().publicUrl}${path}`, { method });
  const begin = async (name: string, clientId: string, clientSecret = 'mnzconf.some-secret') => {
    const body = JSON.stringify({ name, client_id: clientId, client_secret: clientSecret });
    const headers = { 'content-type': 'application/json' };
    const answer = await world.api('/api/logins', { method: 'POST', headers, body });
    const begun = (await answer.json()) as { readonly id: string; readonly authorize_url: string };
    return { ...begun, state: new URL(begun.authorize_url).searchParams.get('state') ?? '' };
  };

  it('has three routes and answers 404 without a body to everything else', async () => {
    const elsewhere: readonly (readonly [string, string])[] = [
      ['/', 'GET'],
      ['/api/health', 'GET'],
      ['/metrics', 'GET'],
      ['/%zz', 'GET'],
      [`/hooks/${key}`, 'GET'],
      [`/hooks/${key}`, 'PUT'],
      [`/hooks/${key}/`, 'POST'],
      [`/hooks/${'c'.repeat(500)}`, 'POST'],
      ['/oauth/callback', 'POST'],
      ['/healthz', 'HEAD'],
      ['/healthz', 'OPTIONS'],
      ['/healthz', 'PROPFIND'],
    ];
    for (const [path, method] of elsewhere) {
      const { status, body, headers } = await ask(path, method);
      assert.deepEqual([status, body], [404, ''], `${method} ${path}`);
      assert.equal(headers['server'] ?? headers['x-powered-by'], undefined);
    }
    const health = await ask('/healthz');
    assert.deepEqual([health.status, health.body], [200, '{"serving":true}']);
    assert.equal(health.headers['set-cookie'], undefined);
  });

  it('refuses a sign-in that was not begun here, or was finished before', async () => {
    for (const query of ['', '?state=', '?code=c', '?state=made-up&code=c', '?state=a&state=b&code=c'])
      assert.equal((await ask(`/oauth/callback${query}`)).status, 400, query);
    const { id, state } = await begin('Kim', 'oauth2client_kim');
    assert.equal((await ask(`/oauth/callback?state=${state}&error=access_denied`)).status, 200);
    assert.equal((await ask(`/oauth/callback?state=${state}&code=c`)).status, 400);
    await world.api(`/api/logins/${id}`, { method: 'DELETE' });
  });

  it('tells the person what to do next, with all text escaped', async () => {
    const { state } = await begin('<img src=x onerror=alert(1)>', alex.clientId, alex.clientSecret);
    const redirectUri = `${world.app().publicUrl}/oauth/callback`;
    world.bank.registerRedirect(alex.clientId, redirectUri);
    const { clientId, userId } = alex;
    const landing = new URL(world.bank.authorize({ clientId, userId, redirectUri, state }));
    const { status, body, headers } = await ask(`${landing.pathname}${landing.search}`);
    assert.equal(status, 200);
    assert.match(String(headers['content-type']), /^text\/html/);
    assert.match(String(headers['content-security-policy']), /default-src 'none'/);
    assert.match(body, /You can close this page/);
    assert.match(body, /&lt;img src=x onerror=alert\(1\)&gt;: open the Monzo app/);
    assert.doesNotMatch(body, /<img/);
  });

  it('passes rings on: the bank is listed', async () => {
    await world.connect('sam');
    const account = world.app().view().accounts[0]?.id ?? '';
    const secretKey = Buffer.from(readFileSync(join(world.directory, 'secret-key'), 'utf8').trim(), 'hex');
    const lists = () => world.bank.calls.filter(({ path }) => path === '/transactions').length;
    const before = lists();
    const hook = `/hooks/${createDoorbellKeys(secretKey).keyOf(account)}`;
    assert.equal((await ask(hook, 'POST')).status, 200);
    await world.clock.advance(1_000);
    assert.ok(lists() > before);
  });
});
