import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { systemClock } from '../../src/clock.ts';
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
