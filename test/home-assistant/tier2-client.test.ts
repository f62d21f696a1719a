import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { z } from 'zod';
import { systemClock } from '../../src/clock.ts';
import { sampleEvent } from '../support/store-samples.ts';
import { aTransaction } from '../support/samples.ts';
import type { BusEvent } from './messages.ts';
import { startRig, type Rig } from './rig.ts';
import { connectTier2, until, type Tier2 } from './tier2-output.ts';
import { offer } from '../support/offer.ts';

let rig: Rig;
let tier2: Tier2;

before(async () => {
  rig = await startRig();
  tier2 = connectTier2(rig);
  await until(
    'calls reach us',
    () => tier2.connection.isListening() && tier2.connection.redirectUri() !== null,
  );
});

after(async () => {
  await tier2?.output.close();
  await tier2?.connection.close();
  await rig?.dispose();
});

test('both addresses are Home Assistant’s external one with the webhook’s id', () => {
  const { redirect, doorbell } = tier2.webhookIds;
  assert.equal(tier2.connection.redirectUri(), `${rig.homeAssistant.url}/api/webhook/${redirect}`);
  assert.equal(tier2.connection.webhookUrl(), `${rig.homeAssistant.url}/api/webhook/${doorbell}`);
});

test('Home Assistant tells how its MQTT integration announces it', async () => {
  await until('it is read', () => tier2.output.announcements.current() !== null);
  assert.deepEqual(tier2.output.announcements.current(), {
    birth: { topic: 'homeassistant/status', payload: 'online' },
    will: { topic: 'homeassistant/status', payload: 'offline' },
  });
});

const codes = [
  '12345',
  '007',
  '1e5',
  'true',
  'None',
  '{{ 1 + 1 }}',
  '{% raw %}',
  "it's",
  '"quoted"',
  'a+b/c=d&e',
  '%41',
  '[1, 2]',
  '£€ żółć 🏦',
  'eyJhbGciOiJIUzI1NiJ9.eyJmIjoiMSJ9.a-b_c',
  'x'.repeat(2_000),
];

for (const code of codes)
  test(`Monzo’s redirect delivers the code ${code.slice(0, 40)} and the state unchanged`, async () => {
    const state = `${code}|state`;
    const { callbacks } = tier2;
    callbacks.length = 0;
    assert.equal((await comeBack({ code, state })).status, 200);
    await until('it arrived', () => callbacks.length > 0);
    assert.deepEqual(callbacks, [{ code, state, error: null }]);
  });

test('a cancelled sign-in arrives with its error; a visit without parameters is ignored', async () => {
  const { callbacks } = tier2;
  callbacks.length = 0;
  await comeBack({});
  await comeBack({ error: 'access_denied', state: '42' });
  await until('it arrived', () => callbacks.length > 0);
  assert.deepEqual(callbacks, [{ code: null, state: '42', error: 'access_denied' }]);
});

