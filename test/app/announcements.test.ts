import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createScene, published, settledAt, type Scene } from '../support/scene.ts';

const minute = 60_000;
const usual = 'homeassistant/status';

const mqttSentence = ({ world }: Scene) =>
  world
    .app()
    .health()
    .find(({ part }) => part === 'mqtt')?.sentence ?? '';

const isSubscribed = (scene: Scene, topic: string) => () => scene.broker.hasSubscriber(topic);

/** Home Assistant's entities are there, and the bridge sees them. */
async function untilUsed(scene: Scene): Promise<void> {
  await scene.until('the entities are seen', () => (scene.fake?.of('subscribe_entities').length ?? 0) > 0);
  await scene.pass(20_000);
}

test('a birth that the bridge may not read is told once the entities are used, and nothing is lost', async () => {
  await using scene = await createScene({ withToken: true, positions: { status: 'hidden' } });
  const { home } = scene;
  await home.come();
  await untilUsed(scene);
  assert.equal(mqttSentence(scene), '', 'a Home Assistant that has run for long says nothing either');
  await scene.pass(20 * minute);
  assert.match(
    mqttSentence(scene),
    /birth message does not reach the bridge on homeassistant\/status.*read this topic/,
  );
  await home.vanish();
  const kept = await scene.buy();
  await home.come();
  await scene.until('it is heard', () => home.heard.includes(kept));
  await scene.until('it is settled', settledAt(scene));
  scene.broker.turn({ status: 'shown' });
  await home.vanish();
  await home.come();
  await scene.until('nothing is missing', () => mqttSentence(scene) === '');
});

test('a birth that stays away when Home Assistant comes back is told within minutes', async () => {
  await using scene = await createScene({
    withToken: true,
    prepare: ({ world }) => (world.mqttOptions = {}),
  });
  const { home, broker } = scene;
  await home.come();
  await untilUsed(scene);
  await scene.pass(20 * minute);
  assert.equal(mqttSentence(scene), '');
  broker.turn({ status: 'hidden' });
  await home.vanish();
  await scene.pass(minute);
  await home.come();
  await scene.until('it is told', () => /does not reach the bridge/.test(mqttSentence(scene)));
});

test('with a token the bridge listens where Home Assistant says that it announces itself', async () => {
  const birth = { topic: 'house/hub', payload: 'I am here', qos: 1, retain: true };
  const will = { topic: 'house/hub/gone', payload: 'so long', qos: 0, retain: false };
  await using scene = await createScene({
    withToken: true,
    prepare: ({ world }) => (world.mqttOptions = { birth_message: birth, will_message: will }),
  });
  const { home } = scene;
  await scene.until('it listens there', isSubscribed(scene, birth.topic));
  home.announce({ birth, will });
  await home.come();
  await untilUsed(scene);
  await home.vanish();
  const kept = await scene.buy();
  await scene.pass(minute);
  assert.deepEqual(published(scene), [], 'it is held after the will');
  await home.come();
  await scene.until('it is heard', () => home.heard.includes(kept));
  assert.equal(mqttSentence(scene), '');
});

test('without a token settings name topic and payloads', async () => {
  await using scene = await createScene({
    withToken: false,
    settings: {
      MONZO_BRIDGE_HOME_ASSISTANT_STATUS_TOPIC: 'ha/status',
      MONZO_BRIDGE_HOME_ASSISTANT_STATUS_PAYLOADS: 'up, down',
    },
  });
  const { home } = scene;
  const announcements = {
    birth: { topic: 'ha/status', payload: 'Up' },
    will: { topic: 'ha/status', payload: 'Down' },
  };
  home.announce(announcements);
  await home.come();
  await scene.pass(5_000);
  await home.vanish();
  const kept = await scene.buy();
  await scene.pass(minute);
  assert.deepEqual(published(scene), []);
  await home.come();
  await scene.until('it is heard', () => home.heard.includes(kept));
});

test('payloads that the bridge does not know are told, with the setting that names them', async () => {
  await using scene = await createScene({ withToken: false });
  scene.home.announce({ birth: { payload: 'up' }, will: { payload: 'down' } });
  await scene.home.come();
  await scene.until('it is told', () =>
    /MONZO_BRIDGE_HOME_ASSISTANT_STATUS_PAYLOADS/.test(mqttSentence(scene)),
  );
});

test('with birth and will switched off a token shows when Home Assistant is back, and unseen events come again', async () => {
  await using scene = await createScene({
    withToken: true,
    prepare: ({ world }) => (world.mqttOptions = { birth_message: {}, will_message: {} }),
  });
  const { home, broker } = scene;
  home.announce({ birth: null, will: null });
  await home.come();
  await untilUsed(scene);
  assert.match(mqttSentence(scene), /birth message is switched off/);
  await home.vanish();
  await scene.pass(5_000);
  const lost = await scene.buy();
  await scene.until('it is out', () => published(scene).includes(lost));
  await scene.pass(30 * minute);
  await home.come();
  await scene.until('it comes again', () => home.heard.includes(lost));
  await scene.until('it is settled', settledAt(scene));
  assert.equal(broker.payloads(usual).length, 0);
});

test('a birth that is off while the will is on holds nothing back for ever', async () => {
  await using scene = await createScene({
    withToken: true,
    prepare: ({ world }) => (world.mqttOptions = { birth_message: {} }),
  });
  const { home } = scene;
  home.announce({ birth: null, will: {} });
  await home.come();
  await untilUsed(scene);
  await home.vanish();
  const kept = await scene.buy();
  await scene.pass(minute);
  assert.deepEqual(published(scene), []);
  await home.come();
  await scene.until('it is heard', () => home.heard.includes(kept));
});

for (const withToken of [true, false])
  test(`an "offline" that the broker kept from an earlier day holds nothing back, ${withToken ? 'with' : 'without'} a token`, async () => {
    await using scene = await createScene({ withToken });
    const { home, broker } = scene;
    home.announce({ birth: {}, will: { retain: true } });
    await home.come();
    await scene.pass(20_000);
    await home.vanish();
    await home.come();
    const first = await scene.buy();
    await scene.until('it is heard', () => home.heard.includes(first));
    assert.equal(broker.retained(usual), 'offline');
    broker.cutBridge();
    const second = await scene.buy();
    await scene.until('it is heard', () => home.heard.includes(second));
  });

test('a kept "offline" that is true loses nothing: on the birth it comes again', async () => {
  await using scene = await createScene({ withToken: false });
  const { home, broker } = scene;
  home.announce({ birth: { retain: true }, will: { retain: true } });
  await home.come();
  await scene.pass(20_000);
  await home.vanish();
  broker.cutBridge();
  await scene.pass(10_000);
  const bought = await scene.buy();
  await scene.pass(30 * minute);
  assert.equal((await scene.sink()).unproven, 1);
  await home.come();
  await scene.until('it is heard', () => home.heard.includes(bought));
});
