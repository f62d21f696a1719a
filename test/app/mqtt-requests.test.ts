import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectAsync, type MqttClient } from 'mqtt';
import { alex } from '../../sim/household.ts';
import { startEmbeddedBroker } from '../../sim/broker.ts';
import { until } from '../support/until.ts';
import { createWorld, type World } from '../support/world.ts';

interface Answer {
  readonly status: string;
  readonly error?: { readonly code: string; readonly message: string };
  readonly transaction: unknown;
}

interface Room extends AsyncDisposable {
  readonly world: World;
  readonly client: MqttClient;
  /** Publishes a request and waits for its answer. */
  ask(command: string, payload: string, retain?: boolean): Promise<Answer>;
}

async function room(settings: Readonly<Record<string, string>> = {}): Promise<Room> {
  const broker = await startEmbeddedBroker({ host: '127.0.0.1', port: 0 });
  const world = await createWorld({ settings: { MONZO_BRIDGE_MQTT_URL: broker.url, ...settings } });
  const client = await connectAsync(broker.url, { protocolVersion: 4 });
  const waiting: ((answer: Answer) => void)[] = [];
  client.on('message', (topic, payload) => {
    if (topic.includes('/response/')) waiting.shift()?.(JSON.parse(payload.toString()) as Answer);
  });
  await client.subscribeAsync('monzo/bridge/response/+');
  const info = () =>
    world
      .app()
      .health()
      .find(({ part }) => part === 'mqtt')?.state;
  await until('the bridge is on the broker', () => info() === 'ok');
  return {
    world,
    client,
    ask: async (command, payload, retain = false) => {
      const answered = new Promise<Answer>((resolve) => waiting.push(resolve));
      await client.publishAsync(`monzo/bridge/request/${command}`, payload, { retain, qos: 1 });
      return answered;
    },
    async [Symbol.asyncDispose]() {
      await client.endAsync(true);
      await world[Symbol.asyncDispose]();
      await broker.close();
    },
  };
}

test('anyone on the broker may pause, nobody there may resume, and a restart does not forget it', async () => {
  await using here = await room();
  assert.equal((await here.ask('pause', '{}')).status, 'done');
  const { error } = await here.ask('resume', '{}');
  assert.equal(error?.code, 'not_allowed');
  assert.match(error.message, /Only people who sign in may use resume/);
  await here.world.restart();
  const paused = new Promise<string>((resolve) => {
    here.client.on('message', (topic, payload) => {
      if (topic === 'monzo/bridge/info') resolve(payload.toString());
    });
  });
  await here.client.subscribeAsync('monzo/bridge/info');
  assert.equal((JSON.parse(await paused) as { paused: boolean }).paused, true);
});

test('what the setting does not open is refused with the setting’s name', async () => {
  await using here = await room();
  const answer = await here.ask('refresh', '{"transaction":7}');
  assert.deepEqual([answer.status, answer.error?.code, answer.transaction], ['refused', 'not_allowed', 7]);
  assert.match(answer.error?.message ?? '', /MONZO_BRIDGE_MQTT_COMMANDS/);
});

test('refresh reads at once', async () => {
  await using here = await room({ MONZO_BRIDGE_MQTT_COMMANDS: 'read' });
  await here.world.connect('alex');
  await here.world.clock.advance(1_000);
  here.world.bank.purchase(alex.current, { amount: 350, merchant: 'Corner Shop' });
  assert.equal((await here.ask('refresh', '')).status, 'done');
  const account = here.world
    .app()
    .view()
    .accounts.find(({ id }) => id === alex.current);
  assert.equal(account?.balance, here.world.bank.account(alex.current).balance);
});

test('bad requests are refused with a sentence that says what would be right, and lose nothing', async () => {
  await using here = await room({ MONZO_BRIDGE_MQTT_COMMANDS: 'read' });
  const tooLong = `{"login":"${'x'.repeat(20_000)}"}`;
  for (const [command, payload, code, says] of [
    ['refresh', 'not json', 'bad_request', /must be a JSON object of at most/],
    ['refresh', '[]', 'bad_request', /must be a JSON object of at most/],
    ['refresh', '{"login":7}', 'bad_request', /^login must be text\.$/],
    ['refresh', '{"logni":"x"}', 'bad_request', /must not contain logni: it takes only login\.$/],
    ['refresh', '{"login":"login_0000"}', 'unknown_login', /no login login_0000.*list of logins/],
    ['refresh', tooLong, 'bad_request', /at most 16,384 characters/],
    ['rob_a_bank', '{}', 'unknown_command', /There are: refresh/],
  ] as const) {
    const answer = await here.ask(command, payload);
    assert.deepEqual([answer.status, answer.error?.code], ['refused', code], payload.slice(0, 40));
    assert.match(answer.error?.message ?? '', says);
  }
});

test('a request that the broker had stored is refused when the bridge comes', async () => {
  await using here = await room({ MONZO_BRIDGE_MQTT_COMMANDS: 'read' });
  await here.world.stop();
  await here.client.publishAsync('monzo/bridge/request/refresh', '{}', { retain: true, qos: 1 });
  const answered = new Promise<Answer>((resolve) => {
    here.client.on('message', (topic, payload) => {
      if (topic.endsWith('/response/refresh')) resolve(JSON.parse(payload.toString()) as Answer);
    });
  });
  await here.world.restart();
  assert.equal((await answered).error?.code, 'retained_request');
});
