import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PartHealth } from '../../src/domain/view.ts';
import { createScene, healthOf, published, type Scene } from '../support/scene.ts';

const minute = 60_000;

const presence = async ({ world }: Scene) =>
  ((await (await world.api('/api/home-assistant/presence')).json()) as { readonly home_assistant: string })
    .home_assistant;

test('a late will does not overrule a person who said that Home Assistant is gone', async () => {
  await using scene = await createScene({ withToken: false });
  const { home, broker } = scene;
  await home.come();
  await scene.until('it is seen', async () => (await presence(scene)) === 'seen');
  assert.equal((await scene.post('/api/home-assistant/gone')).status, 200);
  await broker.publish('homeassistant/status', 'offline');
  const bought = await scene.buy();
  await scene.until('it is out', () => published(scene).includes(bought));
  assert.equal(await presence(scene), 'gone');
});

test('a will proves nothing about what was sent before the bridge’s own connection began', async () => {
  await using scene = await createScene({ withToken: false });
  const { home, broker } = scene;
  await home.come();
  const before = await scene.buy();
  await scene.until('it is heard', () => home.heard.includes(before));
  broker.cutBridge();
  await scene.pass(minute);
  const after = await scene.buy();
  await scene.until('it is heard too', () => home.heard.includes(after));
  await scene.pass(30 * minute);
  assert.equal((await scene.sink()).unproven, 2);
  await home.vanish();
  await scene.until('the will has come', async () => (await scene.sink()).unproven === 1);
  await home.come();
  await scene.until('the first one comes again', () => home.heard.length === 3);
  assert.deepEqual(home.heard, [before, after, before]);
});

/** The bridge starts again with such a clock, and cannot reach the bank, which would tell it the time. */
async function restartWithClock(scene: Scene, ahead: number): Promise<() => void> {
  const { world } = scene;
  world.bridgeClock.setAhead(ahead);
  const heal = world.faults.add({ kind: 'reset_before', match: () => true });
  await world.restart();
  await scene.until('the broker is there', () => world.app().health().some(isMqttThere));
  return heal;
}

const isMqttThere = ({ part, state }: PartHealth) => part === 'mqtt' && state === 'ok';

test('a clock that is an hour ahead at the start makes nothing old that was just sent', async () => {
  await using scene = await createScene({ withToken: false });
  const { home } = scene;
  const bought = await scene.buy();
  await scene.until('it is out', async () => (await scene.sink()).unproven === 1);
  await restartWithClock(scene, 60 * minute);
  await scene.pass(5 * minute);
  assert.equal((await scene.sink()).unproven, 1);
  await home.come();
  await scene.until('it comes again', () => home.heard.includes(bought));
});

test('a clock that was behind at the start lets a will prove nothing about what an earlier bridge sent', async () => {
  await using scene = await createScene({ withToken: false });
  const { world, home } = scene;
  await home.come();
  const bought = await scene.buy();
  await scene.until('it is out', async () => (await scene.sink()).unproven === 1);
  const heal = await restartWithClock(scene, -120 * minute);
  heal();
  world.bridgeClock.setAhead(0);
  await scene.pass(3 * minute);
  await home.vanish();
  await scene.pass(10_000);
  await home.come();
  await scene.until('it comes again', () => home.heard.length === 2);
  assert.deepEqual(home.heard, [bought, bought]);
});

test('an event that was on its way when Home Assistant left comes again on its birth', async () => {
  await using scene = await createScene({ withToken: false });
  const { home, broker } = scene;
  await home.come();
  const first = await scene.buy();
  await scene.until('it is heard', () => home.heard.includes(first));
  const release = broker.holdStates();
  const second = await scene.buy();
  await scene.until('its balance is on its way', () => broker.isHolding());
  await home.vanish();
  release();
  await scene.until('the broker has passed it on to nobody', () => published(scene).includes(second));
  assert.deepEqual(home.heard, [first]);
  await home.come();
  await scene.until('it is heard', () => home.heard.at(-1) === second);
});

