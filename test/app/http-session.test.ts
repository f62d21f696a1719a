import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { linkSchema } from '../../src/contract/login-data.ts';
import { startBridge, temporaryDirectory } from '../support/process.ts';
import { until } from '../support/until.ts';
import { createWorld } from '../support/world.ts';
import { adminToken, cookieIn, createListener, own, signIn, type Listener } from './http-browser.ts';
import { rawRequest } from './http-request.ts';

const minute = 60_000;
const day = 24 * 60 * minute;
const post = (listener: Listener, body: object, headers: Readonly<Record<string, string>> = own) =>
  listener.ask('/api/session', { method: 'POST', headers, body });
const who = async (listener: Listener, cookie: string) =>
  JSON.parse((await listener.ask('/api/session', { headers: { ...own, cookie } })).body) as unknown;
const signedOut = { signed_in: false, how: null };
const signedIn = { signed_in: true, how: 'session' };

describe('a session', () => {
  it('begins with a code or the admin token, and opens the API', async () => {
    await using listener = await createListener();
    for (const proof of [{ code: listener.codes.create() }, { token: adminToken }]) {
      const answer = await post(listener, proof);
      assert.deepEqual([answer.status, answer.body], [204, '']);
      const cookie = cookieIn(answer);
      assert.match(cookie, /^monzo_bridge_session=[A-Za-z0-9_-]{43}$/);
      assert.deepEqual(await who(listener, cookie), signedIn);
      assert.equal((await listener.ask('/api/health', { headers: { ...own, cookie } })).status, 200);
    }
    assert.deepEqual(await who(listener, 'monzo_bridge_session=made-up'), signedOut);
    const bearer = { authorization: `Bearer ${adminToken}` };
    const asProgram = await listener.ask('/api/session', { headers: bearer });
    assert.deepEqual(JSON.parse(asProgram.body), { signed_in: true, how: 'token' });
  });

  it('is a cookie that scripts cannot read and other sites cannot make a browser send', async () => {
    await using listener = await createListener();
    const set = (headers: Readonly<Record<string, string>>) => post(listener, { token: adminToken }, headers);
    const attributes = String((await set(own)).headers['set-cookie'])
      .split('; ')
      .slice(1);
    assert.deepEqual(attributes.toSorted(), ['HttpOnly', 'Max-Age=34560000', 'Path=/', 'SameSite=Strict']);
    const behindTls = await set({
      host: 'bridge',
      origin: 'https://bridge',
      'sec-fetch-site': 'same-origin',
    });
    assert.match(String(behindTls.headers['set-cookie']), /; Secure/);
  });

  it('takes exactly one proof', async () => {
    await using listener = await createListener();
    for (const body of [
      {},
      { code: 'c', token: adminToken },
      { code: '' },
      { token: 7 },
      { token: adminToken, x: 1 },
    ])
      assert.equal((await post(listener, body)).code, 'bad_request', JSON.stringify(body));
  });

  it('has a new id at every sign-in, never one that a browser brought along', async () => {
    await using listener = await createListener();
    const planted = 'monzo_bridge_session=planted-by-somebody-else-0000000000000000000';
    const first = cookieIn(await post(listener, { token: adminToken }, { ...own, cookie: planted }));
    assert.notEqual(first, planted);
    assert.deepEqual(await who(listener, planted), signedOut);
    const second = cookieIn(await post(listener, { token: adminToken }, { ...own, cookie: first }));
    assert.notEqual(second, first);
    assert.deepEqual(await who(listener, first), signedOut, 'the one before has ended');
    assert.deepEqual(await who(listener, second), signedIn);
  });

  it('ends with the sign-out, on the server and in the browser', async () => {
    await using listener = await createListener();
    const cookie = await signIn(listener);
    const other = await signIn(listener);
    const out = await listener.ask('/api/session', { method: 'DELETE', headers: { ...own, cookie } });
    assert.equal(out.status, 204);
    assert.match(
      String(out.headers['set-cookie']),
      /^monzo_bridge_session=;.*(Max-Age=0|Expires=Thu, 01 Jan 1970)/,
    );
    assert.deepEqual(await who(listener, cookie), signedOut);
    assert.equal((await listener.ask('/api/health', { headers: { ...own, cookie } })).status, 401);
    assert.deepEqual(await who(listener, other), signedIn, 'other browsers stay signed in');
    assert.equal((await listener.ask('/api/session', { method: 'DELETE', headers: own })).status, 204);
  });

  it('ends after ninety days without use, and not before', async () => {
    await using listener = await createListener();
    const cookie = await signIn(listener);
    await listener.clock.advance(89 * day);
    assert.deepEqual(await who(listener, cookie), signedIn);
    await listener.clock.advance(90 * day - 1);
    assert.deepEqual(await who(listener, cookie), signedIn, 'the last use counts');
    await listener.clock.advance(90 * day);
    assert.deepEqual(await who(listener, cookie), signedOut);
  });

  it('drops the oldest when there are very many', async () => {
    await using listener = await createListener();
    const first = await signIn(listener);
    const kept = await signIn(listener);
    for (let browser = 0; browser < 199; browser += 1) {
      await signIn(listener);
      assert.deepEqual(await who(listener, kept), signedIn);
    }
    assert.deepEqual(await who(listener, first), signedOut);
  });
});

