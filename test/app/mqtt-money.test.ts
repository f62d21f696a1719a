import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { command, done, type Command } from '../../src/commands/command.ts';
import { createMqttOutput, type MqttOptions } from '../../src/outputs/mqtt/publisher.ts';
import {
  eventually,
  hurriedClock,
  startScriptedBroker,
  startTestBroker,
  type Delivered,
} from '../support/broker.ts';
import { unattended } from '../support/unattended.ts';

type Answer = Readonly<Record<string, unknown>>;

/** A command that moves money: what the doors do with it is to be seen, not what it does. */
const move: Command = command({
  class: 'money',
  meaning: 'Moves money.',
  body: z.strictObject({ amount: z.string() }),
  refusal: { money_moved: 'no', transfer_id: null },
  run: async ({ amount }) => {
    if (amount === 'broken') throw new TypeError('a defect');
    return done({ money_moved: 'yes', transfer_id: 'transfer_1' });
  },
});

const optionsFor = (url: string): MqttOptions => ({
  url,
  baseTopic: 'monzo',
  discoveryPrefix: 'homeassistant',
  retainState: true,
  eventDetail: 'full',
  clock: hurriedClock,
  random: () => 0.5,
  log: { info: () => {}, warn: () => {} },
  commands: new Map([['move', move]]),
  allowedCommands: 'money',
  ...unattended(),
});

const request = 'monzo/bridge/request/move';
const response = 'monzo/bridge/response/move';
const body = '{"amount":"1","transaction":7}';

interface Room extends AsyncDisposable {
  /** Sends a request over MQTT 5 and resolves with the answer's packet. */
  ask(
    message: Partial<Delivered>,
  ): Promise<{ readonly topic: string; readonly answer: Answer; readonly correlation: string }>;
}

/** The MQTT output in front of a broker that speaks MQTT 5. */
async function room(): Promise<Room> {
  const broker = await startScriptedBroker({ reasonCode: 0 });
  const output = createMqttOutput(optionsFor(broker.url));
  const subscriptions = () =>
    broker.packets.flatMap((packet) => (packet.cmd === 'subscribe' ? packet.subscriptions : []));
  await eventually('the subscription', () =>
    subscriptions().some(({ topic }) => topic.includes('/request/')),
  );
  const subscribed = subscriptions().find(({ topic }) => topic === 'monzo/bridge/request/+');
  assert.deepEqual([subscribed?.qos, subscribed?.rap], [1, true]);
  const connected = broker.packets.find((packet) => packet.cmd === 'connect');
  assert.deepEqual([connected?.clean, connected?.properties?.sessionExpiryInterval ?? 0], [true, 0]);
  const answers = () =>
    broker.packets.flatMap((packet) => {
      if (packet.cmd !== 'publish') return [];
      const text = packet.payload.toString();
      return text.includes('"status"') ? [{ packet, text }] : [];
    });
  return {
    ask: async (message) => {
      const before = answers().length;
      broker.deliver({ topic: request, payload: body, ...message });
      await eventually('the answer', () => answers().length > before);
      const { packet, text } = answers()[before] ?? assert.fail('there is no answer');
      const correlation = packet.properties?.correlationData?.toString() ?? '';
      return { topic: packet.topic, answer: JSON.parse(text) as Answer, correlation };
    },
    async [Symbol.asyncDispose]() {
      await output.close();
      await broker[Symbol.asyncDispose]();
    },
  };
}

test('over MQTT 5 money moves, and the answer goes where it was wanted', async () => {
  await using here = await room();
  const plain = await here.ask({});
  assert.equal(plain.topic, response);
  assert.deepEqual(plain.answer, {
    status: 'done',
    data: { money_moved: 'yes', transfer_id: 'transfer_1' },
    transaction: 7,
  });
  const properties = { responseTopic: 'node-red/answers', correlationData: Buffer.from('mine') };
  const told = await here.ask({ properties });
  assert.deepEqual([told.topic, told.correlation], ['node-red/answers', 'mine']);
});

test('a request that is stored, too late or broken moves nothing and says so', async () => {
  await using here = await room();
  const refused: readonly (readonly [Partial<Delivered>, string])[] = [
    [{ retain: true }, 'retained_request'],
    [{ properties: { messageExpiryInterval: 0 } }, 'expired_request'],
    [{ payload: '{"amount":' }, 'bad_request'],
    [{ payload: '["1"]' }, 'bad_request'],
    [{ payload: '{"amount":1}' }, 'bad_request'],
    [{ payload: '{"amount":"1","amuont":"2"}' }, 'bad_request'],
    [{ payload: `{"amount":"${'1'.repeat(20_000)}"}` }, 'bad_request'],
  ];
  for (const [message, code] of refused) {
    const { answer } = await here.ask(message);
    const { message: sentence, ...error } = answer['error'] as Answer;
    assert.deepEqual([answer['status'], error], ['refused', { code, money_moved: 'no', transfer_id: null }]);
    assert.match(String(sentence), /^\S.{15,}\.$/);
  }
  const { answer } = await here.ask({ properties: { messageExpiryInterval: 5 } });
  assert.equal(answer['status'], 'done', 'one that is still meant is obeyed');
});

test('nobody has an answer published on a topic that speaks for the bridge', async () => {
  await using here = await room();
  for (const responseTopic of [
    'monzo/bridge/state',
    'monzo/acc_1/transaction',
    request,
    'homeassistant/device/monzo_acc_1/config',
  ])
    assert.equal((await here.ask({ properties: { responseTopic } })).topic, response);
});

test('a defect is answered too, and claims to know nothing', async () => {
  await using here = await room();
  const { answer } = await here.ask({ payload: '{"amount":"broken"}' });
  const { message: _sentence, ...error } = answer['error'] as Answer;
  assert.deepEqual(
    [answer['status'], error],
    ['failed', { code: 'internal', money_moved: 'unknown', transfer_id: null }],
  );
});

test('over MQTT 3.1.1 no money moves, because old requests could not be told from new ones', async () => {
  await using broker = await startTestBroker();
  const output = createMqttOutput(optionsFor(broker.url));
  try {
    await eventually('the connection', () => output.health().state === 'ok');
    await eventually('the answer', () => {
      void broker.publish(request, body);
      return broker.payloads(response).length > 0;
    });
    const answer = JSON.parse(broker.payloads(response)[0] ?? 'null') as Answer;
    const { message: _sentence, ...error } = answer['error'] as Answer;
    assert.deepEqual(
      [answer['status'], error],
      ['refused', { code: 'needs_mqtt_5', money_moved: 'no', transfer_id: null }],
    );
  } finally {
    await output.close();
  }
});
