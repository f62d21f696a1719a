import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { createPrivateApp } from '../../src/http/private.ts';
import { silentLog } from '../../src/log.ts';
import { createFakeClock } from '../../sim/fake-clock.ts';
import { adminToken, privateConfig, servicesWith } from './http-browser.ts';
import { rawRequest } from './http-request.ts';

const index = '<!doctype html><script type="module" src="./assets/index-1a2b3c4d.js"></script>';
const treasure = 'nobody outside may read this';

function builtPage(): string {
  const directory = mkdtempSync(join(tmpdir(), 'monzo-bridge-page-'));
  const files = {
    'web/index.html': index,
    'web/assets/index-1a2b3c4d.js': 'run()',
    'web/icon.svg': '<svg/>',
  };
  const compressed = 'web/assets/index-1a2b3c4d.js.gz';
  mkdirSync(join(directory, 'web', 'assets'), { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  writeFileSync(join(directory, compressed), gzipSync('run()'));
  for (const name of ['treasure.txt', 'web/.treasure']) writeFileSync(join(directory, name), treasure);
  return directory;
}

async function serve(webDirectory: string) {
  const app = await createPrivateApp({
    services: servicesWith(),
    config: privateConfig,
    log: silentLog,
    adminToken,
    clock: createFakeClock(0),
    webDirectory,
  });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  const ask = (path: string, method = 'GET', headers = {}) => rawRequest(url, { path, method, headers });
  return { ask, close: () => app.close() };
}

describe('the page', () => {
  const directory = builtPage();
  let served: Awaited<ReturnType<typeof serve>>;
  before(async () => {
    served = await serve(join(directory, 'web'));
  });
  after(async () => {
    await served.close();
    rmSync(directory, { recursive: true });
  });

  it('is served without a token and never cached; its files with a digest are cached for ever', async () => {
    for (const path of ['/', '/?x=1', '/index.html']) {
      const page = await served.ask(path);
      assert.deepEqual([page.status, page.body], [200, index], path);
      assert.equal(page.headers['content-type'], 'text/html; charset=utf-8');
      assert.equal(page.headers['cache-control'], 'no-store');
    }
    const script = await served.ask('/assets/index-1a2b3c4d.js');
    assert.deepEqual([script.status, script.body], [200, 'run()']);
    assert.match(String(script.headers['content-type']), /^(text|application)\/javascript/);
    assert.equal(script.headers['cache-control'], 'public, max-age=31536000, immutable');
    assert.equal((await served.ask('/icon.svg')).headers['cache-control'], 'no-store');
    assert.equal((await served.ask('/', 'HEAD')).status, 200);
  });

  it('is sent compressed to whoever can read that, in the way that every proxy understands', async () => {
    const encodingFor = async (path: string, accepted: string) => {
      const { status, headers } = await served.ask(path, 'GET', { 'accept-encoding': accepted });
      assert.equal(status, 200);
      return headers['content-encoding'];
    };
    const script = '/assets/index-1a2b3c4d.js';
    assert.equal(await encodingFor(script, 'gzip, deflate, br, zstd'), 'gzip');
    assert.equal(await encodingFor(script, 'identity'), undefined);
    assert.equal(await encodingFor('/icon.svg', 'gzip'), undefined, 'no compressed one is there');
    const { headers } = await served.ask(script, 'GET', { 'accept-encoding': 'gzip' });
    assert.match(String(headers['content-type']), /javascript/);
    assert.match(String(headers['vary']), /accept-encoding/);
    assert.match(String(headers['cache-control']), /immutable/);
  });

  it('may run its own files and nothing else', async () => {
    for (const path of ['/', '/index.html', '/assets/index-1a2b3c4d.js', '/icon.svg', '/nothing.js']) {
      const { headers } = await served.ask(path);
      const policy = String(headers['content-security-policy']);
      const directives = new Map(
        policy.split('; ').map((text) => [text.split(' ')[0], text.split(' ').slice(1)]),
      );
      assert.doesNotMatch(policy, /unsafe|\*|https?:|nonce|blob:/, path);
      assert.deepEqual(directives.get('default-src'), ["'none'"]);
      for (const kind of ['script-src', 'style-src', 'connect-src', 'worker-src', 'base-uri'])
        assert.deepEqual(directives.get(kind), ["'self'"], kind);
      assert.deepEqual(directives.get('form-action'), ["'none'"]);
      assert.deepEqual(directives.get('frame-ancestors'), ["'none'"]);
      assert.equal(headers['x-content-type-options'], 'nosniff');
      assert.equal(headers['referrer-policy'], 'no-referrer');
      assert.match(String(headers['permissions-policy']), /camera=\(\)/);
      assert.equal(headers['set-cookie'], undefined);
    }
  });

  it('serves no file outside its directory', async () => {
    const ways = [
      '/../treasure.txt',
      '/assets/../../treasure.txt',
      '/..%2ftreasure.txt',
      '/%2e%2e/treasure.txt',
      '/%2e%2e%2ftreasure.txt',
      '/assets/%2e%2e/%2e%2e/treasure.txt',
      '/%252e%252e%252ftreasure.txt',
      '/..\\treasure.txt',
      '/..%5ctreasure.txt',
      '/%c0%ae%c0%ae/treasure.txt',
      '//treasure.txt',
      `/${join(directory, 'treasure.txt')}`,
      '/treasure.txt%00.html',
      '/.treasure',
      '/%2etreasure',
      '/assets',
      '/assets/',
    ];
    for (const path of ways) {
      const { status, body } = await served.ask(path);
      assert.ok(status >= 400 && status < 500, `${status} ${path}`);
      assert.ok(!body.includes(treasure) && !body.includes('index-'), path);
    }
  });

  it('does not open the API: no spelling of an address gets around the check', async () => {
    const spellings = [
      '/api/logins',
      '/api/logins/',
      '/%61pi/logins',
      '/api%2flogins',
      '//api/logins',
      '/./api/logins',
      '/x/../api/logins',
      '/API/logins',
      '/metrics',
      '/api/nothing',
      '/api',
    ];
    for (const path of spellings) {
      const { status } = await served.ask(path);
      assert.ok([400, 401, 403, 404].includes(status), `${status} ${path}`);
    }
    for (const path of ['/api/logins', '/%61pi/logins', '/metrics', '/api/nothing', '/api'])
      assert.equal((await served.ask(path)).status, 401, path);
  });

  it('refuses every method but GET and HEAD', async () => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
      for (const path of ['/', '/index.html', '/icon.svg'])
        assert.equal((await served.ask(path, method)).status, 401, `${method} ${path}`);
  });
});

describe('without a built page', () => {
  it('a small page says how to build it, and a page that is built later is served', async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'monzo-bridge-page-'));
    t.after(() => rmSync(directory, { recursive: true }));
    const served = await serve(join(directory, 'later'));
    t.after(() => served.close());
    const { status, body, headers } = await served.ask('/');
    assert.equal(status, 200);
    assert.match(body, /npm run build/);
    assert.doesNotMatch(body, /<script|style=/);
    const [, style = ''] = /<style>(.*)<\/style>/.exec(body) ?? [];
    const digest = createHash('sha256').update(style).digest('base64');
    const policy = String(headers['content-security-policy']);
    assert.ok(policy.startsWith(`default-src 'none'; style-src 'sha256-${digest}'; `), policy);
    assert.equal((await served.ask('/icon.svg')).status, 404);
    const built = builtPage();
    t.after(() => rmSync(built, { recursive: true }));
    symlinkSync(join(built, 'web'), join(directory, 'later'));
    assert.equal((await served.ask('/')).body, index);
    assert.equal((await served.ask('/icon.svg')).status, 200);
  });
});
