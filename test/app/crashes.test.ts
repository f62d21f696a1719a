import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alex } from '../../sim/household.ts';
import { startTestBroker } from '../support/broker.ts';
import { assertReached, createCrashes } from '../support/crash.ts';
import { createWorld } from '../support/world.ts';

test('a crash inside a write transaction leaves what was committed before, and the bridge finds the rest again', async () => {
  await using broker = await startTestBroker();
  const crashes = createCrashes();
  await using world = await createWorld({
    crashes,
    broker,
    settings: { MONZO_BRIDGE_MQTT_URL: broker.url },
  });
  await world.connect('alex');
  const point = 'write INSERT INTO event';
  crashes.arm((at) => at === point);
  const id = world.bank.purchase(alex.current, { amount: 350, merchant: 'Blue Door Coffee' });
  await world.until('it crashes', () => crashes.happened.length > 0);
  assert.deepEqual(crashes.happened, [point]);
  const published = () => broker.payloads(`monzo/${alex.current}/event`);
  await world.revived();
  assert.deepEqual(published(), []);
  await world.until('it is found again', () => published().length > 0);
  assert.equal((JSON.parse(published()[0] ?? '') as { event_id: unknown }).event_id, `${id}:created`);
  await world.until('it is settled', () => crashes.reached.has('write UPDATE sink'));
  assertReached(crashes, [point, 'mqtt monzo/+/event unacknowledged']);
  assert.throws(() => assertReached(crashes, ['write INSERT INTO nothing']), /never reached/);
});
