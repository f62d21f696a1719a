import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Ingress } from '../../src/http/request-origin.ts';
import { adminToken, createListener, own, signIn } from './http-browser.ts';

const host = own.host;
type Told = Readonly<Record<string, string>>;

/** What a browser tells about where a request comes from, and whether that lets a session read or change something. */
const matrix: readonly (readonly [what: string, told: Told, mayRead: boolean, mayChange: boolean])[] = [
  ['our page', { origin: 'http://bridge:8099' }, true, true],
  ['our page, on this machine or over TLS', { 'sec-fetch-site': 'same-origin' }, true, true],
  [
    'our page behind a proxy that changes the name',
    { 'sec-fetch-site': 'same-origin', origin: 'https://bank.home' },
    true,
    true,
  ],
  ['our page over TLS that a proxy ends', { origin: 'https://bridge:8099' }, true, true],
  ['nothing told', {}, true, false],
  ['typed by the person', { 'sec-fetch-site': 'none' }, true, false],
  ['another site', { origin: 'https://evil.example' }, false, false],
  ['another site that says so', { 'sec-fetch-site': 'cross-site' }, false, false],
  [
    'another site with our origin made up',
    { 'sec-fetch-site': 'cross-site', origin: 'http://bridge:8099' },
    false,
    false,
  ],
  ['another port of this machine', { 'sec-fetch-site': 'same-site' }, false, false],
  ['another port, told by origin', { origin: 'http://bridge:8123' }, false, false],
  ['a page in a sandbox', { origin: 'null' }, false, false],
  ['a name that begins like ours', { origin: 'http://bridge:8099.evil.example' }, false, false],
  ['a file', { origin: 'file://' }, false, false],
];

describe('what a browser sends with a session', () => {
  for (const [what, told, mayRead, mayChange] of matrix)
    it(`from ${what}: reading ${mayRead ? 'yes' : 'no'}, changing ${mayChange ? 'yes' : 'no'}`, async () => {
      await using listener = await createListener();
      const cookie = await signIn(listener);
      const headers = { host, cookie, ...told };
      const read = await listener.ask('/api/logins', { headers });
      assert.deepEqual([read.status, read.code], mayRead ? [200, undefined] : [403, 'cross_origin']);
      for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const) {
        const { code } = await listener.ask('/api/nothing', { method, headers });
        assert.equal(code, mayChange ? 'not_found' : 'cross_origin', method);
      }
      const out = await listener.ask('/api/session', { method: 'DELETE', headers });
      assert.equal(out.status, mayChange ? 204 : 403);
    });

  it('does not matter with a token, which is sent on purpose', async () => {
    await using listener = await createListener();
    const headers = { host, authorization: `Bearer ${adminToken}`, origin: 'https://evil.example' };
    assert.equal((await listener.ask('/api/nothing', { method: 'POST', headers })).code, 'not_found');
  });

  it('cannot be read by scripts of other sites', async () => {
    await using listener = await createListener();
    const headers = { host, origin: 'https://evil.example', 'access-control-request-method': 'POST' };
    for (const path of ['/', '/healthz', '/api/session', '/api/logins'])
      for (const method of ['GET', 'OPTIONS'] as const) {
        const answer = await listener.ask(path, { method, headers });
        const allowing = Object.keys(answer.headers).filter((name) => name.startsWith('access-control-'));
        assert.deepEqual(allowing, [], `${method} ${path}`);
      }
  });
});

describe('a host name of another site that points at this machine', () => {
  const rebound = { host: 'rebound.evil.example:8099', origin: 'http://rebound.evil.example:8099' };

  it('gets no page, no sign-in and no data, even with a token or a session', async () => {
    await using listener = await createListener();
    const cookie = await signIn(listener);
    for (const path of ['/', '/index.html', '/healthz', '/api/session', '/api/logins', '/nothing']) {
      const { status, code } = await listener.ask(path, { headers: { ...rebound, cookie } });
      assert.deepEqual([status, code], [421, 'wrong_host'], path);
    }
    const body = { code: listener.codes.create() };
    const tried = await listener.ask('/api/session', { method: 'POST', headers: rebound, body });
    assert.deepEqual([tried.code, tried.headers['set-cookie']], ['wrong_host', undefined]);
  });

  it('cannot pretend to be the Supervisor', async () => {
    const ingress: Ingress = { peer: '172.30.32.2', standingOf: async () => 'administrator' };
    await using listener = await createListener({ ingress });
    const headers = { ...rebound, 'x-remote-user-id': 'u', 'x-ingress-path': '/api/hassio_ingress/t' };
    assert.equal((await listener.ask('/api/logins', { headers })).code, 'wrong_host');
  });
});
