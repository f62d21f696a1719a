import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectAsync } from 'mqtt';
import { startEmbeddedBroker } from '../../sim/broker.ts';
import { alex } from '../../sim/household.ts';
import {
  ask,
  isList,
  isMove,
  learnIds,
  move,
  movesAt,
  onceSent,
  transferOf,
  worldWithAlex,
} from '../support/money.ts';
import { inSteps, until } from '../support/until.ts';

type Payload = Readonly<Record<string, unknown>>;

interface Listener extends AsyncDisposable {
  readonly url: string;
  /** What was published on a topic, oldest first. */
  readonly on: (topic: string) => readonly Payload[];
}

/** A broker, and a client that hears every event of accounts and of transfers. */
async function startListener(): Promise<Listener> {
  const broker = await startEmbeddedBroker({ host: '127.0.0.1', port: 0 });
  const heard: (readonly [topic: string, payload: Payload])[] = [];
  const client = await connectAsync(broker.url, { protocolVersion: 4 });
  client.on('message', (topic, payload) => heard.push([topic, JSON.parse(payload.toString()) as Payload]));
  await client.subscribeAsync(['monzo/+/event', 'monzo/bridge/transfer'], { qos: 1 });
  return {
    url: broker.url,
    on: (topic) => heard.filter(([name]) => name === topic).map(([, payload]) => payload),
    async [Symbol.asyncDispose]() {
      await client.endAsync(true);
      await broker.close();
    },
  };
}

test('the event of a move of ours carries its transfer id, and an outcome that was owed is published', async () => {
  await using listener = await startListener();
  const { on } = listener;
  await using world = await worldWithAlex({ settings: { MONZO_BRIDGE_MQTT_URL: listener.url } });

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
});

test('the outcome that a person records is published at once', async () => {
  await using listener = await startListener();
  const { on } = listener;
  await using world = await worldWithAlex({ settings: { MONZO_BRIDGE_MQTT_URL: listener.url } });
  world.faults.add({ kind: 'timeout_before', match: isMove });
  world.faults.add({ kind: 'status', status: 500, match: onceSent(world, isList) });
  const told = await move(world, { request_id: 'r' });
  const isForPerson = () => transferOf(world, told)?.state === 'unresolved';
  await until('it is for a person', isForPerson, { between: inSteps(world.clock, 60_000) });
  assert.deepEqual(on('monzo/bridge/transfer'), []);
  const decided = await ask(world, 'decide_transfer', {
    transfer_id: told['transfer_id'],
    money_moved: 'no',
  });
  assert.equal(decided['money_moved'], 'no');
  await world.until('it is published', () => on('monzo/bridge/transfer').length > 0, 10_000);
  const [event] = on('monzo/bridge/transfer');
  assert.deepEqual(
    [event?.['type'], event?.['transfer_id'], event?.['money_moved']],
    ['transfer_failed', told['transfer_id'], 'no'],
  );
});

test('the outcome that the bridge finds out is published at once', async () => {
  await using listener = await startListener();
  const { on } = listener;
  // No list but the search for the move, which could publish it by the way.
  const settings = { MONZO_BRIDGE_MQTT_URL: listener.url, MONZO_BRIDGE_POLL_SECONDS: '3600' };
  await using world = await worldWithAlex({ settings });
  learnIds(world);
  world.faults.add({ kind: 'timeout_before', match: isMove });
  const told = await move(world, { request_id: 'r' });
  const isOver = () => transferOf(world, told)?.state === 'not_moved';
  await until('it is over', isOver, { between: inSteps(world.clock, 30_000) });
  await world.until('it is published', () => on('monzo/bridge/transfer').length > 0, 10_000);
  assert.deepEqual(
    on('monzo/bridge/transfer').map((event) => event['money_moved']),
    ['no'],
  );
});
