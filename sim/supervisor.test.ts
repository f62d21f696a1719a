import assert from 'node:assert/strict';
import {
  createServer,
  request,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import { createConnection, createLongLivedTokenAuth } from 'home-assistant-js-websocket';
import { startFakeHomeAssistant } from '../test/support/fake-home-assistant.ts';
import { startSupervisor, supervisorTokens, type SupervisorWorld } from './supervisor.ts';
import { bodyOf } from './supervisor-proxy.ts';
import { serveIngressDoor } from './supervisor-ingress.ts';

const broker = { host: 'core-mosquitto', port: 1883, ssl: false, username: 'addons', password: 'first' };
const alex = { id: 'a1', username: 'alex', name: 'Zoë' };

interface Asking {
  readonly method?: string;
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Sends the path as it stands, which `fetch` would tidy up. */
function ask(base: string, path: string, { method = 'GET', token, headers, body = '' }: Asking = {}) {
  const { hostname, port } = new URL(base);
  const authorised = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const options = { hostname, port, path, method, headers: { ...authorised, ...headers }, agent: false };
  request(options, resolve).once('error', reject).end(body);
  return promise.then(async (answer) => ({
    status: answer.statusCode,
    headers: answer.headers,
    text: (await bodyOf(answer)).toString(),
  }));
}

async function start(t: TestContext, world: Partial<SupervisorWorld> = {}, now = Date.now) {
  const supervisor = await startSupervisor({ world: { users: [alex], ...world }, now });
  t.after(() => supervisor.stop());
  return supervisor;
}

/** An app that tells what reached it. */
async function startEcho(t: TestContext, answer: (seen: IncomingMessage) => Reply = () => ({})) {
  const seen: { url: string; headers: IncomingHttpHeaders; body: string; peer: string }[] = [];
  const serve = async (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const { url = '', headers, socket } = incoming;
    const body = await bodyOf(incoming);
    seen.push({ url, headers, body: body.toString(), peer: socket.remoteAddress ?? '' });
    const { status = 200, content = 'fine', ...given } = answer(incoming);
    const type = { 'content-type': 'text/html; charset=utf-8' };
    outgoing.writeHead(status, { ...type, ...given.headers }).end(content);
  };
  const server = createServer((incoming, outgoing) => void serve(incoming, outgoing));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return { seen, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly content?: string | Buffer;
}

async function behindIngress(t: TestContext, answer?: (seen: IncomingMessage) => Reply) {
  const echo = await startEcho(t, answer);
  const supervisor = await start(t);
  supervisor.world.app = { ...supervisor.world.app, url: echo.url };
  const door = await serveIngressDoor(supervisor.url);
  t.after(() => door.close());
  const page = door.pageOf(supervisor.world.app.ingressToken);
  return { echo, supervisor, page };
}

const cookie = (session: string) => ({ cookie: `other=1; ingress_session=${session}` });

describe('the simulated Supervisor', () => {
  it('answers an app what apps may ask, and nothing else', async (t) => {
    const { url } = await start(t);
    const as = (token: string | undefined, path: string) =>
      ask(url, path, token === undefined ? {} : { token });
    assert.equal((await as(undefined, '/supervisor/ping')).status, 200);
    assert.equal((await as(undefined, '/info')).status, 401);
    assert.equal((await as('wrong', '/info')).status, 403);
    for (const path of ['/info', '/services', '/addons/self/info', '/addons/self/options/config'])
      assert.equal((await as(supervisorTokens.app, path)).status, 200, path);
    for (const path of ['/supervisor/info', '/addons', '/ingress/panels', '/addons/self/security']) {
      const { status, text } = await as(supervisorTokens.app, path);
      assert.deepEqual([status, text], [403, '403: Forbidden'], path);
    }
    const info = JSON.parse((await as(supervisorTokens.app, '/addons/self/info')).text);
    assert.deepEqual([info.result, info.data.slug], ['ok', 'a0b1c2d3_monzo_bridge']);
  });

  it('tells of the broker once there is one, and its new password at the next question', async (t) => {
    const { url, world } = await start(t);
    const service = async () => {
      const { status, text } = await ask(url, '/services/mqtt', { token: supervisorTokens.app });
      return [status, JSON.parse(text)];
    };
    assert.deepEqual(await service(), [400, { result: 'error', message: 'Service not enabled' }]);
    for (const password of ['first', 'second']) {
      world.mqtt = { ...broker, password };
      const data = { ...broker, password, protocol: '3.1.1', addon: 'core_mosquitto' };
      assert.deepEqual(await service(), [200, { result: 'ok', data }]);
    }
  });

  it('shows the broker to Home Assistant, with a user of its own there', async (t) => {
    const core = await startEcho(t);
    const supervisor = await start(t, { core: { url: core.url, token: 'of-it' } });
    const { url, world } = supervisor;
    world.mqtt = { ...broker, ofCore: { username: 'homeassistant', password: 'other' } };
    await supervisor.announceBroker();
    const [, id] = /^\/api\/hassio_push\/discovery\/(\w+)$/.exec(core.seen[0]?.url ?? '') ?? [];
    const { text } = await ask(url, `/discovery/${id}`, { token: supervisorTokens.core });
    const { username, password, host } = JSON.parse(text).data.config;
    assert.deepEqual([username, password, host], ['homeassistant', 'other', 'core-mosquitto']);
    const { text: service } = await ask(url, '/services/mqtt', { token: supervisorTokens.app });
    assert.doesNotMatch(service, /other/);
  });

  it('is away during its restart, and on the same port afterwards', async (t) => {
    const supervisor = await start(t);
    await supervisor.stop();
    await assert.rejects(ask(supervisor.url, '/supervisor/ping'), /ECONNREFUSED/);
    await supervisor.start();
    assert.equal((await ask(supervisor.url, '/supervisor/ping')).status, 200);
  });

  const refused = [
    '/core/api/../secret',
    '/core/api/x?path=/a/b',
    '/core/api/x?path=%252Fa/b',
    '/core/api/x?q=%3Cscript%3E',
    '/services/mqtt?a=union+select+(',
  ];
  for (const path of refused)
    it(`refuses what looks like an attack: ${path}`, async (t) => {
      const { url } = await start(t);
      assert.equal((await ask(url, path, { token: supervisorTokens.app })).status, 400);
    });
});

describe('the way to Home Assistant through the simulated Supervisor', () => {
  it('passes GET, POST and DELETE, and of the headers only the type of the content', async (t) => {
    const running = '{"state": "RUNNING"}';
    const core = await startEcho(t, ({ url: path }) =>
      path === '/api/core/state' ? { content: running } : { headers: { 'x-own': '1' } },
    );
    const { url, world } = await start(t, { core: { url: core.url, token: 'of-an-administrator' } });
    const asked = {
      method: 'POST',
      token: supervisorTokens.app,
      headers: { 'x-mine': '1', 'content-type': 'application/json' },
      body: '{}',
    };
    const { status, headers, text } = await ask(url, '/core/api/config/x?a=b%2Fc%20d', asked);
    assert.deepEqual(
      [status, text, headers['content-type'], headers['x-own']],
      [200, 'fine', 'text/html', undefined],
    );
    const seen = core.seen.at(-1);
    assert.equal(seen?.url, '/api/config/x?a=b/c+d');
    assert.equal(seen?.body, '{}');
    assert.equal(seen?.headers['content-type'], 'application/json');
    assert.equal(seen?.headers.authorization, 'Bearer of-an-administrator');
    assert.equal(seen?.headers['x-mine'], undefined);
    assert.equal((await ask(url, '/core/api/x', { ...asked, method: 'PUT' })).status, 405);
    assert.equal((await ask(url, '/core/api/x', { ...asked, token: 'wrong' })).status, 401);
    assert.equal((await ask(url, '/core/api/hassio/addons', asked)).status, 403);
    world.core = null;
    assert.deepEqual((await ask(url, '/core/api/x', asked)).text, '502: Bad Gateway');
  });

  it('joins an app to a session of its own', async (t) => {
    await using home = await startFakeHomeAssistant();
    const { url, world } = await start(t, { core: { url: home.url, token: home.world.token } });
    const connect = (token: string) =>
      createConnection({ auth: createLongLivedTokenAuth(`${url}/core`, token), setupRetry: 0 });
    await assert.rejects(connect('wrong'), (error) => error === 2);
    const connection = await connect(supervisorTokens.app);
    const user = await connection.sendMessagePromise<{ is_admin: boolean }>({ type: 'auth/current_user' });
    assert.equal(user.is_admin, true);
    connection.close();
    world.core = null;
    await assert.rejects(connect(supervisorTokens.app), (error) => error === 1);
  });
});

describe('the ingress of the simulated Supervisor', () => {
  it('lets nobody in without a session, and names its user whatever the browser wrote', async (t) => {
    const { echo, supervisor, page } = await behindIngress(t);
    const path = new URL(page).pathname;
    assert.equal((await ask(page, path)).status, 401);
    const session = await supervisor.openSession('a1');
    const forged = { 'x-remote-user-id': 'owner', 'x-supervisor-token': supervisorTokens.app };
    const headers = { ...cookie(session), ...forged, host: 'home.example.org', 'accept-encoding': 'br' };
    await ask(page, `${path}a%20b?x=c%2Fd`, { headers });
    const [seen] = echo.seen;
    assert.equal(seen?.url, '/a%20b?x=c/d');
    const told = (name: string) => seen?.headers[name];
    assert.equal(told('host'), 'home.example.org');
    assert.equal(told('x-ingress-path'), path.slice(0, -1));
    assert.equal(told('x-forwarded-host'), 'home.example.org');
    assert.equal(told('x-forwarded-proto'), 'http');
    assert.equal(told('x-forwarded-for'), '127.0.0.1, 127.0.0.1');
    assert.equal(told('x-remote-user-id'), 'a1');
    assert.equal(told('x-remote-user-name'), 'alex');
    assert.equal(Buffer.from(String(told('x-remote-user-display-name')), 'latin1').toString(), 'Zoë');
    assert.equal(told('x-supervisor-token'), undefined);
    assert.equal(told('cookie'), headers.cookie);
    assert.equal(told('accept-encoding'), 'gzip, deflate');
  });

  it('names nobody whom Home Assistant does not list, and knows one token', async (t) => {
    const { echo, supervisor, page } = await behindIngress(t);
    const headers = cookie(await supervisor.openSession('somebody-else'));
    await ask(page, new URL(page).pathname, { headers });
    assert.equal(echo.seen[0]?.headers['x-remote-user-id'], undefined);
    assert.equal((await ask(page, '/api/hassio_ingress/another/', { headers })).status, 503);
  });

  it('hands on cookies and redirects as they are, unpacks, and drops the charset', async (t) => {
    const given = { 'set-cookie': 'a=1; Path=/', location: '/elsewhere', 'content-encoding': 'gzip' };
    const answer = { status: 302, headers: given, content: gzipSync('plain') };
    const { supervisor, page } = await behindIngress(t, () => answer);
    const headers = cookie(await supervisor.openSession('a1'));
    const { status, headers: got, text } = await ask(page, new URL(page).pathname, { headers });
    assert.deepEqual([status, text], [302, 'plain']);
    assert.deepEqual(got['set-cookie'], ['a=1; Path=/']);
    assert.deepEqual([got.location, got['content-type']], ['/elsewhere', 'text/html']);
  });

  it('ends a session that is not used for a quarter of an hour', async (t) => {
    let time = 0;
    const supervisor = await start(t, {}, () => time);
    const session = await supervisor.openSession('a1');
    const isValid = async () => {
      const body = JSON.stringify({ session });
      const asked = { method: 'POST', token: supervisorTokens.core, body };
      return (await ask(supervisor.url, '/ingress/validate_session', asked)).status;
    };
    time = 14 * 60_000;
    assert.equal(await isValid(), 200);
    time = 29 * 60_000;
    assert.equal(await isValid(), 200);
    time = 80 * 60_000;
    assert.equal(await isValid(), 401);
  });
});
