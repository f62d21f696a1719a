import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFakeClock } from '../../sim/fake-clock.ts';
import { brokerAt } from '../../src/outputs/mqtt/broker.ts';
import { createMqttOutput, type MqttOptions, type MqttOutput } from '../../src/outputs/mqtt/mqtt-output.ts';
import { hurriedClock, startTestBroker, type TestBroker } from '../support/broker.ts';
import { startScriptedBroker } from '../support/scripted-broker.ts';
import { quiet, until } from '../support/until.ts';
import { someAccount, someEvent, someLogin, someSnapshot, somePot } from '../support/snapshot-samples.ts';
import { offer } from '../support/offer.ts';
import { unattended } from '../support/unattended.ts';

interface Setting extends AsyncDisposable {
  readonly output: MqttOutput;
  readonly said: readonly string[];
}

function outputAt(url: string, change: Partial<MqttOptions> = {}): Setting {
  const said: string[] = [];
  const say = (sentence: string, fields?: object) => said.push(`${sentence} ${JSON.stringify(fields ?? {})}`);
  const output = createMqttOutput({
    broker: brokerAt(url),
    baseTopic: 'monzo',
    discoveryPrefix: 'homeassistant',
    retainState: true,
    eventDetail: 'full',
    clock: hurriedClock,
    random: () => 0.5,
    log: { info: say, warn: say },
    ...unattended(),
    commands: new Map(),
    allowedCommands: 'off',
    ...change,
  });
  return { output, said, [Symbol.asyncDispose]: () => output.close() };
}

/** What is left over is looked for only for a while: where that matters, the clock stands still meanwhile. */
const noon = Date.UTC(2026, 10, 23, 12);
const online = '{"state":"online"}';
const offlineState = '{"state":"offline"}';
const documentOf = (id: string) => `homeassistant/device/monzo_${id}/config`;
const isOnline = (broker: TestBroker) => broker.retained('monzo/bridge/state') === online;
const everything = [
  documentOf('acc_1'),
  documentOf('bridge'),
  documentOf('login_one'),
  documentOf('pot_1'),
  'monzo/acc_1',
  'monzo/acc_1/availability',
  'monzo/bridge/health',
  'monzo/bridge/info',
  'monzo/bridge/state',
  'monzo/login/login_one',
  'monzo/pot_1',
  'monzo/pot_1/availability',
];
/** The embedded broker does not keep the order among topics, so "online" alone proves nothing. */
const hasEverything = (broker: TestBroker) =>
  isOnline(broker) && everything.every((topic) => broker.retained(topic) !== undefined);
const parsed = (text: string | undefined) => JSON.parse(text ?? 'null') as Record<string, unknown>;
const entry = (event = someEvent()) => ({ seq: 1, event });

test('a broker without MQTT 5 is given 3.1.1, and remembered', async () => {
  await using broker = await startTestBroker();
  await using setting = outputAt(broker.url);
  setting.output.show(someSnapshot());
  await until('everything', () => hasEverything(broker));
  assert.equal(setting.output.connection.protocolVersion(), 4);
  broker.cut();
  await until('a third connection', () => broker.versions.length === 3);
  assert.deepEqual(broker.versions, [5, 4, 4]);
});

test('the whole snapshot is published and retained', async () => {
  await using broker = await startTestBroker();
  await using setting = outputAt(broker.url);
  setting.output.show(someSnapshot());
  await until('everything', () => hasEverything(broker));
  assert.deepEqual(broker.retainedTopics(), everything);
  const { changed, ...account } = parsed(broker.retained('monzo/acc_1'));
  assert.deepEqual(account, {
    balance: 50,
    total_balance: 130.55,
    spent_today: 3.5,
    spent_since: '2026-11-23T09:17:05.000Z',
    spent_this_month: 123.5,
    month_since: '2026-11-01T00:00:00.000Z',
    left_to_move_today: 300,
    low_balance: null,
    currency: 'GBP',
  });
  assert.match(String(changed), /^\d{4}-/);
  assert.equal(broker.retained('monzo/acc_1/availability'), 'online');
  assert.deepEqual(parsed(broker.retained('monzo/login/login_one')), {
    state: 'active',
    needs: null,
    last_success: '2026-11-23T09:00:00.000Z',
    consent_expires_about: '2027-02-21T09:17:05.000Z',
  });
  assert.ok(broker.seen.every(({ qos }) => qos === 1));
  assert.equal(setting.output.health().state, 'ok');
});

