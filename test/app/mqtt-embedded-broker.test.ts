import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectAsync } from 'mqtt';
import { startEmbeddedBroker } from '../../sim/broker.ts';

test('the embedded broker carries messages, keeps retained ones, and ends with its clients still there', async () => {
  const broker = await startEmbeddedBroker({ host: '127.0.0.1', port: 0 });
  assert.match(broker.url, /^mqtt:\/\/127\.0\.0\.1:\d+$/);
  const options = { protocolVersion: 4, reconnectPeriod: 0 } as const;
  const writer = await connectAsync(broker.url, options);
  await writer.publishAsync('a/b', 'kept', { qos: 1, retain: true });
  const reader = await connectAsync(broker.url, options);
  const arrived = new Promise<string>((resolve) => {
    reader.on('message', (_topic, payload) => resolve(payload.toString()));
  });
  await reader.subscribeAsync('a/+');
  assert.equal(await arrived, 'kept');
  await broker.close();
  await writer.endAsync(true);
  await reader.endAsync(true);
});

test('the embedded broker forwards in the order of sending, what it retains too', async () => {
  const broker = await startEmbeddedBroker({ host: '127.0.0.1', port: 0 });
  const options = { protocolVersion: 4, reconnectPeriod: 0 } as const;
  const [writer, reader] = await Promise.all([
    connectAsync(broker.url, options),
    connectAsync(broker.url, options),
  ]);
  const heard: string[] = [];
  reader.on('message', (topic) => heard.push(topic));
  await reader.subscribeAsync('#', { qos: 1 });
  const sent = ['state', 'event', 'state', 'event', 'event', 'state', 'last'];
  const isOver = new Promise((resolve) => {
    reader.on('message', (topic) => topic === 'last' && resolve(null));
  });
  await Promise.all(
    sent.map((topic) => writer.publishAsync(topic, '1', { qos: 1, retain: topic === 'state' })),
  );
  await isOver;
  assert.deepEqual(heard, sent);
  await Promise.all([writer.endAsync(true), reader.endAsync(true)]);
  await broker.close();
});

test('a port that is taken is an error that can be told', async () => {
  const broker = await startEmbeddedBroker({ host: '127.0.0.1', port: 0 });
  const port = Number(new URL(broker.url).port);
  await assert.rejects(startEmbeddedBroker({ host: '127.0.0.1', port }), { code: 'EADDRINUSE' });
  await broker.close();
});
