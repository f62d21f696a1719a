import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mqttIncoming, mqttRequests } from '../../src/limits.ts';
import type { Delivered } from '../support/scripted-broker.ts';
import { alex } from '../../sim/household.ts';
import { startAsker } from '../support/mqtt-five.ts';
import { quiet, until } from '../support/until.ts';
import { createWorld } from '../support/world.ts';

interface Answer {
  readonly status: string;
  readonly error?: { readonly code: string; readonly message: string };
  readonly transaction: unknown;
}

/** Alex's bridge at a broker that ends the connection, as real ones do, on a topic that nobody can publish to. */
async function startBesieged(settings: Readonly<Record<string, string>> = {}) {
  const stack = new AsyncDisposableStack();
  const asker = stack.use(await startAsker());
  const { broker } = asker;
  const world = stack.use(
    await createWorld({
      settings: { MONZO_BRIDGE_MQTT_URL: broker.url, MONZO_BRIDGE_MQTT_COMMANDS: 'money', ...settings },
    }),
  );
  await world.connect('alex');
  await asker.heard();
  const published = () => broker.packets.filter((packet) => packet.cmd === 'publish');
  const connections = () => broker.packets.filter(({ cmd }) => cmd === 'connect').length;
  return {
    connections,
    connectionsAtFirst: connections(),
    asker,
    broker,
    world,
    published,
    answers: (topic: string) =>
      published()
        .filter((packet) => packet.topic === topic)
        .map(({ payload }) => JSON.parse(payload.toString()) as Answer),
    health: () =>
      world
        .app()
        .health()
        .find(({ part }) => part === 'mqtt'),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

const pause: Pick<Delivered, 'payload'> = { payload: '{}' };
const ordinary = 'monzo/bridge/response/pause';

test('an answer goes only where answers may go, and no response topic ends the connection', async () => {
  await using at = await startBesieged({ MONZO_BRIDGE_MQTT_RESPONSE_PREFIX: 'node-red/answers' });
  const topicFor = async (responseTopic: string) =>
    (await at.asker.ask('pause', { ...pause, properties: { responseTopic } })).topic;
  for (const hostile of [
    'node-red/answers/#',
    'node-red/answers/+/1',
    'monzo/bridge/response/#',
    '$SYS/broker/clients',
    '$share/answers/monzo/bridge/response/1',
    `node-red/answers${'/x'.repeat(250)}`,
    `node-red/answers/${'x'.repeat(60_000)}`,
    'node-red/answers/\u0001',
    'node-red/answers/\uFFFD',
    'monzo/bridge/state',
    'monzo/bridge/request/pot_transfer',
    'zigbee2mqtt/bridge/request/restart',
    'homeassistant/status',
    '',
  ])
    assert.equal(await topicFor(hostile), ordinary, JSON.stringify(hostile.slice(0, 60)));
  for (const allowed of ['node-red/answers/1', 'monzo/bridge/response/mine/2'])
    assert.equal(await topicFor(allowed), allowed);
  const correlationData = Buffer.alloc(65_535, 7);
  const told = await at.asker.ask('pause', { ...pause, properties: { correlationData } });
  assert.equal(told.correlation, correlationData.toString());
  assert.equal(at.connections(), at.connectionsAtFirst);
});

test('without the setting no other program’s topic is ever written to', async () => {
  await using at = await startBesieged();
  const properties = { responseTopic: 'node-red/answers/1' };
  assert.equal((await at.asker.ask('pause', { ...pause, properties })).topic, ordinary);
});

const hostilePayloads: readonly (readonly [what: string, payload: string | Buffer])[] = [
  ['brackets', '['.repeat(900_000)],
  ['nested lists', `{"transaction":${'['.repeat(8_000)}${']'.repeat(8_000)}}`],
  ['bytes that are not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
  ['half of a character', '{"login":"a\\ud800"}'],
  ['half of a character in a name', '{"a\\udfff":1}'],
  ['an infinite number', '{"login":1e400}'],
];

test('requests of any content are answered or ignored, and the bridge stays', async () => {
  await using at = await startBesieged();
  for (const [what, payload] of hostilePayloads) {
    const { answer } = await at.asker.ask('refresh', { payload });
    assert.equal((answer as unknown as Answer).error?.code, 'bad_request', what);
  }
  const { answer } = await at.asker.ask('pause', { payload: '{"transaction":1,"transaction":2}' });
  assert.deepEqual([answer['status'], answer['transaction']], ['done', 2], 'the last of two counts');
  const before = at.published().length;
  for (const odd of ['', ' ', 'Pause', 'x'.repeat(65_000), 'a\u0001', 'refresh/now', 'ü'])
    at.broker.deliver({ topic: `monzo/bridge/request/${odd}`, payload: '{}' });
  assert.equal((await at.asker.ask('pause', pause)).topic, ordinary);
  assert.ok(
    at
      .published()
      .slice(before)
      .every(({ topic }) => topic === ordinary || !topic.includes('/response/')),
  );
  assert.equal(at.connections(), at.connectionsAtFirst);
});

test('a flood of requests is bounded and told, waits for nothing twice, and never delays pause', async () => {
  await using at = await startBesieged();
  const held = Promise.withResolvers<void>();
  at.world.faults.add({ kind: 'held', until: held.promise });
  const { atOnce, waiting, beside } = mqttRequests;
  const flood = 20_000;
  const one = {
    topic: 'monzo/bridge/request/refresh',
    payload: '{}',
    properties: { messageExpiryInterval: 3_600 },
  };
  at.broker.deliver(one, flood);
  const { answer } = await at.asker.ask('pause', pause);
  assert.equal(answer['status'], 'done');
  const refused = () =>
    at.answers('monzo/bridge/response/refresh').filter(({ error }) => error?.code === 'too_many_requests');
  assert.ok(refused().length > 0 && refused().length <= beside * 20, `${refused().length} were told`);
  assert.equal(at.health()?.state, 'degraded');
  assert.match(at.health()?.sentence ?? '', new RegExp(`refused ${flood - atOnce - waiting} of them`));
  held.resolve();
  await at.world.until(
    'those that waited are answered',
    () => at.answers('monzo/bridge/response/refresh').length === atOnce + waiting + refused().length,
  );
  at.broker.deliver({ ...one, topic: 'monzo/bridge/request/pause' }, 2_000);
  await until('the flood of pauses is over', async () => {
    await quiet(5);
    return true;
  });
  assert.ok(at.answers(ordinary).length < 1_000);
  await at.world.clock.advance(mqttRequests.toldFor);
  await at.world.until('it is over', () => at.health()?.state === 'ok');
  assert.equal(at.connections(), at.connectionsAtFirst);
});

test('the bridge announces more than its own largest message, and how many messages it takes at once', async () => {
  await using at = await startBesieged();
  const before = at.published().length;
  for (let pot = 0; pot < 200; pot += 1)
    at.world.bank.openPot(alex.current, {
      id: `pot_many_${pot}`,
      name: `${pot} ${'👩‍👩‍👧‍👦'.repeat(40)}`,
      balance: pot,
      createdMs: 0,
    });
  await at.asker.ask('refresh', { payload: '{}' });
  const documents = () => at.published().filter(({ topic }) => /device\/.*pot_many/.test(topic));
  await at.world.until('every pot has its device', () => documents().length >= 200);
  const sizes = at
    .published()
    .slice(before)
    .map(({ payload }) => Buffer.byteLength(payload));
  const largest = Math.max(...sizes);
  assert.ok(largest < mqttIncoming.packetBytes / 16, `the largest has ${largest} bytes`);
  const [connect] = at.broker.packets;
  assert.ok(connect?.cmd === 'connect');
  const { maximumPacketSize = 0, receiveMaximum = 0 } = connect.properties ?? {};
  assert.ok(maximumPacketSize >= 256 * 1024 && maximumPacketSize > 4 * largest);
  assert.ok(receiveMaximum > 0 && receiveMaximum < 1_000);
});

test('a request that expires while it waits is refused', async () => {
  await using at = await startBesieged();
  const held = Promise.withResolvers<void>();
  at.world.faults.add({ kind: 'held', until: held.promise });
  const refresh = { topic: 'monzo/bridge/request/refresh', payload: '{}' };
  at.broker.deliver(refresh, mqttRequests.atOnce);
  const waits = { ...refresh, properties: { messageExpiryInterval: 2 } };
  at.broker.deliver({ ...waits, payload: '{"transaction":"late"}' });
  // It waits for nothing: once it is answered, all before it have been received.
  await at.asker.ask('pause', pause);
  await at.world.clock.advance(3_000);
  held.resolve();
  const late = () =>
    at.answers('monzo/bridge/response/refresh').find(({ transaction }) => transaction === 'late');
  await at.world.until('the late one is answered', () => late() !== undefined);
  assert.equal(late()?.error?.code, 'expired_request');
});
