import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { alex, sam } from '../../sim/household.ts';
import { createDoorbellKeys } from '../../src/ingest/doorbell.ts';
import type { Output } from '../../src/outputs/output.ts';
import { startTestBroker } from '../support/broker.ts';
import { startApp } from '../support/start-app.ts';
import { until } from '../support/until.ts';
import { answered } from '../support/people.ts';
import { createWorld, type World } from '../support/world.ts';

const hour = 3_600_000;
const password = 'a p@ss/word: of the broker';
const wrongSecret = 'mnzconf.a-secret-that-was-pasted-wrongly';
const json = { 'content-type': 'application/json' };

/** Where the program wrote, and every byte of it. */
type Written = Map<'log' | 'http' | 'mqtt', string[]>;

/** Every answer that comes back over HTTP, headers too. What sets the cookie gives the session's id out: kept apart. */
function recordAnswers(t: TestContext, http: string[]): string[] {
  const cookies: string[] = [];
  const { fetch } = globalThis;
  t.mock.method(globalThis, 'fetch', async (...call: Parameters<typeof fetch>) => {
    const answer = await fetch(...call);
    for (const [name, value] of answer.headers)
      (name === 'set-cookie' ? cookies : http).push(`${name}: ${value}`);
    http.push(await (isEndless(answer) ? firstPart(answer) : answer.clone().text()));
    return answer;
  });
  return cookies;
}

const isEndless = ({ headers }: Response) =>
  headers.get('content-type')?.startsWith('text/event-stream') === true;

/** The snapshot that a stream begins with; nobody listens on. */
async function firstPart({ body }: Response): Promise<string> {
  let text = '';
  for await (const part of body ?? []) {
    text += Buffer.from(part).toString();
    if (/^event: snapshot\ndata: .*\n\n/m.test(text)) break;
  }
  return text;
}

async function signInToPage(world: World, proof: object, cookie = ''): Promise<string> {
  const { uiUrl } = world.app();
  const headers = { ...json, origin: uiUrl, cookie };
  const answer = await fetch(`${uiUrl}/api/session`, {
    method: 'POST',
    headers,
    body: JSON.stringify(proof),
  });
  assert.equal(answer.status, 204);
  return /^[^;]+/.exec(answer.headers.get('set-cookie') ?? '')?.[0] ?? '';
}

/** Every route there is, as a program and as a browser ask; wrong bodies and secrets in wrong places included. */
async function callEverything(world: World, cookie: string): Promise<void> {
  const { uiUrl, publicUrl, adminToken } = world.app();
  const { logins, accounts } = world.app().view();
  const described = (await (await world.api('/api/openapi.json')).json()) as {
    paths: Record<string, object>;
  };
  const secret = world.bank.secrets().at(-1) ?? '';
  for (const [template, operations] of Object.entries(described.paths))
    for (const method of Object.keys(operations).filter((name) => name !== 'delete'))
      for (const id of template.includes('{id}') ? [logins[0]?.id ?? '', adminToken] : ['']) {
        const path = template.replace('{id}', id);
        const bodies = [
          {},
          { name: adminToken, client_id: secret, redirect_uri: secret },
          { url: `x?state=${secret}&code=${secret}` },
        ];
        for (const body of method === 'get' ? [undefined] : bodies) {
          const text = body === undefined ? {} : { body: JSON.stringify(body) };
          if (template !== '/api/logins/{id}' || body?.name === undefined)
            await answered(world, world.api(path, { method: method.toUpperCase(), headers: json, ...text }));
        }
        if (method === 'get') await answered(world, fetch(`${uiUrl}${path}`, { headers: { cookie } }));
      }
  for (const path of [
    '/',
    '/metrics',
    '/index.html',
    `/${secret}`,
    `/api/${adminToken}?token=${secret}`,
    `/api/transactions?cursor=${secret}&q=${adminToken}`,
    `/api/events?after=${secret}`,
    `/api/transactions/${secret}`,
    `/api/transactions?account=${accounts[0]?.id}`,
  ])
    await world.api(path);
  await fetch(`${uiUrl}/api/session`, {
    method: 'POST',
    headers: json,
    body: `{"token":"${adminToken}","code":"${secret}"`,
  });
  await fetch(`${uiUrl}/api/session`, {
    method: 'POST',
    headers: json,
    body: JSON.stringify({ token: adminToken, extra: secret }),
  });
  await fetch(`${publicUrl}/oauth/callback?state=${secret}&code=${secret}&error=${adminToken}`);
  await fetch(`${publicUrl}/hooks/${secret}`, { method: 'POST', body: adminToken });
}

