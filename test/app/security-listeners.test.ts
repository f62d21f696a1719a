import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createDoorbellKeys } from '../../src/ingest/doorbell.ts';
import { quiet } from '../support/until.ts';
import { createWorld, type World } from '../support/world.ts';
import { rawRequest } from './http-request.ts';

type Paths = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'MKCOL'];
const open = new Set(['GET /healthz', 'GET /api/session', 'POST /api/session', 'DELETE /api/session']);

describe('the two listeners', () => {
  let world: World;
  let key: string;
  let paths: Paths;
  const account = () => world.app().view().accounts[0]?.id ?? '';
  const login = () => world.app().view().logins[0]?.id ?? '';

  before(async () => {
    world = await createWorld();
    await world.connect('alex');
    const secretKey = Buffer.from(readFileSync(join(world.directory, 'secret-key'), 'utf8').trim(), 'hex');
    key = createDoorbellKeys(secretKey).keyOf(account());
    ({ paths } = (await (await world.api('/api/openapi.json')).json()) as { paths: Paths });
  });
  after(() => world[Symbol.asyncDispose]());

  const ask = (url: string, path: string, method: string) =>
    rawRequest(url, { path, method, headers: { authorization: `Bearer ${world.app().adminToken}` } });

  it('the public one answers three requests and nothing else, even with the admin token', async () => {
    const known = [`/hooks/${key}`, '/oauth/callback', '/healthz'];
    const served = new Set([`POST /hooks/${key}`, 'GET /oauth/callback', 'GET /healthz']);
    const privately = Object.keys(paths).map((path) => path.replace('{id}', login()));
    const others = [
      '/',
      '/*',
      '/index.html',
      '/assets/x.js',
      '/metrics',
      '/api/openapi.json',
      '/api/nothing',
      '/hooks',
      '/hooks/',
      `/hooks/${key}/x`,
      `/hooks/${key.toUpperCase()}`,
      `/hooks/${account()}`,
      '/oauth',
      '/oauth/callback/',
      '/healthz/',
      '//healthz',
      '/.well-known/security.txt',
      '/%2e%2e/secret-key',
      '/../secret-key',
      '/favicon.ico',
      '/robots.txt',
    ];
    const answered: string[] = [];
    const statuses = new Set<number>();
    for (const path of new Set([...known, ...privately, ...others]))
      for (const method of methods) {
        const { status, body, headers } = await ask(world.app().publicUrl, path, method);
        assert.equal(headers['set-cookie'], undefined, `${method} ${path}`);
        if (served.has(`${method} ${path}`)) answered.push(`${method} ${path} ${status}`);
        else {
          statuses.add(status);
          assert.equal(body, '', `${method} ${path}`);
        }
      }
    assert.deepEqual(answered.toSorted(), [
      'GET /healthz 200',
      'GET /oauth/callback 400',
      `POST /hooks/${key} 200`,
    ]);
    assert.deepEqual([...statuses].toSorted(), [404, 429]);
  });

  it('the private one needs a token or session on every route that it describes', async () => {
    const described = Object.entries(paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
    );
    assert.ok(described.length > 15);
    for (const name of open) assert.ok(described.includes(name), name);
    for (const name of [
      ...described,
      'GET /metrics',
      'GET /api/openapi.json',
      'HEAD /api/logins',
      'OPTIONS /api/logins',
      'POST /api/nothing',
    ]) {
      if (open.has(name)) continue;
      const [method = '', path = ''] = name.split(' ');
      const asked = { method, path: path.replace('{id}', login()) };
      const { status } = await rawRequest(world.app().uiUrl, asked);
      assert.equal(status, 401, name);
      const invented = {
        cookie: 'monzo_bridge_session=invented',
        'x-remote-user-id': 'admin',
        'x-ingress-path': '/x',
      };
      const refused = rawRequest(world.app().uiUrl, { ...asked, headers: invented });
      await quiet();
      // Each refusal of an invented session takes longer than the one before.
      await world.clock.advance(5_000);
      assert.equal((await refused).status, 401, name);
    }
    assert.equal(world.app().view().logins[0]?.state, 'active', 'nothing was changed');
  });
});
