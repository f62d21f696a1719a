import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createScene, published, settledAt } from '../support/scene.ts';

const hour = 3_600_000;

test('an event that has arrived does not arrive again and again while the disk takes no note of it', async () => {
  let isFull = false;
  await using scene = await createScene({ withToken: false, isDiskFull: () => isFull });
  await scene.home.come();
  const seen = await scene.buy();
  await scene.until('it is noted', settledAt(scene));
  await scene.pass(hour);
  await scene.home.vanish();
  await scene.pass(hour);
  const missed = await scene.buy();
  await scene.pass(1_000);
  isFull = true;
  await scene.home.come();
  await scene.pass(hour);
  assert.deepEqual(new Set(published(scene)), new Set([seen, missed]));
  assert.ok(published(scene).length <= 4, `${published(scene).length} messages for two events`);
  isFull = false;
  await scene.until('the rest is noted', settledAt(scene));
  assert.ok(published(scene).length <= 5);
});