/** Signs in again with a secret that is wrong, then with the right one. */
async function mistypeSecret(world: World, id: string): Promise<void> {
  const authorise = async (clientSecret: string) => {
    const body = JSON.stringify({ client_secret: clientSecret });
    await world.api(`/api/logins/${id}`, { method: 'PATCH', headers: json, body });
    const answer = await world.api(`/api/logins/${id}/reauthorize`, { method: 'POST' });
    const { authorize_url, redirect_uri } = (await answer.json()) as Record<string, string>;
    const state = new URL(authorize_url ?? '').searchParams.get('state') ?? '';
    const { clientId, userId } = alex;
    const url = world.bank.authorize({ clientId, userId, redirectUri: redirect_uri ?? '', state });
    const pasted = { method: 'POST', headers: json, body: JSON.stringify({ url }) };
    await world.api(`/api/logins/${id}/callback`, pasted);
    await world.api(`/api/logins/${id}/callback`, pasted);
  };
  await authorise(wrongSecret);
  await world.clock.advance(hour);
  await authorise(alex.clientSecret);
  world.bank.approve(alex.userId);
  await world.until('the login is active again', () =>
    world
      .app()
      .view()
      .logins.every(({ state }) => state === 'active'),
  );
}

/** Whatever the bank can do wrong, with answers that repeat what was sent. */
async function sufferTheBank({ faults, bank, clock }: World): Promise<void> {
  const echo = () => Object.fromEntries(bank.secrets().map((secret, index) => [`echo_${index}`, secret]));
  const tokens = bank.secrets().slice(-4).join(' ');
  const troubles = [
    { kind: 'html' },
    { kind: 'truncated' },
    { kind: 'reset_after' },
    { kind: 'status', status: 400, code: tokens },
    { kind: 'status', status: 401, code: tokens },
    { kind: 'status', status: 403, code: tokens },
    { kind: 'status', status: 429, retryAfter: 1, code: tokens },
    { kind: 'status', status: 500, code: tokens },
    { kind: 'wrong_shape' },
    { kind: 'wrong_shape', rewrite: echo },
    {
      kind: 'wrong_shape',
      rewrite: (body: unknown) => ({ ...(body as object), ...echo(), expires_in: tokens }),
    },
  ] as const;
  for (const trouble of troubles) {
    faults.add({ ...trouble, times: 3 });
    await clock.advance(hour);
  }
}

