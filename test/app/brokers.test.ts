import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alex } from '../../sim/household.ts';
import { until as untilThere, inSteps } from '../support/until.ts';
import { createWorld } from '../support/world.ts';
import { startScriptedBroker } from '../support/scripted-broker.ts';
import { createScene, published, settledAt, type Scene } from '../support/scene.ts';

const minute = 60_000;
const balance = `monzo/${alex.current}`;
const document = `homeassistant/device/monzo_${alex.current}/config`;

const mqttSentence = ({ world }: Scene) =>
  world
    .app()
    .health()
    .find(({ part }) => part === 'mqtt')?.sentence ?? '';

const knowsBalance =
  ({ home }: Scene) =>
  () =>
    home.known.get(balance)?.includes('"balance"') === true;

for (const retained of ['not_for_wildcards', 'dropped'] as const)
  test(`a broker whose retained messages are ${retained} leaves nothing out for Home Assistant`, async () => {
    await using scene = await createScene({ withToken: false, positions: { retained } });
    const { home, broker } = scene;
    home.followStates();
    await home.come();
    const before = broker.seen.length;
    const since = () => broker.seen.slice(before).map(({ topic }) => topic);
    await scene.until('the balance is sent again', () => since().includes(balance));
    await scene.until('it knows the balance', knowsBalance(scene));
    const documentsEnd = since().findLastIndex((topic) => topic.endsWith('/config'));
    assert.ok(since().indexOf(balance) > documentsEnd && documentsEnd > 0, 'the states follow the documents');
    const bought = await scene.buy();
    await scene.until('the event is heard', () => home.heard.includes(bought));
    await scene.pass(10_000);
    assert.match(mqttSentence(scene), /hands out none of the bridge’s retained messages/);
  });

test('what a broker had retained may expire: Home Assistant finds everything on its next birth', async () => {
  await using scene = await createScene({ withToken: false });
  const { home, broker } = scene;
  home.followStates();
  await home.come();
  await scene.until('it knows the balance', knowsBalance(scene));
  await scene.pass(minute);
  await home.vanish();
  broker.forgetRetained();
  const kept = await scene.buy();
  await home.come();
  assert.equal(home.known.size, 0);
  await scene.until('it knows the balance again', knowsBalance(scene));
  await scene.until('the event is heard', () => home.heard.includes(kept));
  assert.equal(mqttSentence(scene), '');
});

test('a device that is gone, or that a person deleted, does not come back on a birth', async () => {
  await using scene = await createScene({ withToken: false });
  const { home, broker, world } = scene;
  await home.come();
  const deleted = `homeassistant/device/monzo_${alex.pots.holiday}/config`;
  await broker.publish(deleted, '', true);
  await scene.until('it is noticed', () =>
    world.logLines.some((line) => line.includes('was deleted in Home')),
  );
  await scene.pass(minute);
  const before = broker.seen.length;
  await home.vanish();
  await home.come();
  await scene.pass(20_000);
  const again = new Set(broker.seen.slice(before).map(({ topic }) => topic));
  assert.ok(again.has(document));
  assert.equal(again.has(deleted), false);
});

test('where nothing is kept and no birth comes, everything is sent again every few minutes', async () => {
  await using scene = await createScene({
    withToken: false,
    positions: { retained: 'dropped', status: 'hidden' },
  });
  const { home, broker } = scene;
  const documents = () => broker.seen.filter(({ topic }) => topic === document).length;
  home.followStates();
  await home.come();
  assert.equal(home.known.size, 0);
  await scene.until('it knows the balance', knowsBalance(scene));
  const sent = documents();
  await scene.pass(4 * minute);
  assert.equal(documents(), sent);
  await scene.pass(minute);
  await scene.until('everything is sent again', () => documents() > sent);
});

for (const [positions, says] of [
  [{ retained: 'refused' }, /closes the connection on retained messages\..*retain_available/],
  [{ qos: 'only_0' }, /closes the connection on messages above QoS 0\..*only a token.*max_qos/],
] as const)
  test(`over 3.1.1 a broker that closes the connection is understood, and events go on: ${JSON.stringify(positions)}`, async () => {
    await using scene = await createScene({ withToken: false });
    const { home, broker } = scene;
    home.followStates();
    broker.turn(positions);
    broker.cutBridge();
    await scene.until('it is told', () => says.test(mqttSentence(scene)));
    await scene.pass(minute);
    const connections = broker.versions.length;
    const before = broker.seen.length;
    await home.come();
    const since = () => broker.seen.slice(before).map(({ topic }) => topic);
    await scene.until(
      'everything is sent again',
      () => since().includes(document) && since().includes(balance),
    );
    const bought = await scene.buy();
    await scene.until('the event is out', () => published(scene).includes(bought));
    await scene.until('it is settled', settledAt(scene));
    await scene.pass(30 * minute);
    assert.ok(broker.versions.length <= connections + 1, 'the connection stays');
    assert.match(mqttSentence(scene), says);
  });

test('a broker that only restarts several times is not taken for one that refuses anything', async () => {
  await using scene = await createScene({ withToken: false });
  const { broker } = scene;
  for (let time = 0; time < 4; time += 1) {
    broker.cutBridge();
    await scene.pass(1_000);
  }
  await scene.pass(5 * minute);
  assert.equal(mqttSentence(scene), '');
  await scene.buy();
  await scene.until('it is out', () => published(scene).length === 1);
  assert.equal(broker.seen.findLast(({ topic }) => topic === balance)?.retain, true);
});

for (const announces of [true, false])
  for (const [least, says] of [
    [{ retains: false }, /refuses retained messages \(reason code 154\).*retain_available/],
    [{ qos: 0 }, /takes no message above QoS 0 \(reason code 155\).*only a token.*max_qos/],
    [{ retains: false, qos: 0 }, /reason code 154/],
  ] as const)
    test(`over MQTT 5 a broker ${announces ? 'says' : 'only shows'} what it refuses, and events go on: ${JSON.stringify(least)}`, async () => {
      await using broker = await startScriptedBroker({ reasonCode: 0, announces, ...least });
      await using world = await createWorld({ settings: { MONZO_BRIDGE_MQTT_URL: broker.url } });
      const until = (what: string, condition: () => boolean) =>
        untilThere(what, condition, { between: inSteps(world.clock, 500) });
      await world.connect('alex');
      const mqtt = () =>
        world
          .app()
          .health()
          .find(({ part }) => part === 'mqtt');
      await until('it is told', () => says.test(mqtt()?.sentence ?? ''));
      assert.equal(mqtt()?.state, 'degraded');
      const events = () =>
        broker.packets.filter((packet) => packet.cmd === 'publish' && packet.topic === `${balance}/event`);
      world.bank.purchase(alex.current, { amount: 350, merchant: 'Corner Shop' });
      await until('the event is sent', () => events().length > 0);
      const connections = broker.packets.filter(({ cmd }) => cmd === 'connect').length;
      assert.ok(connections <= 4, `${connections} connections`);
      for (const packet of broker.packets.slice(broker.packets.findLastIndex(({ cmd }) => cmd === 'connect')))
        if (packet.cmd === 'publish')
          assert.ok(
            ('qos' in least ? packet.qos === 0 : packet.qos === 1) &&
              ('retains' in least ? !packet.retain : true),
          );
    });