test('a webhook call from Monzo rings; other posts do not', async () => {
  const { rings } = tier2;
  const url = tier2.connection.webhookUrl() ?? '';
  const json = (body: string) => ({ body, headers: { 'content-type': 'application/json' } });
  const bodies: readonly RequestInit[] = [
    json('{"type":"transaction.created","data":{"account_id":"acc 1"}}'),
    json('{"data":{"account_id":["acc_1"]}}'),
    json('{"__proto__":{"data":{"account_id":"acc_1"}}}'),
    json('[1,2,3]'),
    json('null'),
    json('{"data":'),
    json('['.repeat(900) + ']'.repeat(900)),
    { body: 'account_id=acc_1', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
    { body: new Uint8Array([0, 255, 254]) },
    json(JSON.stringify({ data: { account_id: 'x'.repeat(1_000_000) } })),
  ];
  for (const init of bodies) await fetch(url, { method: 'POST', ...init });
  await fetch(url);
  const body = '{"type":"transaction.created","data":{"account_id":"acc_00009QnUEbBZmHKLD9O","amount":-350}}';
  assert.equal((await fetch(url, { method: 'POST', ...json(body) })).status, 200);
  await until('it rang', () => rings.length > 0);
  assert.deepEqual(rings, ['acc_00009QnUEbBZmHKLD9O']);
  assert.equal(tier2.connection.isListening(), true, 'none of them cost us the connection');
});

const raw = String.raw`{"id":"tx_1","amount":-350,"big":9007199254740993,"widest":18446744073709551615,"exact":1.10,"scheme":null,"unknown":{"__proto__":{"x":1},"2":"b","1":"a","":[]},"text":"it's \"£\" 🏦 {{ 1 + 1 }} \\ud800","half":"\ud800!","endless":1e999}`;

test('an event arrives on the bus with Monzo’s own object, and counts as delivered once Home Assistant confirms it', async () => {
  const fired: BusEvent[] = [];
  const stop = await rig.client.onEvent('monzo_event', (event) => fired.push(event));
  await until('automations listen', () => tier2.output.observer.presence() === 'here');
  const event = sampleEvent('tx_1', { transaction: aTransaction({ raw }) });
  assert.equal(await offer(tier2.output.sink, { seq: 1, event }), 'delivered');
  await until('it arrived', () => fired.length > 0);
  const { data } = fired[0] ?? {};
  assert.deepEqual(data, {
    type: 'transaction.created',
    kind: 'card_payment',
    amount: -3.5,
    currency: 'GBP',
    account_id: event.accountId,
    event_id: 'tx_1:created',
    data: JSON.parse(raw.replace(String.raw`"\ud800!"`, '"\ufffd!"').replace('1e999', '"1e999"')),
  });
  await stop();
});

test('large integers reach Home Assistant unchanged', async () => {
  const [event] = await Promise.all([
    rig.client.command(
      {
        type: 'execute_script',
        sequence: [
          { wait_for_trigger: [{ trigger: 'event', event_type: 'monzo_event' }], timeout: 20 },
          { variables: { result: { text: '{{ wait.trigger.event.data.data.big }}!' } } },
          { stop: 'done', response_variable: 'result' },
        ],
      },
      z.object({ response: z.object({ text: z.string() }) }),
    ),
    fireUntilHeard(),
  ]);
  assert.equal(event.response.text, '9007199254740993!');
});

test('Home Assistant stops as fast with the bridge connected', async () => {
  await rig.client.pause(rig.homeAssistant.whenRunning());
  const began = performance.now();
  await rig.homeAssistant.stop();
  const took = performance.now() - began;
  console.log(`stopping took ${Math.round(took)} ms with us connected`);
  // Home Assistant waits ten seconds for each websocket whose client leaves ending the line to it.
  assert.ok(took < 10_000, `${took} ms`);
  assert.notEqual(tier2.output.health().state, 'ok');
  assert.equal(await offer(tier2.output.sink, { seq: 1, event: sampleEvent('tx_2') }), 'wait');
  assert.equal(tier2.connection.redirectUri(), null);
  assert.notEqual(tier2.connection.webhookUrl(), null);
});

for (const how of ['stop', 'kill'] as const)
  test(`after a ${how} and a start of Home Assistant everything works again`, async () => {
    if (how === 'stop') await rig.untilBorn(() => rig.homeAssistant.start());
    else await rig.restartHomeAssistant('kill');
    await until(
      'calls reach us',
      () => tier2.connection.isListening() && tier2.connection.redirectUri() !== null,
    );
    const { callbacks } = tier2;
    callbacks.length = 0;
    await comeBack({ code: 'again', state: how });
    await until('it arrived', () => callbacks.length > 0);
    assert.deepEqual(callbacks, [{ code: 'again', state: how, error: null }]);
    await until('automations listen', () => tier2.output.observer.presence() === 'here');
    assert.equal(await offer(tier2.output.sink, { seq: 1, event: sampleEvent('tx_3') }), 'delivered');
  });

test('a revoked token is reported', async () => {
  const tokens = await rig.client.command(
    { type: 'auth/refresh_tokens' },
    z.array(z.object({ id: z.string(), type: z.string() })),
  );
  const current = tokens.find(({ type }) => type === 'long_lived_access_token');
  assert.ok(current);
  // The suite's own client uses the same token, so this is its last word.
  await rig.client
    .command({ type: 'auth/delete_refresh_token', refresh_token_id: current.id }, z.unknown())
    .catch(() => {});
  await until('it is noticed', () => tier2.output.health().state === 'needs_user');
  assert.match(tier2.output.health().sentence ?? '', /MONZO_BRIDGE_HOME_ASSISTANT_TOKEN/);
});

test('the token and the webhook ids appear in no log line and in no health', () => {
  const said = JSON.stringify([tier2.logged, tier2.output.health()]);
  for (const secret of [rig.homeAssistant.token, ...Object.values(tier2.webhookIds)])
    assert.ok(!said.includes(secret));
  assert.ok(tier2.logged.length > 0);
});

test('Home Assistant’s log has no warning about the bridge', async () => {
  const problems = await rig.homeAssistant.problems(['monzo', 'template', 'websocket_api']);
  // The recorder complains about the database of the Home Assistant that was killed.
  assert.deepEqual(
    problems.filter(({ logger }) => !logger.includes('recorder')),
    [],
  );
});

function comeBack(query: Readonly<Record<string, string>>): Promise<Response> {
  return fetch(`${tier2.connection.redirectUri() ?? ''}?${new URLSearchParams(query).toString()}`);
}

/** The script may not yet be waiting when the first one is fired. */
async function fireUntilHeard(): Promise<void> {
  const event = sampleEvent('tx_1', { transaction: aTransaction({ raw }) });
  for (let turn = 0; turn < 10; turn += 1) {
    await systemClock.wait(200);
    await offer(tier2.output.sink, { seq: 1, event });
  }
}