async function fullRun(t: TestContext, written: Written) {
  const of = (place: 'log' | 'http' | 'mqtt') => written.get(place) ?? [];
  const secrets = new Set<string>([password, encodeURIComponent(password), wrongSecret]);
  const cookies = recordAnswers(t, of('http'));
  await using broker = await startTestBroker();
  broker.demand(password);
  const url = broker.url.replace('mqtt://', `mqtt://bridge:${encodeURIComponent(password)}@`);
  await using world = await createWorld({ settings: { MONZO_BRIDGE_MQTT_URL: url } });
  const collect = () => world.bank.secrets().forEach((secret) => secrets.add(secret));
  const { adminToken } = world.app();
  const code = new URL(world.app().signInLink()).hash.replace('#code=', '');
  const cookie = await signInToPage(world, { code });
  const id = await world.connect('alex');
  await world.connect('sam');
  await until('the broker has an account', () => broker.seen.some(({ topic }) => topic.includes('acc_')));
  await callEverything(world, cookie);
  const before = world.bank.secrets().length;
  await world.clock.advance(32 * hour);
  assert.ok(world.bank.secrets().length > before, 'tokens were renewed');
  collect();
  await mistypeSecret(world, id);
  await sufferTheBank(world);
  collect();
  await world.restart();
  const second = await signInToPage(world, { token: adminToken }, cookie);
  world.bank.lapseApproval(alex.userId);
  world.bank.evict(sam.clientId, sam.userId);
  await world.clock.advance(hour);
  await callEverything(world, second);
  await world.api(`/api/logins/${id}?keep_history=true`, { method: 'DELETE' });
  await world.clock.advance(hour);
  collect();
  const secretKey = readFileSync(join(world.directory, 'secret-key'), 'utf8').trim();
  const keys = createDoorbellKeys(Buffer.from(secretKey, 'hex'));
  for (const account of world.app().view().accounts) secrets.add(keys.keyOf(account.id));
  for (const secret of [
    adminToken,
    secretKey,
    code,
    ...cookies.map((text) => /=([^;]+)/.exec(text)?.[1] ?? ''),
  ])
    secrets.add(secret);
  await world.stop();
  of('log').push(...world.logLines);
  of('mqtt').push(...broker.seen.map(({ topic, payload }) => `${topic} ${payload}`));
  return [...secrets];
}

test('no secret is ever written to the log, HTTP, MQTT or diagnostics', async (t) => {
  const written: Written = new Map([
    ['log', []],
    ['http', []],
    ['mqtt', []],
  ]);
  const secrets = await fullRun(t, written);
  assert.ok(secrets.length > 20 && secrets.every((secret) => secret.length > 8), String(secrets.length));
  const texts = new Map([...written].map(([place, parts]) => [place, parts.join('\n')]));
  for (const [place, sign] of [
    ['log', 'A login is in trouble.'],
    ['http', 'approved_days_ago'],
    ['http', 'authorize_url'],
    ['mqtt', 'homeassistant/device/'],
  ] as const)
    assert.ok(texts.get(place)?.includes(sign), `the recording of ${place} holds what it must`);
  const leaks = [...texts].flatMap(([place, text]) =>
    secrets
      .filter((secret) => text.includes(endOf(secret)))
      .map((secret) => `${place}: …${around(text, secret)}…`),
  );
  assert.deepEqual(leaks, []);
  for (const place of ['log', 'mqtt'] as const)
    assert.doesNotMatch(texts.get(place) ?? '', /#code=/, 'links are for who asks for them');
});

test('a bare percent sign in the password of the broker is literal, and no form of the password is logged', async () => {
  const typed = '100%-sure p%40ssword';
  const meant = '100%-sure p@ssword';
  await using broker = await startTestBroker();
  broker.demand(meant);
  const url = broker.url.replace('mqtt://', `mqtt://bridge:${typed}@`);
  const forms = [typed, meant, new URL(url).password];
  const directory = mkdtempSync(join(tmpdir(), 'monzo-bridge-percent-'));
  const lines: string[] = [];
  const failing: Output = {
    name: 'failing',
    show: () => {},
    health: () => ({ part: 'failing', state: 'ok', sentence: null }),
    close: () => Promise.reject(new Error(`It repeats ${forms.join(' and ')}.`)),
  };
  const app = await startApp({
    directory,
    settings: { MONZO_BRIDGE_MQTT_URL: url },
    callBank: () => Promise.reject(new Error('no bank')),
    write: (line) => lines.push(line),
    outputs: [failing],
  });
  await until('the broker lets the bridge in', () => broker.retained('monzo/bridge/state') !== undefined);
  await app.close();
  rmSync(directory, { recursive: true });
  assert.match(lines.join(''), /It repeats \[concealed\] and \[concealed\] and \[concealed\]\./);
});

/** What is cut off at the front is a secret still; the fronts are alike. */
function endOf(secret: string): string {
  return secret.slice(-24);
}

function around(text: string, secret: string): string {
  const at = text.indexOf(endOf(secret));
  return text.slice(Math.max(0, at - 80), at + 24);
}
