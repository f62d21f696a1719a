import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createScene, healthOf, published, settledAt, within, type Scene } from '../support/scene.ts';

const minute = 60_000;
/** Something tells the bridge: without that it tries again by itself only once a minute. */
const soon = (scene: Scene) => ({ scene, ms: 10_000 });

test('without a Home Assistant events go out at once, and doubts fade', async () => {
  await using scene = await createScene({ withToken: false });
  const first = await scene.buy();
  await scene.until('it is out', settledAt(scene));
  assert.deepEqual(published(scene), [first]);
  assert.equal((await scene.sink()).state, 'ok');
  await scene.pass(11 * minute);
  assert.equal((await scene.sink()).unproven, 0);
});

test('while Home Assistant is away events are kept, and come in order once it is back', async () => {
  await using scene = await createScene({ withToken: false });
  const { home } = scene;
  await home.come();
  const first = await scene.buy();
  await scene.until('it is heard', () => home.heard.includes(first));
  await scene.pass(2 * minute);
  await home.vanish();
  const kept = [await scene.buy(), await scene.buy()];
  await scene.pass(10_000);
  assert.deepEqual(published(scene), [first]);
  const sink = await scene.sink();
  assert.deepEqual([sink.undelivered, sink.waits_for, sink.state], [2, 'home_assistant', 'degraded']);
  assert.match(sink.sentence ?? '', /Home Assistant is away/);
  await home.come();
  await within(soon(scene), 'all are heard', () => home.heard.length === 3);
  assert.deepEqual(home.heard, [first, ...kept]);
  assert.equal((await scene.sink()).waits_for, null);
});

test('what was sent shortly before the will is sent again on the birth, older ones are not', async () => {
  await using scene = await createScene({ withToken: false });
  const { home } = scene;
  await home.come();
  const old = await scene.buy();
  await scene.until('it is heard', () => home.heard.length === 1);
  await scene.pass(2 * minute);
  const doubtful = [await scene.buy(), await scene.buy()];
  await scene.until('both are heard', () => home.heard.length === 3);
  await scene.pass(80_000);
  await home.vanish();
  const kept = await scene.buy();
  await home.come();
  await scene.until('the kept one is heard', () => home.heard.at(-1) === kept);
  assert.deepEqual(home.heard, [old, ...doubtful, ...doubtful, kept]);
});

test('what was sent since we lost the broker is sent again on a birth, also after a crash', async () => {
  await using scene = await createScene({ withToken: false });
  const { home, world } = scene;
  await home.come();
  await scene.buy();
  await scene.until('it is heard', () => home.heard.length === 1);
  await scene.pass(11 * minute);
  await home.vanish();
  await world.crash();
  // Nobody has told this bridge that Home Assistant is away.
  const lost = [await scene.buy(), await scene.buy()];
  await scene.until('they are out', settledAt(scene));
  assert.equal(home.heard.length, 1);
  await scene.pass(30 * minute);
  await world.restart();
  await scene.pass(minute);
  await home.come();
  await scene.until('they are heard', () => home.heard.length === 3);
  assert.deepEqual(home.heard.slice(1), lost);
});

test('a will shows that everything long before it had arrived', async () => {
  await using scene = await createScene({ withToken: false });
  const { home, broker } = scene;
  await home.come();
  await scene.pass(10_000);
  broker.cutBridge();
  await scene.pass(10_000);
  const early = await scene.buy();
  await scene.until('it is heard', () => home.heard.includes(early));
  await scene.pass(60 * minute);
  assert.equal(
    (await scene.sink()).unproven,
    1,
    'nothing was heard from Home Assistant since the broker was lost',
  );
  await home.vanish();
  await scene.until('the will has come', async () => (await scene.sink()).unproven !== 1);
  assert.equal((await scene.sink()).unproven, 0);
});

test('a birth that nothing announced makes the last ten minutes come again', async () => {
  await using scene = await createScene({ withToken: false });
  const { home, broker } = scene;
  await home.come();
  await scene.buy();
  await scene.pass(11 * minute);
  const recent = [await scene.buy(), await scene.buy()];
  await scene.pass(5 * minute);
  await broker.publish('homeassistant/status', 'online');
  await scene.until('they are heard again', () => home.heard.length === 5);
  assert.deepEqual(home.heard.slice(3), recent);
});

test('a person may say that Home Assistant is gone; it is remembered until it is seen again', async () => {
  await using scene = await createScene({ withToken: false });
  const { home, world } = scene;
  const presence = async () =>
    ((await (await world.api('/api/home-assistant/presence')).json()) as { home_assistant: string })
      .home_assistant;
  assert.equal(await presence(), 'never_seen');
  await home.come();
  await scene.until('it is seen', async () => (await presence()) === 'seen');
  await home.vanish();
  const kept = await scene.buy();
  await scene.until('it is kept', async () => (await scene.sink()).waits_for === 'home_assistant');
  assert.equal((await scene.post('/api/home-assistant/gone')).status, 200);
  await within(soon(scene), 'it is out', settledAt(scene));
  assert.deepEqual(published(scene), [kept]);
  await world.restart();
  assert.equal(await presence(), 'gone');
  const more = await scene.buy();
  await scene.until('that is out as well', () => published(scene).includes(more));
  await home.come();
  await scene.until('it is seen again', async () => (await presence()) === 'seen');
  await scene.until('both are heard', () => home.heard.length === 2);
});

test('events go out as soon as the broker is back, however long it was away', async () => {
  await using scene = await createScene({ withToken: false });
  await scene.broker.stop();
  const kept = await scene.buy();
  await scene.pass(10 * minute);
  await scene.broker.start();
  await scene.until('the bridge is connected', () => healthOf(scene, 'mqtt') === 'ok');
  await within(soon(scene), 'it is out', settledAt(scene));
  assert.deepEqual(published(scene), [kept]);
});