test('only what changed is published again', async () => {
  await using broker = await startTestBroker();
  await using setting = outputAt(broker.url);
  setting.output.show(someSnapshot());
  await until('everything', () => hasEverything(broker));
  await quiet();
  const before = broker.seen.length;
  setting.output.show(someSnapshot({ logins: [someLogin({ lastSuccess: Date.UTC(2026, 10, 23, 9, 40) })] }));
  setting.output.show(someSnapshot({ accounts: [someAccount({ balance: 4_650 })] }));
  await until('the new balance', () => broker.payloads('monzo/acc_1').length === 2);
  assert.deepEqual(
    broker.seen.slice(before).map(({ topic }) => topic),
    ['monzo/acc_1'],
  );
});

test('nothing is published or swept before the first snapshot', async () => {
  await using broker = await startTestBroker();
  await broker.publish('monzo/acc_9', '{}', true);
  await using setting = outputAt(broker.url, { clock: createFakeClock(noon) });
  await until('a connection', () => setting.output.connection.isUp());
  assert.equal(await offer(setting.output.sink, entry()), 'wait');
  assert.deepEqual(broker.retainedTopics(), ['monzo/acc_9']);
  setting.output.show(someSnapshot());
  await until('the orphan gone', () => broker.retained('monzo/acc_9') === undefined);
});

test('a broker that comes back empty is told everything again', async () => {
  await using broker = await startTestBroker();
  await using setting = outputAt(broker.url);
  setting.output.show(someSnapshot());
  await until('everything', () => hasEverything(broker));
  await broker.stop();
  await until('trouble', () => setting.output.health().state === 'down');
  assert.match(setting.output.health().sentence ?? '', /127\.0\.0\.1/);
  setting.output.show(someSnapshot({ accounts: [someAccount({ balance: 1 })] }));
  await assert.rejects(offer(setting.output.sink, entry()), { code: 'mqtt_offline', retryable: true });
  await broker.start();
  await until('everything again', () => hasEverything(broker));
  assert.deepEqual(broker.retainedTopics(), everything);
  assert.equal(parsed(broker.retained('monzo/acc_1'))['balance'], 0.01);
});

test('orphans of ours are cleared and everybody else is left alone', async () => {
  await using broker = await startTestBroker();
  const ours = (base: string, origin = 'monzo-bridge') =>
    JSON.stringify({
      device: { identifiers: ['x'] },
      origin: { name: origin },
      components: { balance: { platform: 'sensor', unique_id: 'u', state_topic: `${base}/acc_old` } },
    });
  const foreign = {
    [documentOf('other_program')]: ours('monzo', 'somebody else'),
    [documentOf('other_base')]: ours('second'),
    [documentOf('nonsense')]: 'no json',
    'homeassistant/device/zigbee_1/config': ours('monzo'),
    'monzo/notes': 'mine',
    'monzo/acc_1/remark': 'mine',
    'elsewhere/acc_old': 'mine',
  };
  const orphans = {
    [documentOf('acc_old')]: ours('monzo'),
    'monzo/acc_old': '{}',
    'monzo/pot_old/availability': 'online',
    'monzo/login/login_old': '{}',
  };
  for (const [topic, payload] of Object.entries({ ...foreign, ...orphans }))
    await broker.publish(topic, payload, true);
  await using setting = outputAt(broker.url, { clock: createFakeClock(noon) });
  setting.output.show(someSnapshot());
  await until('the orphans gone', () =>
    Object.keys(orphans).every((topic) => broker.retained(topic) === undefined),
  );
  await until('everything', () => hasEverything(broker));
  for (const [topic, payload] of Object.entries(foreign))
    assert.equal(broker.retained(topic), payload, topic);
});

