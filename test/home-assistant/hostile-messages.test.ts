import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { connectAsync } from 'mqtt';
import { alex } from '../../sim/household.ts';
import { mqttIncoming } from '../../src/limits.ts';
import { startFakeHomeAssistant } from '../support/fake-home-assistant.ts';
import { inSteps, until } from '../support/until.ts';
import { createWorld } from '../support/world.ts';
import { startMosquitto } from './mosquitto.ts';

test('at a real Mosquitto neither response topics nor huge, broken or countless requests end the connection', async () => {
  await using broker = await startMosquitto();
  await using world = await createWorld({
    settings: {
      MONZO_BRIDGE_MQTT_URL: broker.url,
      MONZO_BRIDGE_MQTT_COMMANDS: 'read',
      MONZO_BRIDGE_MQTT_RESPONSE_PREFIX: 'answers',
    },
  });
  await world.connect('alex');
  await using stack = new AsyncDisposableStack();
  const client = await connectAsync(broker.url, { protocolVersion: 5 });
  stack.defer(() => client.endAsync(true));
  const heard: { readonly topic: string; readonly answer: string }[] = [];
  const states: string[] = [];
  client.on('message', (topic, payload) => {
    if (topic === 'monzo/bridge/state') states.push(payload.toString());
    else if (!topic.endsWith('/refresh')) heard.push({ topic, answer: payload.toString() });
  });
  await client.subscribeAsync(['monzo/bridge/response/#', 'answers/#', 'monzo/bridge/state']);
  await until('the bridge is on the broker', () => states.some((state) => state.includes('online')));
  const ask = async (payload: string | Buffer, responseTopic?: string) => {
    const before = heard.length;
    const properties = responseTopic === undefined ? {} : { responseTopic };
    await client.publishAsync('monzo/bridge/request/pause', payload, { qos: 1, properties });
    await until('the answer', () => heard.length > before);
    return heard.at(-1) ?? assert.fail('there is no answer');
  };
  for (const [wanted, given] of [
    ['answers/1', 'answers/1'],
    [`answers${'/x'.repeat(220)}`, 'monzo/bridge/response/pause'],
    ['$SYS/broker/version', 'monzo/bridge/response/pause'],
    ['$share/all/answers/1', 'monzo/bridge/response/pause'],
    ['elsewhere/1', 'monzo/bridge/response/pause'],
  ] as const)
    assert.equal((await ask('{}', wanted)).topic, given);
  assert.match((await ask(Buffer.from([0xff, 0xfe]))).answer, /bad_request/);
  assert.match((await ask(`{"transaction":${'['.repeat(8_000)}${']'.repeat(8_000)}}`)).answer, /bad_request/);
  await client.publishAsync('monzo/bridge/request/pause', randomBytes(2 * mqttIncoming.packetBytes), {
    qos: 1,
  });
  for (let sent = 0; sent < 5_000; sent += 1) client.publish('monzo/bridge/request/refresh', '{}');
  assert.match((await ask('{}')).answer, /"status":"done"/);
  assert.deepEqual(
    states.filter((state) => state.includes('offline')),
    [],
  );
  const health = world
    .app()
    .health()
    .find(({ part }) => part === 'mqtt');
  assert.notEqual(health?.state, 'down');
});

const refusals = [
  ['retain_available false', /refuses retained messages \(reason code 154\)/],
  ['max_qos 0', /takes no message above QoS 0 \(reason code 155\)/],
] as const;

for (const [setting, says] of refusals)
  test(`a real Mosquitto with ${setting} is understood: balances and events go on`, async () => {
    await using broker = await startMosquitto([setting]);
    await using world = await createWorld({ settings: { MONZO_BRIDGE_MQTT_URL: broker.url } });
    await world.connect('alex');
    const client = await connectAsync(broker.url, { protocolVersion: 5 });
    await using stack = new AsyncDisposableStack();
    stack.defer(() => client.endAsync(true));
    const heard = new Set<string>();
    client.on('message', (topic) => heard.add(topic));
    await client.subscribeAsync(['monzo/+', 'monzo/+/event', 'homeassistant/device/+/config']);
    const between = inSteps(world.clock, 500);
    const isTold = () =>
      world
        .app()
        .health()
        .some(({ part, sentence }) => part === 'mqtt' && says.test(sentence ?? ''));
    await until('it is told', isTold, { between });
    await client.publishAsync('homeassistant/status', 'online');
    await until('the balance', () => heard.has(`monzo/${alex.current}`), { between });
    const document = `homeassistant/device/monzo_${alex.current}/config`;
    await until('the document', () => heard.has(document), { between });
    world.bank.purchase(alex.current, { amount: 350, merchant: 'Corner Shop' });
    await until('the event', () => heard.has(`monzo/${alex.current}/event`), { between });
    assert.ok(isTold());
  });

test('a real Mosquitto whose rules hide Home Assistant’s status is found out by its entities', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'monzo-bridge-rules-'));
  await using stack = new AsyncDisposableStack();
  stack.defer(() => rm(directory, { recursive: true, force: true }));
  const rules = join(directory, 'rules');
  await writeFile(rules, 'topic readwrite monzo/#\ntopic readwrite homeassistant/device/+/config\n', {
    mode: 0o644,
  });
  const broker = stack.use(await startMosquitto([`acl_file ${rules}`]));
  const fake = stack.use(await startFakeHomeAssistant());
  for (const key of ['transaction', 'transaction_update']) fake.entities.declare(`${alex.current}_${key}`);
  const world = stack.use(
    await createWorld({
      settings: {
        MONZO_BRIDGE_MQTT_URL: broker.url,
        MONZO_BRIDGE_HOME_ASSISTANT_URL: fake.url,
        MONZO_BRIDGE_HOME_ASSISTANT_TOKEN: fake.world.token,
      },
    }),
  );
  await world.connect('alex');
  const mqtt = () =>
    world
      .app()
      .health()
      .find(({ part }) => part === 'mqtt');
  await until('it is told', () => /birth message does not reach the bridge/.test(mqtt()?.sentence ?? ''), {
    between: inSteps(world.clock, 5_000),
  });
  assert.equal(mqtt()?.state, 'degraded');
});
