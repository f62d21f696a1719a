import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { systemClock } from '../../src/clock.ts';
import type { Machine } from '../../src/http/page-addresses.ts';
import { createPrivateApp } from '../../src/http/private.ts';
import { createPublicApp } from '../../src/http/public.ts';
import { listen } from '../../src/http/server.ts';
import { silentLog } from '../../src/log.ts';
import { temporaryDirectory } from '../support/process.ts';
import { startApp } from '../support/start-app.ts';
import { quiet } from '../support/until.ts';
import { createWorld, type World } from '../support/world.ts';
import { rawRequest } from './http-request.ts';
import { servicesWith } from './http-browser.ts';

const problemType = 'application/problem+json';

const atHome: Machine = {
  hostName: 'home-pi',
  interfaces: () => ({
    eth0: [
      {
        address: '192.168.7.20',
        family: 'IPv4',
        netmask: '255.255.255.0',
        mac: '02:00:00:00:00:01',
        internal: false,
        cidr: null,
      },
    ],
  }),
  isContainer: false,
  isInWindows: false,
};

describe('access to the private API', () => {
  let world: World;
  before(async () => {
    world = await createWorld();
  });
  after(() => world[Symbol.asyncDispose]());
  const ask = (headers: Record<string, string>, path = '/api/health') =>
    rawRequest(`${world.app().uiUrl}${path}`, { headers });
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

  it('needs the token everywhere except at /healthz and the page, unknown addresses included', async () => {
    for (const path of ['/api/health', '/api/openapi.json', '/metrics', '/api/nothing', '/api', '/api?x']) {
      const { status, headers, body } = await ask({}, path);
      assert.deepEqual([status, JSON.parse(body).code], [401, 'unauthorised'], path);
      assert.equal(headers['www-authenticate'], 'Bearer');
      assert.equal(headers['content-type'], 'application/problem+json');
    }
    assert.equal((await ask({}, '/healthz')).status, 200);
    assert.equal((await ask(bearer(world.app().adminToken))).status, 200);
    assert.equal((await ask({ authorization: `bearer ${world.app().adminToken}` })).status, 200);
    assert.equal((await ask({ authorization: `Basic ${world.app().adminToken}` })).status, 401);
  });

  it('answers to IP addresses and its own host names, and to no other', async () => {
    const token = bearer(world.app().adminToken);
    for (const host of ['127.0.0.1:8099', 'localhost', '[::1]:8099', '192.168.1.5:8099', 'bridge:8099'])
      assert.equal((await ask({ ...token, host })).status, 200, host);
    for (const host of [
      'evil.example',
      'evil.example:8099',
      '127.0.0.1.evil.example',
      'a@localhost',
      '[evil.example]',
    ]) {
      const { status, body } = await ask({ ...token, host });
      assert.deepEqual([status, JSON.parse(body).code], [421, 'wrong_host'], host);
      assert.equal((await ask({ host }, '/healthz')).status, 421, host);
    }
  });

  it('tells a browser what to do on a page, and gives away nothing to the website that may be reading', async () => {
    const named = { settings: { MONZO_BRIDGE_UI_HOSTS: 'bank.example.org' }, machine: atHome };
    await using home = await createWorld(named);
    const address = home.app().uiUrl;
    const browser = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' };
    for (const path of ['/', '/?x=<script>', '/api/health', '/assets/x.js', '/nothing', '/healthz']) {
      const headers = { ...browser, host: 'evil.example:8099' };
      const { status, headers: given, body } = await rawRequest(address + path, { headers });
      assert.deepEqual([status, given['content-type']], [421, 'text/html; charset=utf-8'], path);
      assert.match(body, /<h1>The bridge does not answer to this name<\/h1>/);
      assert.match(body, /<code>monzo-bridge link<\/code>.*<code>MONZO_BRIDGE_UI_HOSTS<\/code>/);
      assert.doesNotMatch(body, /evil|<script|192\.168\.7|home-pi|bank\.example|0\.0\.0|127\.0/);
      assert.match(String(given['content-security-policy']), /^default-src 'none'; style-src 'sha256-/);
      assert.equal(given['set-cookie'], undefined);
    }
    for (const accept of ['*/*', 'application/json', 'image/avif,image/webp,*/*;q=0.8'])
      assert.equal(
        (await ask({ accept, host: 'evil.example' })).headers['content-type'],
        problemType,
        accept,
      );
    const posted = { method: 'POST', headers: { ...browser, host: 'evil.example' } };
    assert.equal((await rawRequest(address, posted)).headers['content-type'], problemType);
  });

  it('shows a browser every other refusal as a page too, with nothing of the request as markup', async () => {
    const accept = 'text/html';
    const out = await ask({ accept });
    assert.deepEqual([out.status, /<h1>You are not signed in<\/h1>/.test(out.body)], [401, true]);
    const { status, body } = await ask({ accept }, '/%3Cb%3E%26x');
    assert.deepEqual([status, body.includes('<b>')], [404, false]);
    assert.match(body, /<h1>The bridge did not do this<\/h1><p>[^<]+<\/p>/);
    const program = await ask({ ...bearer(world.app().adminToken), accept }, '/api/nothing');
    assert.deepEqual([program.status, program.headers['content-type']], [404, problemType]);
    const broken = await ask({ accept }, '/%zz');
    assert.deepEqual([broken.status, broken.headers['content-type']], [400, 'text/html; charset=utf-8']);
  });

  it('sends strict headers with every answer', async () => {
    for (const path of ['/healthz', '/api/health', '/%zz']) {
      const { headers } = await ask({}, path);
      assert.match(String(headers['content-security-policy']), /default-src 'none'/, path);
      assert.equal(headers['x-content-type-options'], 'nosniff');
      assert.equal(headers['cache-control'], 'no-store');
      assert.equal(headers['set-cookie'], undefined);
    }
  });

  it('slows guesses down, and never the right token, which can pause meanwhile', async () => {
    const statuses: number[] = [];
    const guesses = Array.from({ length: 40 }, async (_, guess) => {
      statuses.push((await ask(bearer(`guess-${guess}`))).status);
    });
    await quiet();
    assert.deepEqual(
      statuses,
      Array.from({ length: 10 }, () => 401),
    );
    assert.equal((await ask(bearer(world.app().adminToken))).status, 200);
    const paused = await world.api('/api/commands/pause', { method: 'POST' });
    assert.equal(paused.status, 200);
    await world.clock.advance(5_000);
    await Promise.all(guesses);
    assert.deepEqual(new Set(statuses), new Set([401]));
  });
});

describe('an admin token that is too short', () => {
  it('is refused at the start with a sentence that names the remedy, from a setting and from the file', async (t) => {
    const directory = temporaryDirectory(t);
    const settings = { MONZO_BRIDGE_ADMIN_TOKEN: 'x'.repeat(31) };
    const fromSetting = async () => startApp({ directory, settings });
    await assert.rejects(
      fromSetting,
      /MONZO_BRIDGE_ADMIN_TOKEN must be .* at least 32 characters.*; correct it/,
    );
    writeFileSync(join(directory, 'admin-token'), 'hunter2\n', { mode: 0o600 });
    const fromFile = async () => startApp({ directory });
    await assert.rejects(fromFile, /fewer than 32 characters.*delete the file admin-token/);
  });
});

/** Listeners without a program behind them. */
async function apps() {
  const services = servicesWith();
  const config = {
    UI_HOST: '127.0.0.1',
    UI_HOSTS: [],
    UI_PORT: 0,
    PUBLIC_HOST: '127.0.0.1',
    PUBLIC_PORT: 0,
    PUBLIC_URL: null,
    TIME_ZONE: 'Europe/London',
  };
  const log = silentLog;
  const privateApp = await createPrivateApp({
    services,
    config,
    log,
    adminToken: 'some-token',
    clock: systemClock,
    webDirectory: '/nowhere',
  });
  const publicApp = await createPublicApp({ services, log });
  return { privateApp, publicApp, config };
}

describe('the listeners', () => {
  it('name the variable of a port that is in use, and leave nothing open', async () => {
    const first = await apps();
    const listeners = await listen(first);
    const port = Number(new URL(listeners.publicUrl).port);
    const second = await apps();
    const config = { ...second.config, UI_PORT: port };
    await assert.rejects(listen({ ...second, config }), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'port_in_use');
      assert.match(error.message, /MONZO_BRIDGE_UI_PORT/);
      return true;
    });
    assert.equal(second.publicApp.server.listening, false);
    await listeners.close();
    await listeners.close();
  });

  it('close although a client keeps a connection open', { timeout: 20_000 }, async () => {
    const both = await apps();
    both.publicApp.get('/slow', () => new Promise(() => {}));
    const listeners = await listen(both);
    const cut = assert.rejects(rawRequest(`${listeners.publicUrl}/slow`));
    await fetch(`${listeners.publicUrl}/healthz`);
    await listeners.close();
    await cut;
  });
});
