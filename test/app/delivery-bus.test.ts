import assert from 'node:assert/strict';
import { test } from 'node:test';
import { afterStart } from '../../src/limits.ts';
import { isList, isMove, move, onceSent } from '../support/money.ts';
import { createSeenScene, healthOf, within, type Scene } from '../support/scene.ts';

interface Fired {
  readonly type: string;
  readonly event_id: string;
}

const fired = ({ fake }: Scene): readonly Fired[] =>
  fake?.of('fire_event').map(({ event_data: data }) => data as Fired) ?? [];
const idsOf = (scene: Scene) => fired(scene).map(({ event_id: id }) => id);

test('an event that Home Assistant’s bus refuses is put aside, shown, and sent again when a person asks for it', async () => {
  await using scene = await createSeenScene();
  const { fake } = scene;
  fake?.world.script.set('fire_event', { refuse: 'unknown_error' });
  const id = await scene.buy();
  await scene.until('it is put aside', async () => (await scene.sink('home_assistant')).parked_count === 1);
  const { parked, state, undelivered } = await scene.sink('home_assistant');
  assert.deepEqual([parked.map(({ event_id }) => event_id), state, undelivered], [[id], 'needs_user', 0]);
  assert.match(parked[0]?.why ?? '', /refused fire_event \(unknown_error\)/);
  fake?.world.script.clear();
  const other = await scene.buy();
  await scene.until('the others pass', async () => (await scene.sink('home_assistant')).undelivered === 0);
  const unknown = await scene.post('/api/events/retry', { event_id: 'tx_unknown:created' });
  const { code } = (await unknown.json()) as { readonly code: string };
  assert.deepEqual([unknown.status, code], [404, 'not_parked']);
  const retried = await scene.post('/api/events/retry', { event_id: id });
  assert.deepEqual([retried.status, await retried.json()], [200, { retried: 1 }]);
  await scene.until('it is fired', async () => (await scene.sink('home_assistant')).undelivered === 0);
  assert.deepEqual(idsOf(scene), [id, other, id]);
  assert.equal((await scene.sink('home_assistant')).state, 'ok');
  assert.deepEqual(await (await scene.post('/api/events/retry')).json(), { retried: 0 });
});

for (const code of ['unauthorized', 'unknown_command'])
  test(`the refusal "${code}" does not concern the event, and puts nothing aside`, async () => {
    await using scene = await createSeenScene();
    const { fake } = scene;
    fake?.world.script.set('fire_event', { refuse: code });
    await scene.buy();
    await scene.pass(5_000);
    const { undelivered, parked_count: parked, sentence } = await scene.sink('home_assistant');
    assert.deepEqual([undelivered, parked], [1, 0]);
    assert.match(sentence ?? '', new RegExp(code));
    fake?.world.script.clear();
    await scene.until('it is fired', async () => (await scene.sink('home_assistant')).undelivered === 0);
  });

test('an event whose confirmation is lost with the connection is fired again, not put aside', async () => {
  await using scene = await createSeenScene();
  const { fake } = scene;
  fake?.world.script.set('fire_event', 'silence');
  const id = await scene.buy();
  await scene.until('it is fired', () => idsOf(scene).length === 1);
  fake?.world.script.clear();
  fake?.cut();
  await scene.until('it is fired again', () => idsOf(scene).length === 2);
  await scene.until('it is settled', async () => (await scene.sink('home_assistant')).undelivered === 0);
  assert.deepEqual(idsOf(scene), [id, id]);
  assert.equal((await scene.sink('home_assistant')).parked_count, 0);
});

test('events reach the bus as soon as automations have had time to start, and not before', async () => {
  await using scene = await createSeenScene();
  await scene.fake?.stop();
  await scene.until('it is gone', () => healthOf(scene, 'home_assistant') === 'down');
  await scene.fake?.start();
  const id = await scene.buy();
  await scene.until('it is connected', () => healthOf(scene, 'home_assistant') === 'ok');
  await scene.pass(afterStart - 2_000);
  assert.deepEqual(idsOf(scene), []);
  await within({ scene, ms: 10_000 }, 'it is fired', () => idsOf(scene).length > 0);
  assert.deepEqual(idsOf(scene), [id]);
});

test('an event for the bus is kept where Home Assistant leaves while its balances are still on their way', async () => {
  await using scene = await createSeenScene();
  const { broker, fake } = scene;
  const release = broker.holdStates();
  const id = await scene.buy();
  await scene.until('its balance is on its way', () => broker.isHolding());
  fake?.cut();
  await scene.until('it is gone', () => healthOf(scene, 'home_assistant') === 'down');
  release();
  await scene.until('it is fired', () => idsOf(scene).length > 0);
  assert.deepEqual(idsOf(scene), [id]);
});

test('the bus carries later changes of a transaction too, and the outcome of a move that was in doubt', async () => {
  await using scene = await createSeenScene();
  const { world } = scene;
  const id = (await scene.buy()).slice(0, -':created'.length);
  world.bank.annotate(id, 'lunch with Sam');
  await scene.pass(1_000);
  await scene.look();
  await scene.until('the change is fired', () => fired(scene).length === 2);
  const repairs = [
    world.faults.add({ kind: 'timeout_after', match: isMove }),
    world.faults.add({ kind: 'status', status: 500, match: onceSent(world, isList) }),
  ];
  const told = await move(world, { request_id: 'r' });
  assert.equal(told['money_moved'], 'unknown');
  for (const repair of repairs) repair();
  await scene.until('the outcome is fired', () =>
    idsOf(scene).some((eventId) => eventId.endsWith(':completed')),
  );
  assert.deepEqual(
    fired(scene)
      .map(({ type }) => type)
      .toSorted(),
    ['transaction.amended', 'transaction.created', 'transaction.created', 'transfer_completed'],
  );
  assert.ok(idsOf(scene).includes(`${String(told['transfer_id'])}:completed`));
});
