import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSeenScene } from '../support/scene.ts';

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
  const fired = fake?.of('fire_event').map(({ event_data: data }) => (data as { event_id: string }).event_id);
  assert.deepEqual(fired, [id, other, id]);
  assert.equal((await scene.sink('home_assistant')).state, 'ok');
  assert.deepEqual(await (await scene.post('/api/events/retry')).json(), { retried: 0 });
});

test('a refusal that does not concern the event puts nothing aside', async () => {
  await using scene = await createSeenScene();
  const { fake } = scene;
  fake?.world.script.set('fire_event', { refuse: 'unauthorized' });
  await scene.buy();
  await scene.pass(5_000);
  const { undelivered, parked_count: parked, sentence } = await scene.sink('home_assistant');
  assert.deepEqual([undelivered, parked], [1, 0]);
  assert.match(sentence ?? '', /unauthorized/);
  fake?.world.script.clear();
  await scene.until('it is fired', async () => (await scene.sink('home_assistant')).undelivered === 0);
});
