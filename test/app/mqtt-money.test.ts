import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { command, done, type Command } from '../../src/commands/command.ts';
import { brokerAt } from '../../src/outputs/mqtt/broker.ts';
import { createMqttOutput, type MqttOptions } from '../../src/outputs/mqtt/mqtt-output.ts';
import { hurriedClock, startTestBroker } from '../support/broker.ts';
import { type Delivered } from '../support/scripted-broker.ts';
import { until } from '../support/until.ts';
import { startAsker, type MqttAnswer } from '../support/mqtt-five.ts';
import { unattended } from '../support/unattended.ts';

type Answer = Readonly<Record<string, unknown>>;

/** A command that moves money: what the doors do with it is to be seen, not what it does. */
const move: Command = command({
  class: 'money',
  answer: z.looseObject({}),
  refusals: [],
  meaning: 'Moves money.',
  body: z.strictObject({ amount: z.string() }),
  refusal: { money_moved: 'no', transfer_id: null },
  run: async ({ amount }) => {
    if (amount === 'broken') throw new TypeError('a defect');
    return done({ money_moved: 'yes', transfer_id: 'transfer_1' });
  },
});

const optionsFor = (url: string): MqttOptions => ({
  broker: brokerAt(url),
  baseTopic: 'monzo',
  discoveryPrefix: 'homeassistant',
  retainState: true,
  eventDetail: 'full',
  clock: hurriedClock,
  random: () => 0.5,
  log: { info: () => {}, warn: () => {} },
  commands: new Map([['move', move]]),
  allowedCommands: 'money',
  responsePrefix: 'node-red',
  ...unattended(),
});

const request = 'monzo/bridge/request/move';
const response = 'monzo/bridge/response/move';
const body = '{"amount":"1","transaction":7}';

interface Room extends AsyncDisposable {
  /** Sends a request over MQTT 5 and resolves with the answer. */
  ask(message: Partial<Delivered>): Promise<MqttAnswer>;
}

/** The MQTT output in front of a broker that speaks MQTT 5. */
async function room(): Promise<Room> {
  const asker = await startAsker();
  const output = createMqttOutput(optionsFor(asker.broker.url));
  await asker.heard();
  return {
    ask: (message) => asker.ask('move', { payload: body, ...message }),
    async [Symbol.asyncDispose]() {
      await output.close();
      await asker[Symbol.asyncDispose]();
    },
  };
}

test('requests are listened for with a clean start, no session, and retain as published', async () => {
  await using asker = await startAsker();
  const output = createMqttOutput(optionsFor(asker.broker.url));
  await asker.heard();
  const { packets } = asker.broker;
  const connected = packets.find((packet) => packet.cmd === 'connect');
  assert.deepEqual([connected?.clean, connected?.properties?.sessionExpiryInterval ?? 0], [true, 0]);
  const subscribed = packets
    .flatMap((packet) => (packet.cmd === 'subscribe' ? packet.subscriptions : []))
    .find(({ topic }) => topic === 'monzo/bridge/request/+');
  assert.deepEqual([subscribed?.qos, subscribed?.rap], [1, true]);
  await output.close();
});

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
    await until('the connection', () => output.health().state === 'ok');
    await until('the answer', () => {
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
