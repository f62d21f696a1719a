import assert from 'node:assert/strict';
import { connectAsync } from 'mqtt';
import { test } from 'node:test';
import { alex } from '../../sim/household.ts';
import { startTestBroker, type TestBroker } from '../support/broker.ts';
import { inSteps, until as untilThere } from '../support/until.ts';
import { createWorld, type World } from '../support/world.ts';

const mqtt = (world: World) =>
  world
    .app()
    .health()
    .find(({ part }) => part === 'mqtt');
const until = (world: World, what: string, condition: () => boolean) =>
  untilThere(what, condition, { between: inSteps(world.clock, 500) });
const startBridge = (broker: TestBroker, settings: Readonly<Record<string, string>> = {}) =>
  createWorld({ settings: { MONZO_BRIDGE_MQTT_URL: broker.url, ...settings } });
const isThere = (world: World) => () => mqtt(world)?.state === 'ok';

test('a second bridge publishes nothing below the base topic of a living one, and says so until that is gone', async () => {
  await using broker = await startTestBroker();
  const first = await startBridge(broker);
  await using ending = new AsyncDisposableStack();
  ending.use(first);
  await first.connect('alex');
  const isOnline = () => broker.retained('monzo/bridge/state')?.includes('online') === true;
  await until(first, 'it is shown', isOnline);
  await using second = await startBridge(broker);
  // The answer takes its time on the socket, whatever the second one's clock says.
  const isAnswered = () => broker.payloads('monzo/bridge/challenge/answer').length > 0;
  await untilThere('the first answers', isAnswered);
  await until(second, 'it is told', () => mqtt(second)?.state === 'needs_user');
  const { sentence } = mqtt(second) ?? {};
  assert.match(sentence ?? '', /^Another bridge \(\w{16} on .+\) publishes below monzo .+ \(\w{16} on /);
  assert.match(sentence ?? '', /MONZO_BRIDGE_MQTT_BASE_TOPIC/);
  await second.connect('alex');
  const said = broker.payloads('monzo/bridge/state');
  assert.deepEqual(said, ['{"state":"online"}'], 'the second says nothing, and leaves no will');
  assert.ok(isThere(first)());
  await ending.disposeAsync();
  await until(second, 'it goes on by itself', isThere(second));
});

test('neither a retained "online" nor the bridge’s own answer keeps it from publishing', async () => {
  await using broker = await startTestBroker();
  await broker.publish('monzo/bridge/state', '{"state":"online"}', true);
  await using world = await startBridge(broker);
  const began = world.clock.monotonic();
  await until(world, 'it is there', isThere(world));
  assert.ok(world.clock.monotonic() - began <= 10_000);
  const other = await connectAsync(broker.url, { protocolVersion: 4, reconnectPeriod: 0 });
  const answers: string[] = [];
  other.on('message', (_topic, payload) => answers.push(payload.toString()));
  await other.subscribeAsync('monzo/bridge/challenge/answer', { qos: 1 });
  await other.publishAsync('monzo/bridge/challenge', '{"challenge":"who"}', { qos: 1 });
  await until(world, 'it answers', () => answers.length > 0);
  const [{ challenge, process } = { challenge: '', process: '' }] = answers.map(
    (text) => JSON.parse(text) as { challenge: string; process: string },
  );
  assert.deepEqual([challenge, process.length], ['who', 36]);
  await other.endAsync(true);
});

test('bridges with base topics of their own share a broker', async () => {
  await using broker = await startTestBroker();
  await using first = await startBridge(broker);
  await until(first, 'the first is there', isThere(first));
  await using second = await startBridge(broker, { MONZO_BRIDGE_MQTT_BASE_TOPIC: 'monzo2' });
  await until(second, 'the second is there', isThere(second));
  await first.connect('alex');
  await second.connect('alex');
  const documents = () => broker.retainedTopics().filter((topic) => topic.endsWith('/config'));
  await until(
    second,
    'both are shown',
    () => documents().filter((topic) => /login/.test(topic)).length === 2,
  );
  assert.ok(documents().includes('homeassistant/device/monzo_bridge/config'));
  assert.ok(documents().includes('homeassistant/device/monzo_bridge_monzo2/config'));
  const shared = `homeassistant/device/monzo_${alex.current}/config`;
  const shownBy = (base: string) => () =>
    broker.retained(shared)?.includes(`"${base}/${alex.current}`) === true;
  const leave = async (world: World) => {
    const { items } = (await (await world.api('/api/logins')).json()) as { items: { id: string }[] };
    for (const { id } of items) await world.api(`/api/logins/${id}`, { method: 'DELETE' });
  };
  await until(second, 'the second shows it', shownBy('monzo2'));
  await leave(second);
  await until(first, 'the first shows it again', shownBy('monzo'));
  await second.connect('alex');
  await until(second, 'the second shows it', shownBy('monzo2'));
  await leave(first);
  await first.clock.advance(60_000);
  assert.ok(shownBy('monzo2')(), 'what another bridge shows stays');
});