/** A bridge that connects finds this on the broker; one that is there is not told. */
async function leaveBehind(scene: Scene, status: 'online' | 'offline') {
  scene.broker.cutBridge();
  await scene.broker.publish('homeassistant/status', status, true);
  await scene.pass(10_000);
}

test('a retained "online" is no birth: it may be old, so nothing is sent again', async () => {
  await using scene = await createScene({ withToken: false });
  const { home } = scene;
  await home.come();
  const first = await scene.buy();
  await scene.until('it is heard', () => home.heard.includes(first));
  await leaveBehind(scene, 'online');
  const second = await scene.buy();
  await scene.until('it is heard', () => home.heard.includes(second));
  assert.deepEqual(home.heard, [first, second]);
});

test('a retained "offline" is no will: it may be old, so nothing is held, and nothing proven', async () => {
  await using scene = await createScene({ withToken: false });
  const { home } = scene;
  await leaveBehind(scene, 'offline');
  const free = await scene.buy();
  await scene.until('it is out', () => published(scene).includes(free));
  assert.equal(await presence(scene), 'never_seen');
  await home.come();
  await scene.until('it is seen', async () => (await presence(scene)) === 'seen');
  await scene.until('the first comes again', () => home.heard.length === 1);
  await scene.pass(2 * minute);
  await leaveBehind(scene, 'offline');
  const next = await scene.buy();
  await scene.until('it is heard', () => home.heard.includes(next));
  await scene.pass(30 * minute);
  assert.equal((await scene.sink()).unproven, 1, 'nothing shows that Home Assistant is there');
  assert.deepEqual(home.heard, [free, next]);
});

test('a will alone shows that there is a Home Assistant, and events are kept for it', async () => {
  await using scene = await createScene({ withToken: false });
  const { home, broker } = scene;
  broker.cutBridge();
  await home.come();
  await scene.pass(10_000);
  assert.equal(await presence(scene), 'never_seen');
  await home.vanish();
  await scene.until('it is seen', async () => (await presence(scene)) === 'seen');
  const kept = await scene.buy();
  await scene.pass(minute);
  assert.deepEqual(published(scene), []);
  await home.come();
  await scene.until('it is heard', () => home.heard.includes(kept));
});

test('what was sent shortly before the broker went down is sent again on the birth, older ones are not', async () => {
  await using scene = await createScene({ withToken: false });
  const { home, broker } = scene;
  await home.come();
  const old = await scene.buy();
  await scene.until('it is heard', () => home.heard.includes(old));
  await scene.pass(3 * minute);
  const doubtful = await scene.buy();
  await scene.until('it is heard too', () => home.heard.includes(doubtful));
  await scene.pass(30_000);
  // Both are cut off at once: the bridge does not hear the will.
  broker.cut();
  await broker.stop();
  await scene.until('its absence is known', () => healthOf(scene, 'mqtt') === 'down');
  await broker.start();
  await scene.until('the bridge is connected', () => healthOf(scene, 'mqtt') === 'ok');
  await home.come();
  await scene.until('it is heard again', () => home.heard.length === 3);
  await scene.pass(minute);
  assert.deepEqual(home.heard, [old, doubtful, doubtful]);
});

test('what a birth makes due is sent again although the disk was full at that moment', async () => {
  let isFull = false;
  await using scene = await createScene({ withToken: false, isDiskFull: () => isFull });
  const { home } = scene;
  await home.come();
  const doubtful = await scene.buy();
  await scene.until('it is heard', () => home.heard.includes(doubtful));
  await home.vanish();
  isFull = true;
  await home.come();
  await scene.pass(minute);
  assert.equal(home.heard.length, 1);
  isFull = false;
  await scene.until('it is heard again', () => home.heard.length === 2);
  assert.deepEqual(home.heard, [doubtful, doubtful]);
});
