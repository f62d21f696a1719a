import assert from 'node:assert/strict';
import { test } from 'node:test';
import { afterStart, birthHolds } from '../../src/limits.ts';
import { createScene, createSeenScene, healthOf, published, settledAt, within } from '../support/scene.ts';
import type { Scene } from '../support/scene.ts';

const minute = 60_000;

const sentences = ({ world }: Scene) =>
  world
    .app()
    .health()
    .flatMap(({ sentence }) => sentence ?? []);
const fired = ({ fake }: Scene) =>
  fake?.of('fire_event').map(({ event_data: data }) => (data as { event_id: string }).event_id) ?? [];
const isOut = (scene: Scene, id: string) => () => published(scene).includes(id) && fired(scene).includes(id);

test('a new connection to a Home Assistant that ran on holds nothing, nor does a restart of the bridge', async () => {
  await using scene = await createSeenScene();
  const { fake, world, home } = scene;
  fake?.cut();
  await scene.until('the loss is known', () => healthOf(scene, 'home_assistant') === 'down');
  const first = await scene.buy();
  await within({ scene, ms: afterStart / 2 }, 'it is out', isOut(scene, first));
  // Home Assistant started a minute ago, and the bridge was there then.
  await fake?.stop();
  await fake?.start();
  await scene.until('it is back', () => healthOf(scene, 'home_assistant') === 'ok');
  await scene.pass(afterStart + 5_000);
  await world.restart();
  const second = await scene.buy();
  await within({ scene, ms: afterStart / 2 }, 'it is out', isOut(scene, second));
  await scene.until('it is settled', settledAt(scene));
  assert.deepEqual(home.heard, [first, second]);
});

test('a connection that is cut every twelve seconds delivers in between, and health says so', async () => {
  await using scene = await createSeenScene();
  const { fake, home } = scene;
  const bought = [];
  for (let turn = 0; turn < 5; turn += 1) {
    bought.push(await scene.buy());
    await scene.pass(12_000);
    assert.equal(sentences(scene).filter((text) => /Home Assistant is away/.test(text)).length, 0);
    fake?.cut();
    await scene.pass(1_000);
  }
  await scene.pass(3_000);
  assert.deepEqual([...new Set(home.heard)], bought);
  assert.deepEqual([...new Set(fired(scene))], bought);
  assert.match(sentences(scene).join(), /connection to Home Assistant at .* was lost 5 times/);
  await scene.pass(11 * minute);
  assert.equal(healthOf(scene, 'home_assistant'), 'ok');
});

test('events wait until the automations of a Home Assistant that has started are attached, but not for ever', async () => {
  await using scene = await createSeenScene();
  const { fake, home } = scene;
  assert.ok(fake);
  const restart = async () => {
    await fake.stop();
    fake.world.state = 'STARTING';
    fake.world.areTriggersAttached = false;
    await scene.until('its absence is known', () => healthOf(scene, 'home_assistant') === 'down');
    await fake.start();
    await scene.until('it is there', () => healthOf(scene, 'home_assistant') === 'degraded');
    fake.world.state = 'RUNNING';
    await scene.until('it runs', () => healthOf(scene, 'home_assistant') === 'ok');
  };
  await restart();
  const first = await scene.buy();
  await scene.pass(afterStart + minute);
  assert.deepEqual([published(scene), fired(scene)], [[], []]);
  assert.match((await scene.sink()).sentence ?? '', /just started/);
  fake.world.areTriggersAttached = true;
  await within({ scene, ms: 5_000 }, 'it is out', isOut(scene, first));
  await scene.until('it is settled', settledAt(scene));
  await restart();
  const second = await scene.buy();
  await within({ scene, ms: 3 * minute }, 'it is out as well', isOut(scene, second));
  assert.deepEqual(home.heard, [first, second]);
});

test('while only the websocket is out of reach, the birth message counts after two minutes', async () => {
  await using scene = await createSeenScene();
  const { fake, home, broker } = scene;
  await fake?.stop();
  await scene.until('its absence is known', () => healthOf(scene, 'home_assistant') === 'down');
  const id = await scene.buy();
  await scene.pass(birthHolds - 30_000);
  assert.deepEqual(published(scene), [], 'its will may still come');
  assert.ok(!sentences(scene).some((text) => /is away/.test(text)));
  await within({ scene, ms: 2 * minute }, 'it is out', () => published(scene).includes(id));
  await scene.pass(20 * minute);
  assert.equal((await scene.sink()).unproven, 1, 'nothing shows that it has arrived');
  await broker.publish('homeassistant/status', 'online');
  await scene.until('it comes again', () => home.heard.length === 2);
});

test('a reboot of Home Assistant and broker brings what was sent ten minutes before it, and since', async () => {
  await using scene = await createScene({ withToken: false });
  const { home, broker, world } = scene;
  await home.come();
  await scene.pass(10_000);
  // From here on nothing is heard of Home Assistant: its birth was before.
  await world.restart();
  const old = [await scene.buy(), await scene.buy()];
  await scene.pass(60 * minute);
  await world.restart();
  old.push(await scene.buy());
  await scene.pass(11 * minute);
  const recent = await scene.buy();
  await scene.until('it is heard', () => home.heard.includes(recent));
  await scene.pass(5 * minute);
  broker.cut();
  await broker.stop();
  await scene.until('its absence is known', () => healthOf(scene, 'mqtt') === 'down');
  await broker.start();
  await scene.until('the bridge is connected', () => healthOf(scene, 'mqtt') === 'ok');
  const since = [await scene.buy()];
  await scene.pass(30 * minute);
  await world.restart();
  since.push(await scene.buy());
  await scene.until('it is out', settledAt(scene));
  await scene.pass(30 * minute);
  assert.deepEqual(home.heard, [...old, recent]);
  await home.come();
  await scene.until('they are heard', () => home.heard.length >= 7);
  await scene.pass(minute);
  assert.deepEqual(home.heard.slice(4), [recent, ...since]);
});
