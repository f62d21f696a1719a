import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import type { ChecksItem } from '../../src/contract/bridge-data.ts';
import { checkNames } from '../../src/domain/check.ts';
import { freePort } from '../support/port.ts';
import { startBridge, temporaryDirectory } from '../support/process.ts';
import { until } from '../support/until.ts';

type Found = ChecksItem['checks'][number];

/** Nothing outside this machine is called. */
const bank = {
  MONZO_BRIDGE_MONZO_API_URL: 'http://127.0.0.1:1',
  MONZO_BRIDGE_MONZO_AUTH_URL: 'http://127.0.0.1:1',
};

/** The command as a person runs it: a process of its own. */
async function doctor(settings: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, ['bin/monzo-bridge.js', 'doctor', '--json'], {
    env: {
      PATH: process.env['PATH'] ?? '',
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? '',
      ...bank,
      ...settings,
    },
  });
  const ended = once(child, 'exit') as Promise<[number | null]>;
  const [out, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = await ended;
  assert.equal(errors, '');
  const { checks } = JSON.parse(out) as { readonly checks: readonly Found[] };
  const found = (check: string): Found =>
    checks.find((one) => one.check === check) ?? assert.fail(`no ${check} in ${out}`);
  return { code, checks, found };
}

test('a wrong setting is named first, and the whole list is there all the same', async (t) => {
  const { code, checks, found } = await doctor({
    MONZO_BRIDGE_DATA_DIR: temporaryDirectory(t),
    MONZO_BRIDGE_UI_PORT: 'x',
  });
  assert.equal(code, 1);
  assert.match(found('settings').sentence, /MONZO_BRIDGE_UI_PORT must be .*; correct it or leave it out\./);
  assert.deepEqual(
    checks.map(({ check }) => check),
    checkNames,
  );
  assert.ok(checks.slice(1).every(({ state }) => state === 'unknown'));
});

test('a bridge that runs is asked; one that listens elsewhere is named by its process', async (t) => {
  const directory = temporaryDirectory(t);
  const port = await freePort();
  const { child, output } = startBridge(t, directory, { ...bank, MONZO_BRIDGE_UI_PORT: String(port) });
  await until('it runs', () => output().includes('monzo-bridge is running'));
  const here = { MONZO_BRIDGE_DATA_DIR: directory, MONZO_BRIDGE_PUBLIC_PORT: '0' };
  const { code, found } = await doctor({ ...here, MONZO_BRIDGE_UI_PORT: String(port) });
  assert.equal(code, 1);
  assert.equal(found('process').state, 'ok');
  assert.match(
    found('process').sentence,
    new RegExp(`^Version .* It answers at http://127\\.0\\.0\\.1:${port}\\.`),
  );
  assert.match(found('bank').sentence, /^No connection to 127\.0\.0\.1:1 comes about \(ECONNREFUSED\)/);
  assert.equal(found('login').state, 'needs_user');
  const elsewhere = await doctor({ ...here, MONZO_BRIDGE_UI_PORT: String(await freePort()) });
  assert.equal(elsewhere.found('process').state, 'down');
  assert.match(
    elsewhere.found('process').sentence,
    new RegExp(`process ${child.pid} on host .* is using .*MONZO_BRIDGE_UI_PORT`),
  );
  assert.equal(elsewhere.found('database').state, 'ok');
});

test('one port for both listeners is a wrong setting where they share an address', async (t) => {
  const [same, own] = [{ MONZO_BRIDGE_UI_PORT: '8098', MONZO_BRIDGE_PUBLIC_PORT: '8098' }, '127.0.0.2'];
  const settingsOf = async (hosts: Readonly<Record<string, string>>) =>
    (await doctor({ MONZO_BRIDGE_DATA_DIR: temporaryDirectory(t), ...same, ...hosts })).found('settings');
  for (const hosts of [{}, { MONZO_BRIDGE_UI_HOST: '0.0.0.0' }, { MONZO_BRIDGE_PUBLIC_HOST: '::' }])
    assert.match(
      (await settingsOf(hosts)).sentence,
      /^MONZO_BRIDGE_UI_PORT and MONZO_BRIDGE_PUBLIC_PORT are the same port, .*; change one of them\.$/,
    );
  assert.equal((await settingsOf({ MONZO_BRIDGE_UI_HOST: own })).state, 'ok');
});

test('the bridge is asked without the proxy through which Monzo is reached', async (t) => {
  const asked: string[] = [];
  const proxy = createServer(({ url = '' }, response) => {
    asked.push(url);
    response.writeHead(407).end();
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  t.after(() => proxy.close());
  const address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const directory = temporaryDirectory(t);
  const settings = {
    MONZO_BRIDGE_DATA_DIR: directory,
    MONZO_BRIDGE_UI_PORT: String(await freePort()),
    MONZO_BRIDGE_PUBLIC_PORT: String(await freePort()),
  };
  const bridge = startBridge(t, directory, { ...bank, ...settings });
  await until('the bridge runs', () => bridge.output().includes('monzo-bridge is running.'));
  const through = { HTTP_PROXY: address, HTTPS_PROXY: address, NODE_USE_ENV_PROXY: '1' };
  for (const others of [{}, { NO_PROXY: 'example.org' }, { no_proxy: 'example.org' }]) {
    const { found } = await doctor({ ...settings, ...through, ...others });
    assert.equal(found('process').state, 'ok', found('process').sentence);
  }
  assert.deepEqual(asked, []);
});