test('a goal that goes away is dropped with a tombstone first', async () => {
  await using broker = await startTestBroker();
  await using setting = outputAt(broker.url);
  setting.output.show(someSnapshot());
  await until('everything', () => hasEverything(broker));
  setting.output.show(someSnapshot({ pots: [somePot({ goal: null })] }));
  await until('three documents', () => broker.payloads(documentOf('pot_1')).length === 3);
  const goals = broker
    .payloads(documentOf('pot_1'))
    .map((payload) => (parsed(payload)['components'] as Record<string, unknown>)['goal']);
  assert.equal(typeof goals[0], 'object');
  assert.deepEqual(goals.slice(1), [{ platform: 'sensor' }, undefined]);
});

test('a pot is renamed, then closed', async () => {
  await using broker = await startTestBroker();
  await using setting = outputAt(broker.url);
  setting.output.show(someSnapshot());
  await until('everything', () => hasEverything(broker));
  setting.output.show(someSnapshot({ pots: [somePot({ name: 'Summer' })] }));
  await until('the new name', () => broker.retained(documentOf('pot_1'))?.includes('"Summer"') === true);
  assert.equal(broker.payloads('monzo/pot_1').length, 1);
  setting.output.show(someSnapshot({ pots: [] }));
  await until('nothing left', () => broker.retainedTopics().every((topic) => !topic.includes('pot_1')));
  const cleared = broker.seen.filter(({ payload }) => payload === '').map(({ topic }) => topic);
  assert.deepEqual(cleared.toSorted(), [documentOf('pot_1'), 'monzo/pot_1', 'monzo/pot_1/availability']);
  setting.output.show(someSnapshot());
  await until('the pot again', () => broker.retained(documentOf('pot_1')) !== undefined);
});

test('what goes while the broker is away is cleared once it is back', async () => {
  await using broker = await startTestBroker();
  await using setting = outputAt(broker.url);
  setting.output.show(someSnapshot());
  await until('everything', () => hasEverything(broker));
  broker.cut();
  setting.output.show(someSnapshot({ pots: [] }));
  await until('nothing left', () => broker.retainedTopics().every((topic) => !topic.includes('pot_1')));
});

test('on the birth of Home Assistant the documents are sent again, then the states', async () => {
  await using broker = await startTestBroker();
  await using setting = outputAt(broker.url);
  setting.output.show(someSnapshot());
  await until('everything', () => hasEverything(broker));
  await broker.publish('homeassistant/status', 'online');
  const states = everything.filter((topic) => topic.startsWith('monzo/'));
  await until('states again', () => states.every((topic) => broker.payloads(topic).length === 2));
  const again = broker.seen.slice(broker.seen.findIndex(({ topic }) => topic === 'homeassistant/status') + 1);
  const topics = again.map(({ topic }) => topic);
  const documents = everything.filter((topic) => topic.endsWith('/config'));
  assert.deepEqual(topics.slice(0, documents.length).toSorted(), documents);
  assert.equal(setting.output.homeAssistant(), 'here');
});

