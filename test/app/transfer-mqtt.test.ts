import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectAsync } from 'mqtt';
import { startEmbeddedBroker } from '../../sim/broker.ts';
import { alex } from '../../sim/household.ts';
import { isList, isMove, move, movesAt, transferOf, worldWithAlex } from '../support/money.ts';

type Payload = Readonly<Record<string, unknown>>;

test('the event of a move of ours carries its transfer id, and an outcome that was owed is published', async () => {
  const broker = await startEmbeddedBroker({ host: '127.0.0.1', port: 0 });
  const heard: (readonly [topic: string, payload: Payload])[] = [];
  const client = await connectAsync(broker.url, { protocolVersion: 4 });
  client.on('message', (topic, payload) => heard.push([topic, JSON.parse(payload.toString()) as Payload]));
  await client.subscribeAsync(['monzo/+/event', 'monzo/bridge/transfer'], { qos: 1 });
  const on = (topic: string) => heard.filter(([name]) => name === topic).map(([, payload]) => payload);
  await using world = await worldWithAlex({ settings: { MONZO_BRIDGE_MQTT_URL: broker.url } });

  const told = await move(world, { request_id: 'r' });
  await world.until('its event is there', () => on(`monzo/${alex.current}/event`).length === 1);
  const [event] = on(`monzo/${alex.current}/event`);
  assert.equal(event?.['transfer_id'], told['transfer_id']);
  assert.equal(event?.['transaction_id'], movesAt(world)[0]?.id);
  assert.equal(event?.['balance'], told['account_balance']);
  world.bank.potMove(alex.pots.tax, 'deposit', { amount: 100 });
  await world.until('the other is there', () => on(`monzo/${alex.current}/event`).length === 2);
  assert.equal(on(`monzo/${alex.current}/event`)[1]?.['transfer_id'], null);
  assert.deepEqual(on('monzo/bridge/transfer'), []);

  const lost = world.faults.add({ kind: 'timeout_after', match: isMove });
  const sent = movesAt(world).length;
  const hidden = world.faults.add({
    kind: 'status',
    status: 500,
    match: (call) => isList(call) && movesAt(world).length > sent,
  });
  const open = await move(world, { request_id: 'open' });
  assert.equal(open['money_moved'], 'unknown');
  for (const fault of [lost, hidden]) fault();
  await world.until('its outcome is published', () => on('monzo/bridge/transfer').length > 0);
  assert.equal(transferOf(world, open)?.state, 'moved');
  assert.deepEqual(on('monzo/bridge/transfer'), [
    {
      type: 'transfer_completed',
      event_id: `${String(open['transfer_id'])}:completed`,
      transfer_id: open['transfer_id'],
      request_id: 'open',
      money_moved: 'yes',
    },
  ]);
  await client.endAsync(true);
  await world.stop();
  await broker.close();
});
