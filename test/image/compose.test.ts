import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { until } from '../support/until.ts';
import { createHome, readByDocker, type Home } from './home.ts';

/** The lines of the README for containers, as they are written, seen from another machine in the home. */

const read = (path: string) => readFileSync(join(import.meta.dirname, '../..', path), 'utf8');

/** The lines of a document's block that holds this one. */
function linesWith(line: string, document = 'README.md'): string {
  const blocks = [...read(document).matchAll(/^```\n(.*?)^```/gms)].map(([, block = '']) => block);
  const found = blocks.filter((block) => block.includes(line));
  assert.equal(found.length, 1, line);
  return found[0] ?? '';
}

/** What is looked at of a service. */
interface Service {
  readonly depends_on?: object;
}

interface Answer {
  readonly status: number;
  readonly cookie: string | null;
  readonly body: string;
}

const fetching = `const answer = await fetch(given.url, given.init);
  tell({ status: answer.status, cookie: answer.headers.get('set-cookie'), body: await answer.text() });`;

/** Opens a printed link on the phone, as its page does, and asks for the health with the session. */
async function openLink(home: Home, printed: string) {
  const link = new URL(printed.replace('<this machine>', home.address));
  const ask = (path: string, init: object = {}) =>
    home.onPhone<Answer>(fetching, { url: `${link.origin}${path}`, init });
  const page = await ask('/', { headers: { accept: 'text/html' } });
  assert.deepEqual([page.status, page.body.includes('<mb-app')], [200, true]);
  const headers = { 'content-type': 'application/json', origin: link.origin };
  const body = JSON.stringify({ code: link.hash.slice('#code='.length) });
  const { status, cookie } = await ask('/api/session', { method: 'POST', headers, body });
  assert.equal(status, 204);
  const health = await ask('/api/health', { headers: { cookie: cookie?.split(';')[0] } });
  assert.equal(health.status, 200, health.body);
  return JSON.parse(health.body) as { parts: { part: string; state: string }[] };
}

const linkIn = (output: string) =>
  /^http:\/\/<this machine>:8099\/#code=\S+$/m.exec(output)?.[0] ?? assert.fail(output);

/** A part of a QR code. */
const drawing = /[▀▄█]{7}/;

const patiently = { between: () => new Promise((resolve) => setTimeout(resolve, 200)) };

describe('the lines for Docker', { timeout: 300_000 }, () => {
  it('run a bridge whose page a phone can open, and whose public listener it cannot reach', async (t) => {
    const home = await createHome(t);
    const lines = linesWith('docker run -d');
    const { code, out, errors } = await home.shell(lines);
    assert.equal(code, 0, errors);
    await openLink(home, linkIn(out));
    assert.doesNotMatch(`${out}${errors}`, drawing);
    const url = `http://${home.address}:8098/healthz`;
    await assert.rejects(home.onPhone(fetching, { url, init: {} }), /ECONNREFUSED/);
  });

  it('complete the link with the address that was set, and draw it on a terminal', async (t) => {
    const home = await createHome(t);
    const address = `http://${home.address}:8099`;
    const more = `docker run -d -t -e MONZO_BRIDGE_UI_URL=${address}`;
    const { code, out, errors } = await home.shell(linesWith('docker run -d').replace('docker run -d', more));
    assert.equal(code, 0, errors);
    const link = out.split('\n').find((line) => line.startsWith(`${address}/#code=`)) ?? assert.fail(out);
    await openLink(home, link);
    assert.match(errors, drawing);
    const logs = await home.shell('docker logs monzo-bridge');
    assert.match(logs.out, new RegExp(`^  ${address}/#code=\\S+\\s*$`, 'm'));
    assert.match(logs.out, drawing);
  });
});