test('only an empty message after a document of ours is a deletion', async () => {
  await using broker = await startTestBroker();
  await using setting = outputAt(broker.url);
  const isDeleted = () => setting.said.some((line) => line.includes('deleted in Home Assistant'));
  const topic = documentOf('pot_1');
  // Emptied before it was ever there.
  await broker.publish(topic, '', true);
  setting.output.show(someSnapshot());
  await until('everything', () => hasEverything(broker));
  // Goes, and comes back at once.
  setting.output.show(someSnapshot({ pots: [] }));
  setting.output.show(someSnapshot());
  await until(
    'the pot again',
    () => broker.payloads(topic).at(-1) !== '' && broker.retained(topic) !== undefined,
  );
  // Another bridge puts its document in the place of ours, and takes it away again.
  const ours = parsed(broker.retained(topic));
  await broker.publish(topic, JSON.stringify(ours).replaceAll('monzo/', 'second/'), true);
  await broker.publish(topic, '', true);
  setting.output.show(someSnapshot({ accounts: [someAccount({ balance: 1 })] }));
  await until('the balance', () => broker.payloads('monzo/acc_1').length === 2);
  broker.cut();
  await until('everything again', () => broker.retained(topic) !== undefined);
  assert.ok(!isDeleted());
});

test('balances can be kept off the disk of the broker', async () => {
  await using broker = await startTestBroker();
  {
    await using setting = outputAt(broker.url);
    setting.output.show(someSnapshot());
    await until('everything', () => hasEverything(broker));
  }
  assert.notEqual(broker.retained('monzo/acc_1'), undefined);
  const clock = createFakeClock(noon);
  await using setting = outputAt(broker.url, { retainState: false, clock });
  setting.output.show(someSnapshot());
  await until('the balances off the disk', () => broker.retained('monzo/acc_1') === undefined);
  await until('the pots off the disk', () => broker.retained('monzo/pot_1') === undefined);
  await until('online', () => isOnline(broker));
  const shown = () => broker.payloads('monzo/acc_1').filter((payload) => payload !== '').length;
  const before = shown();
  await broker.publish('homeassistant/status', 'online');
  await until('the balance again', () => shown() > before, { between: () => clock.advance(500) });
  assert.equal(broker.retained('monzo/acc_1'), undefined);
  assert.equal(broker.retained('monzo/acc_1/availability'), 'online');
});

test('an event goes out after the state, in both shapes, acknowledged and not retained', async () => {
  await using broker = await startTestBroker();
  await using setting = outputAt(broker.url);
  setting.output.show(someSnapshot());
  await until('everything', () => hasEverything(broker));
  setting.output.show(someSnapshot({ accounts: [someAccount({ balance: 4_650 })] }));
  const event = someEvent();
  assert.equal(await offer(setting.output.sink, entry(event)), 'unproven');
  const own = () => broker.forwarded.filter(({ topic }) => topic.startsWith('monzo/acc_1'));
  await until('all are forwarded', () => own().at(-1)?.topic === 'monzo/acc_1/event');
  const last = own().slice(-3);
  assert.deepEqual(
    last.map(({ topic, retain, qos }) => [topic, retain, qos]),
    [
      ['monzo/acc_1', true, 1],
      ['monzo/acc_1/transaction', false, 1],
      ['monzo/acc_1/event', false, 1],
    ],
  );
  assert.equal(
    last[1]?.payload,
    `{"type":"transaction.created","kind":"card_payment","account_id":"acc_1","event_id":"tx_1:created","data":${event.transaction.raw}}`,
  );
  assert.equal(parsed(last[2]?.payload)['event_type'], 'card_payment');
});

test('events wait while Home Assistant is known to be away', async () => {
  await using broker = await startTestBroker();
  await using setting = outputAt(broker.url);
  let ready = 0;
  setting.output.sink.onReady(() => (ready += 1));
  setting.output.show(someSnapshot());
  await until('everything', () => hasEverything(broker));
  await broker.publish('homeassistant/status', 'offline');
  await until('its absence', () => setting.output.homeAssistant() === 'away');
  assert.equal(await offer(setting.output.sink, entry()), 'wait');
  const before = ready;
  await broker.publish('homeassistant/status', 'online');
  await until('the call', () => ready > before);
  assert.equal(await offer(setting.output.sink, entry()), 'unproven');
});

