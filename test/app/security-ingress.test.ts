import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { command, done } from '../../src/commands/command.ts';
import { createIngress, type SupervisorPlace } from '../../src/http/request-origin.ts';
import type { Services } from '../../src/http/services.ts';
import { adminToken, cookieIn, createListener, servicesWith, type Asked } from './http-browser.ts';

const supervisor = '172.30.32.2';
const prefix = '/api/hassio_ingress/a-Token_1';
const page = 'https://home.example.org:8123';
const forwarded = {
  host: 'addon_monzo_bridge:8099',
  'x-forwarded-for': '192.168.1.20',
  'x-forwarded-host': 'home.example.org:8123',
  'x-forwarded-proto': 'https',
  'x-ingress-path': prefix,
};
const asAlex = { ...forwarded, 'x-remote-user-id': 'alex-is-administrator' };
const asSam = { ...forwarded, 'x-remote-user-id': 'sam-is-not' };

const behind = async (change: Partial<SupervisorPlace> = {}, services?: Services) => {
  const isAdministrator = async (userId: string) => userId === 'alex-is-administrator';
  const ingress = createIngress({ address: supervisor, isAdministrator, ...change });
  return createListener({ ingress, ...(services && { services }) });
};
const who = { signed_in: true, how: 'ingress' };
const nobody = { signed_in: false, how: null };

describe('behind Home Assistant', () => {
  it('administrators need no token, others are told why they are refused', async () => {
    await using listener = await behind();
    const ask = (headers: Readonly<Record<string, string>>, path = '/api/logins') =>
      listener.ask(path, { headers, from: supervisor });
    assert.equal((await ask(asAlex)).status, 200);
    assert.deepEqual(JSON.parse((await ask(asAlex, '/api/session')).body), who);
    const refused = await ask(asSam);
    assert.deepEqual([refused.status, refused.code], [403, 'administrators_only']);
    assert.deepEqual(JSON.parse((await ask(asSam, '/api/session')).body), nobody);
    assert.equal((await ask(forwarded)).code, 'unauthorised', 'nobody was named');
    assert.equal(
      (await listener.ask('/api/logins', { headers: asAlex, from: `::ffff:${supervisor}` })).status,
      200,
    );
  });

  it('a move that a user who is no administrator asks for is noted, and one without a user is not', async () => {
    const noted: unknown[] = [];
    const money = command({
      class: 'money',
      meaning: 'Moves.',
      body: z.strictObject({}),
      run: async () => done({}),
      onRefusal: ({ code }, { door, user }) => noted.push([code, door, user]),
    });
    const services = servicesWith({ commands: new Map([['pot_transfer', money]]) });
    await using listener = await behind({}, services);
    const ask = (headers: Readonly<Record<string, string>>) =>
      listener.ask('/api/commands/pot_transfer', { method: 'POST', headers, body: {}, from: supervisor });
    assert.equal((await ask({ ...asSam, 'x-remote-user-name': 'Sam' })).code, 'administrators_only');
    assert.equal((await ask(forwarded)).code, 'unauthorised');
    assert.deepEqual(noted, [['administrators_only', 'page', 'Sam']]);
  });

  it('no user is an administrator while the users of Home Assistant are unknown', async () => {
    await using listener = await createListener({ ingress: createIngress({ address: supervisor }) });
    const { code } = await listener.ask('/api/logins', { headers: asAlex, from: supervisor });
    assert.equal(code, 'administrators_only');
  });

  it('Home Assistant may embed the page, and cookies belong to its path', async () => {
    await using listener = await behind();
    const at = (asked: Asked) => listener.ask('/', asked);
    const framed = await at({ headers: asAlex, from: supervisor });
    assert.match(String(framed.headers['content-security-policy']), /frame-ancestors 'self'/);
    assert.equal(framed.headers['x-frame-options'], 'SAMEORIGIN');
    const alone = await at({ headers: { ...asAlex, host: 'bridge' } });
    assert.match(String(alone.headers['content-security-policy']), /frame-ancestors 'none'/);
    assert.equal(alone.headers['x-frame-options'], 'DENY');
    const headers = { ...asSam, origin: page };
    const body = { token: adminToken };
    const signIn = await listener.ask('/api/session', { method: 'POST', headers, body, from: supervisor });
    assert.match(String(signIn.headers['set-cookie']), new RegExp(`; Path=${prefix}/;.*; Secure`));
    const cookie = cookieIn(signIn);
    const asked = { headers: { ...asSam, cookie }, from: supervisor };
    assert.equal(
      (await listener.ask('/api/logins', asked)).status,
      200,
      'the admin token opens for everybody',
    );
  });

  it('an invalid path never gets into a cookie', async () => {
    await using listener = await behind();
    for (const path of ['/x; Domain=evil.example', '//evil.example', 'x', '/a/../b', '/ü']) {
      const headers = { ...asAlex, origin: page, 'x-ingress-path': encodeURI(path).replaceAll('%20', ' ') };
      const asked = { method: 'POST' as const, headers, body: { token: adminToken }, from: supervisor };
      const { headers: given } = await listener.ask('/api/session', asked);
      assert.match(String(given['set-cookie']), /; Path=\/;/, path);
    }
  });

  it('changes are accepted only from Home Assistant’s own address', async () => {
    await using listener = await behind();
    const change = async (told: Readonly<Record<string, string>>) => {
      const headers = { ...asAlex, ...told };
      return (await listener.ask('/api/nothing', { method: 'POST', headers, from: supervisor })).code;
    };
    assert.equal(await change({ origin: page }), 'not_found');
    assert.equal(await change({ 'sec-fetch-site': 'same-origin' }), 'not_found');
    for (const origin of [
      'https://evil.example',
      'http://home.example.org:8123',
      'http://addon_monzo_bridge:8099',
    ])
      assert.equal(await change({ origin }), 'cross_origin', origin);
    assert.equal(await change({}), 'cross_origin');
    assert.equal(await change({ origin: page, 'x-forwarded-host': '' }), 'cross_origin');
  });
});

describe('the Supervisor’s headers', () => {
  const strangers = [
    '127.0.0.1',
    '::1',
    '172.30.32.1',
    '172.30.32.20',
    '172.30.33.2',
    '192.168.1.9',
    '::ffff:172.30.32.3',
  ];

  for (const from of strangers)
    it(`is nobody’s to give from ${from}`, async () => {
      await using listener = await behind();
      const headers = { ...asAlex, host: 'bridge', 'x-forwarded-for': supervisor, 'x-real-ip': supervisor };
      const refused = await listener.ask('/api/logins', { headers, from });
      assert.deepEqual([refused.status, refused.code], [401, 'unauthorised']);
      assert.deepEqual(JSON.parse((await listener.ask('/api/session', { headers, from })).body), nobody);
      const asked = { method: 'POST' as const, headers, body: { token: adminToken }, from };
      const { headers: given } = await listener.ask('/api/session', asked);
      assert.match(String(given['set-cookie']), /; Path=\/;/);
      assert.doesNotMatch(String(given['set-cookie']), /Secure/);
      const wrongHost = await listener.ask('/api/session', {
        headers: { ...headers, host: 'home.example.org' },
        from,
      });
      assert.equal(wrongHost.code, 'wrong_host');
    });

  it('are ignored without a Supervisor’s token in the environment', async () => {
    await using listener = await createListener({ ingress: null });
    const headers = { ...asAlex, host: 'bridge' };
    assert.equal((await listener.ask('/api/logins', { headers, from: supervisor })).code, 'unauthorised');
  });
});