describe('a one-time link', () => {
  it('works once', async () => {
    await using listener = await createListener();
    const code = listener.codes.create();
    assert.equal((await post(listener, { code })).status, 204);
    const again = await post(listener, { code });
    assert.deepEqual(
      [again.status, again.code, again.headers['set-cookie']],
      [401, 'link_not_valid', undefined],
    );
  });

  it('works for ten minutes', async () => {
    await using listener = await createListener();
    const early = listener.codes.create();
    const late = listener.codes.create();
    await listener.clock.advance(10 * minute - 1);
    assert.equal((await post(listener, { code: early })).status, 204);
    await listener.clock.advance(1);
    assert.equal((await post(listener, { code: late })).code, 'link_not_valid');
  });

  it('is given only to signed-in callers', async () => {
    await using world = await createWorld();
    const { uiUrl } = world.app();
    const path = '/api/session/link';
    assert.equal((await rawRequest(`${uiUrl}${path}`, { method: 'POST' })).status, 401);
    const { url } = linkSchema.parse(await (await world.api(path, { method: 'POST' })).json());
    const [page = '', code = ''] = url.split('/#code=');
    assert.equal(page, uiUrl);
    const headers = { 'content-type': 'application/json' };
    const asked = { method: 'POST', headers, body: JSON.stringify({ code }) };
    assert.equal((await rawRequest(`${uiUrl}/api/session`, asked)).status, 204);
    assert.ok(!world.logLines.join('').includes(code));
  });

  it('is not used up by another site’s page', async () => {
    await using listener = await createListener();
    const code = listener.codes.create();
    const foreign = await post(listener, { code }, { ...own, origin: 'https://evil.example' });
    assert.deepEqual([foreign.status, foreign.code], [403, 'cross_origin']);
    assert.equal((await post(listener, { code })).status, 204);
  });

  for (const format of ['json', 'pretty'])
    it(`is printed once by the program, with the log as ${format}, and never the admin token`, async (t) => {
      const token = 'an-admin-token-for-this-test-alone';
      const settings = {
        MONZO_BRIDGE_LOG_FORMAT: format,
        MONZO_BRIDGE_LOG_LEVEL: 'debug',
        MONZO_BRIDGE_ADMIN_TOKEN: token,
        MONZO_BRIDGE_MONZO_API_URL: 'http://127.0.0.1:1',
      };
      const { output, errors } = startBridge(t, temporaryDirectory(t), settings);
      const links = () => [...output().matchAll(/(http:\/\/\S+)\/#code=([A-Za-z0-9_-]{43})$/gm)];
      await until('the link is printed', () => links().length > 0 && output().includes('MQTT_URL'));
      const [[, url = '', code = ''] = []] = links();
      assert.equal(links().length, 1);
      assert.match(
        output(),
        /good for one use, within ten minutes; .*docker logs.*\n  http:.*#code=.*\nOnly this machine can open/,
      );
      assert.ok(!output().includes(token) && !errors().includes(token));
      const headers = { 'content-type': 'application/json' };
      const body = JSON.stringify({ code });
      const answer = await rawRequest(`${url}/api/session`, { method: 'POST', headers, body });
      assert.equal(answer.status, 204);
      const again = await rawRequest(`${url}/api/session`, { method: 'POST', headers, body });
      assert.equal(again.status, 401);
    });
});

describe('guessing', () => {
  type Guess = (listener: Listener, from: string) => Promise<unknown>;
  const guess: Readonly<Record<string, Guess>> = {
    codes: (listener, from) =>
      listener.ask('/api/session', { method: 'POST', headers: own, body: { code: 'guess' }, from }),
    tokens: (listener, from) =>
      listener.ask('/api/health', { headers: { authorization: 'Bearer guess', ...own }, from }),
    sessions: (listener, from) =>
      listener.ask('/api/health', { headers: { cookie: 'monzo_bridge_session=guess', ...own }, from }),
  };
  /** How many of so many guesses are answered before the clock moves on by `ms`. */
  const answered = async (listener: Listener, guesses: readonly Promise<unknown>[], ms: number) => {
    let count = 0;
    for (const one of guesses) void one.then(() => (count += 1));
    await listener.clock.advance(ms);
    return count;
  };

  for (const [what, one] of Object.entries(guess))
    it(`${what} takes longer and longer, and never holds up what is right, from the same address either`, async () => {
      await using listener = await createListener();
      const cookie = await signIn(listener);
      const many = Array.from({ length: 30 }, () => one(listener, '127.0.0.1'));
      assert.equal(await answered(listener, many, 0), 10);
      const bearer = { authorization: `Bearer ${adminToken}`, ...own };
      assert.equal((await listener.ask('/api/health', { headers: bearer })).status, 200);
      assert.deepEqual(await who(listener, cookie), signedIn);
      for (const right of [{ token: adminToken }, { code: listener.codes.create() }])
        assert.equal((await post(listener, right)).status, 204);
      assert.equal(await answered(listener, many, 400), 12, 'the eleventh and the twelfth');
      assert.equal(await answered(listener, many, 5_000), 30, 'no answer waits longer than five seconds');
      assert.equal(await answered(listener, [one(listener, '192.168.1.9')], 0), 1, 'others are not punished');
      for (const other of Object.keys(guess).filter((name) => name !== what))
        assert.equal(
          await answered(listener, [guess[other]?.(listener, '127.0.0.1') ?? Promise.reject()], 0),
          1,
        );
      await listener.clock.advance(10 * minute);
      assert.equal(await answered(listener, [one(listener, '127.0.0.1')], 0), 1, 'it is forgotten again');
    });

  it('from the addresses of one IPv6 network counts together, and from very many networks in all', async () => {
    await using listener = await createListener();
    const tokens = guess['tokens'] ?? (() => Promise.reject());
    const near = Array.from({ length: 20 }, (_, host) => tokens(listener, `2001:db8:0:1::${host + 1}`));
    assert.equal(await answered(listener, near, 0), 10);
    assert.equal(await answered(listener, near, 10_000), 20);
    await listener.clock.advance(10 * minute);
    const far = Array.from({ length: 70 }, (_, net) =>
      tokens(listener, `2001:db8:0:${(net + 2).toString(16)}::1`),
    );
    assert.equal(await answered(listener, far, 0), 60);
    await listener.clock.advance(10_000);
  });

  it('by very many at once is refused at once, with a sentence, and what is right still gets in', async () => {
    await using listener = await createListener();
    const headers = { authorization: 'Bearer guess', ...own };
    const codes: (string | undefined)[] = [];
    const many = Array.from({ length: 100 }, async () => {
      codes.push((await listener.ask('/api/health', { headers })).code);
    });
    const counted = () =>
      ['unauthorised', 'too_many_attempts'].map((code) => codes.filter((one) => one === code).length);
    await listener.clock.advance(0);
    assert.deepEqual(counted(), [10, 58]);
    const right = { authorization: `Bearer ${adminToken}`, ...own };
    assert.equal((await listener.ask('/api/health', { headers: right })).status, 200);
    await listener.clock.advance(10_000);
    await Promise.all(many);
    assert.deepEqual(counted(), [42, 58]);
  });
});