test('a clean end says offline and keeps the states; a crash leaves it to the will', async () => {
  await using broker = await startTestBroker();
  const setting = outputAt(broker.url);
  setting.output.show(someSnapshot());
  await until('everything', () => hasEverything(broker));
  broker.cut();
  await until('the will', () => broker.payloads('monzo/bridge/state').includes(offlineState));
  await until('everything again', () => hasEverything(broker));
  await quiet();
  const wills = broker.payloads('monzo/bridge/state').length;
  await setting.output.close();
  assert.equal(broker.retained('monzo/bridge/state'), offlineState);
  assert.equal(broker.payloads('monzo/bridge/state').length, wills + 1);
  assert.notEqual(broker.retained('monzo/acc_1'), undefined);
  assert.notEqual(broker.retained(documentOf('acc_1')), undefined);
});

test('a wrong password needs its person, and is shown nowhere', async () => {
  await using broker = await startTestBroker();
  broker.demand('right-password');
  await using setting = outputAt(broker.url.replace('//', '//alex:wrong%2Dpassword@'));
  await until('a sentence', () => setting.output.health().state === 'needs_user');
  assert.match(setting.output.health().sentence ?? '', /user name or password/);
  broker.demand('wrong-password');
  await until('a connection', () => setting.output.connection.isUp());
  assert.doesNotMatch(JSON.stringify([setting.said, setting.output.health()]), /wrong/);
});

test('a broker that speaks MQTT 5 is spoken to in it, within the number of messages it takes at once', async () => {
  await using broker = await startScriptedBroker({ reasonCode: 0, receiveMaximum: 2 });
  await using setting = outputAt(broker.url);
  setting.output.show(someSnapshot());
  await until('online', () =>
    broker.packets.some((packet) => packet.cmd === 'publish' && packet.topic === 'monzo/bridge/state'),
  );
  assert.equal(setting.output.connection.protocolVersion(), 5);
  assert.equal(broker.mostInFlight(), 2);
  assert.equal(broker.packets.filter(({ cmd }) => cmd === 'connect').length, 1);
  const topics = broker.packets.flatMap((packet) => (packet.cmd === 'publish' ? [packet.topic] : []));
  assert.deepEqual(topics.slice(0, 4), ['bridge', 'login_one', 'acc_1', 'pot_1'].map(documentOf));
  assert.equal(topics.at(-1), 'monzo/bridge/state');
  const hello = broker.packets[0];
  assert.ok(hello?.cmd === 'connect' && hello.clean === true && hello.will?.retain === true);
});

test('MQTT 5 is not given up for any other refusal', async () => {
  await using broker = await startScriptedBroker({ reasonCode: 134 });
  await using setting = outputAt(broker.url);
  await until('three attempts', () => broker.packets.length >= 3);
  const versions = broker.packets.map((packet) => packet.cmd === 'connect' && packet.protocolVersion);
  assert.ok(versions.every((version) => version === 5));
  assert.equal(setting.output.health().state, 'needs_user');
});

test('a message the broker refuses is told, and tried no more on this connection', async () => {
  const acknowledge = (topic: string) => (topic.endsWith('/config') ? 135 : 0);
  await using broker = await startScriptedBroker({ reasonCode: 0, acknowledge });
  await using setting = outputAt(broker.url);
  setting.output.show(someSnapshot());
  await until('trouble', () => setting.output.health().state === 'needs_user');
  assert.match(setting.output.health().sentence ?? '', /refuses/);
});

test('what is on its way when the connection breaks is to be tried again', async () => {
  await using broker = await startScriptedBroker({ reasonCode: 0 });
  await using setting = outputAt(broker.url);
  setting.output.show(someSnapshot());
  await until('a connection', () => setting.output.connection.isUp());
  const underway = setting.output.connection.publish({ topic: 'monzo/x', payload: '1', retain: false });
  broker.cut();
  await assert.rejects(underway, { code: 'mqtt_offline', retryable: true });
});
