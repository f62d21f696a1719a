import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { command, done } from '../../src/commands/command.ts';
import type { Ingress } from '../../src/http/request-origin.ts';
import type { Services } from '../../src/http/services.ts';
import { adminToken, createListener, servicesWith, type Asked } from './http-browser.ts';

const supervisor = '172.30.32.2';
const page = 'https://home.example.org:8123';
const forwarded = {
  host: 'addon_monzo_bridge:8099',
  'x-forwarded-for': '192.168.1.20',
  'x-forwarded-host': 'home.example.org:8123',
  'x-forwarded-proto': 'https',
  'x-ingress-path': '/api/hassio_ingress/a-Token_1',
};
const asAlex = { ...forwarded, 'x-remote-user-id': 'alex-is-administrator' };
const asSam = { ...forwarded, 'x-remote-user-id': 'sam-is-not', 'x-remote-user-name': 'Sam' };

const standingOf: Ingress['standingOf'] = async (id) => {
  if (id === 'asked-in-vain') throw new Error('Home Assistant is not there.');
  return id === 'alex-is-administrator' ? 'administrator' : id === 'sam-is-not' ? 'member' : 'unknown';
};
const behind = (services?: Services) =>
  createListener({ ingress: { peer: supervisor, standingOf }, ...(services && { services }) });
const nobody = { signed_in: false, how: null };

describe('behind Home Assistant', () => {
  it('administrators need no token, others are told why they are refused', async () => {
    await using listener = await behind();
    const ask = (headers: Readonly<Record<string, string>>, path = '/api/logins') =>
      listener.ask(path, { headers, from: supervisor });
    assert.equal((await ask(asAlex)).status, 200);
    assert.deepEqual(JSON.parse((await ask(asAlex, '/api/session')).body), {
      signed_in: true,
      how: 'ingress',
    });
    const refused: readonly (readonly [object, number, string, string | undefined])[] = [
      [asSam, 403, 'administrators_only', 'Sam'],
      [{ ...forwarded, 'x-remote-user-id': 'deleted' }, 403, 'unknown_user', 'deleted'],
      [{ ...forwarded, 'x-remote-user-id': 'asked-in-vain' }, 503, 'user_not_checked', 'asked-in-vain'],
      [{ ...forwarded, 'x-remote-user-name': 'alex' }, 403, 'unknown_user', undefined],
    ];
    for (const [headers, status, code, user] of refused)
      for (const path of ['/api/logins', '/api/session', '/metrics']) {
        const answer = await ask({ ...headers }, path);
        assert.deepEqual([answer.status, answer.code], [status, code], path);
        assert.equal((JSON.parse(answer.body) as { user?: string }).user, user);
      }
    assert.equal(
      (await listener.ask('/api/logins', { headers: asAlex, from: `::ffff:${supervisor}` })).status,
      200,
    );
  });

  it('a move that a user who is not let in asks for is noted, and one without a user is not', async () => {
    const noted: unknown[] = [];
    const money = command({
      class: 'money',
      answer: z.looseObject({}),
      refusals: [],
      meaning: 'Moves.',
      body: z.strictObject({}),
      run: async () => done({}),
      onRefusal: ({ code }, { door, user }) => noted.push([code, door, user]),
    });
    const services = servicesWith({ commands: new Map([['pot_transfer', money]]) });
    await using listener = await behind(services);
    const ask = (headers: Readonly<Record<string, string>>) =>
      listener.ask('/api/commands/pot_transfer', { method: 'POST', headers, body: {}, from: supervisor });
    assert.equal((await ask(asSam)).code, 'administrators_only');
    assert.equal((await ask(forwarded)).code, 'unknown_user');
    assert.deepEqual(noted, [['administrators_only', 'page', 'Sam (sam-is-not)']]);
  });

  it('people are named as they write themselves', async () => {
    await using listener = await behind();
    const named = async (headers: Readonly<Record<string, string>>) => {
      const asked = { headers: { ...asSam, ...headers }, from: supervisor };
      return (JSON.parse((await listener.ask('/api/logins', asked)).body) as { user: string }).user;
    };
    const inUtf8 = (text: string) => Buffer.from(text, 'utf8').toString('latin1');
    assert.equal(await named({ 'x-remote-user-display-name': inUtf8('Zoë 王') }), 'Zoë 王');
    assert.equal(await named({ 'x-remote-user-display-name': '', 'x-remote-user-name': 'sam' }), 'sam');
    const long = inUtf8('😀'.repeat(2_000));
    assert.ok((await named({ 'x-remote-user-display-name': long })).length <= 100);
  });

  it('Home Assistant may embed the page, and nobody else', async () => {
    await using listener = await behind();
    const at = (asked: Asked) => listener.ask('/', asked);
    const framed = await at({ headers: asAlex, from: supervisor });
    assert.match(String(framed.headers['content-security-policy']), /frame-ancestors 'self'/);
    assert.equal(framed.headers['x-frame-options'], 'SAMEORIGIN');
    const alone = await at({ headers: { ...asAlex, host: 'bridge' } });
    assert.match(String(alone.headers['content-security-policy']), /frame-ancestors 'none'/);
    assert.equal(alone.headers['x-frame-options'], 'DENY');
  });

  it('no cookie is set on Home Assistant’s origin, and none of it is read', async () => {
    await using listener = await behind();
    const outside = await listener.ask('/api/session', {
      method: 'POST',
      headers: { host: 'bridge' },
      body: { token: adminToken },
    });
    const cookie = /^[^;]+/.exec(String(outside.headers['set-cookie']))?.[0] ?? '';
    const within = { ...asSam, origin: page, cookie };
    const ask = (method: 'GET' | 'POST' | 'DELETE', body?: object) =>
      listener.ask('/api/session', { method, headers: within, from: supervisor, ...(body && { body }) });
    assert.equal((await ask('GET')).code, 'administrators_only', 'a good session of elsewhere');
    const signIn = await ask('POST', { token: adminToken });
    const signOut = await ask('DELETE');
    assert.deepEqual([signIn.code, signOut.status], ['no_sign_in_here', 204]);
    for (const { headers } of [signIn, signOut]) assert.equal(headers['set-cookie'], undefined);
    const still = await listener.ask('/api/session', { headers: { host: 'bridge', cookie } });
    assert.deepEqual(JSON.parse(still.body), { signed_in: true, how: 'session' });
  });

  it('changes are accepted only from Home Assistant’s own address', async () => {
    await using listener = await behind();
    const change = async (told: Readonly<Record<string, string>>) => {
      const headers = { ...asAlex, ...told };
      return (await listener.ask('/api/nothing', { method: 'POST', headers, from: supervisor })).code;
    };
    assert.equal(await change({ origin: page }), 'not_found');
    assert.equal(await change({ 'sec-fetch-site': 'same-origin' }), 'not_found');
    const unsaid = { origin: page, 'x-forwarded-proto': 'http' };
    assert.equal(await change(unsaid), 'not_found', 'a proxy that ended TLS did not say so');
    const chain = { 'x-forwarded-host': 'home.example.org:8123, inner', 'x-forwarded-proto': 'https,http' };
    assert.equal(await change({ origin: page, ...chain }), 'not_found', 'two proxies');
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
      assert.match(String(given['set-cookie']), /; Path=\/;/, 'signs in as everywhere else');
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
