import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { connectAsync } from 'mqtt';
import { mqttIncoming } from '../../src/limits.ts';
import { until } from '../support/until.ts';
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
    await until('the answer', () => heard.length > before, { patience: 10_000 });
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