describe('compose.yaml', { timeout: 300_000 }, () => {
  it('is understood by Docker’s own compose', async () => {
    const { services } = JSON.parse(await readByDocker()) as { services: Record<string, Service> };
    assert.deepEqual(Object.keys(services).toSorted(), ['monzo-bridge', 'mosquitto', 'mosquitto-users']);
    assert.deepEqual(services['monzo-bridge']?.depends_on, {
      'mosquitto-users': { condition: 'service_completed_successfully', required: true },
    });
  });

  it('runs a bridge and a broker that Home Assistant signs in to from another machine', async (t) => {
    const home = await createHome(t);
    const { code, out, errors } = await home.shell(linesWith('docker compose up'));
    assert.equal(code, 0, errors);
    const password = out.trimEnd().split('\n').at(-1)?.trim() ?? '';
    assert.match(password, /^[\w-]{32}$/);
    const { parts } = await openLink(home, linkIn(out));
    assert.equal(parts.find(({ part }) => part === 'mqtt')?.state, 'ok');
    const broker = `mqtt://${home.address}:1883`;
    const user = { username: 'homeassistant', password };
    const seen = await home.onPhone(asHomeAssistant, { broker, user });
    assert.deepEqual(seen, {
      state: '{"state":"online"}',
      forged: 'Publish error: Not authorized',
      anonymous: 'Connection refused: Not authorized',
    });
    for (const name of ['monzo-bridge', 'monzo-bridge_mosquitto_1'])
      assert.equal((await home.shell(`docker healthcheck run ${name}`)).code, 0, name);
    const settings = await home.shell('docker inspect monzo-bridge monzo-bridge_mosquitto_1');
    const own = (
      await home.shell('docker exec monzo-bridge_mosquitto_1 cat /mosquitto/users/monzo-bridge.password')
    ).out.trim();
    assert.ok(own.length === 32 && own !== password);
    assert.ok(!settings.out.includes(own) && !settings.out.includes(password));
    const mounted = `docker exec monzo-bridge node -p "require('node:fs').readdirSync('/run/broker').join()"`;
    assert.equal((await home.shell(mounted)).out.trim(), 'mqtt-url');

    const address = `http://${home.address}:8099`;
    writeFileSync(join(home.directory, '.env'), `MONZO_BRIDGE_UI_URL=${address}\n`);
    const again = await home.shell(`docker compose down; ${linesWith('docker compose up')}`);
    assert.equal(again.out.trimEnd().split('\n').at(-1)?.trim(), password, 'the passwords stay');
    assert.ok(
      again.out.split('\n').some((line) => line.startsWith(`${address}/#code=`)),
      again.out,
    );
    const isConnected = async () =>
      (await home.shell('docker logs monzo-bridge')).out.includes('Connected to the MQTT broker.');
    await until('the bridge is back at its broker', isConnected, patiently);

    const replacing = linesWith('rm /mosquitto/users/homeassistant.password', 'docs/security.md');
    const replaced = (await home.shell(replacing)).out.trimEnd().split('\n').at(-1)?.trim() ?? '';
    assert.match(replaced, /^[\w-]{32}$/);
    assert.notEqual(replaced, password);
    const entries = await home.onPhone(tryingPasswords, { broker, user, passwords: [password, replaced] });
    assert.deepEqual(entries, ['Connection refused: Not authorized', 'let in']);
  });
});

const tryingPasswords = `
  const { connectAsync } = (await import('mqtt')).default;
  const found = [];
  for (const password of given.passwords)
    found.push(await connectAsync(given.broker, { ...given.user, password, protocolVersion: 5, reconnectPeriod: 0 })
      .then((client) => client.endAsync()).then(() => 'let in', (thrown) => thrown.message));
  tell(found);`;

const asHomeAssistant = `
  const { connectAsync } = (await import('mqtt')).default;
  const client = await connectAsync(given.broker, { ...given.user, protocolVersion: 5 });
  const state = new Promise((resolve) => client.once('message', (topic, payload) => resolve(payload.toString())));
  await client.subscribeAsync('monzo/bridge/state');
  const seen = await state;
  const reason = (attempt) => attempt.then(() => 'allowed', (thrown) => thrown.message);
  const forged = await reason(client.publishAsync('monzo/bridge/state', 'forged', { qos: 1 }));
  const anonymous = await reason(connectAsync(given.broker, { protocolVersion: 5, reconnectPeriod: 0 }));
  await client.endAsync();
  tell({ state: seen, forged, anonymous });`;
