import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDocumentTopic, isStateTopic, ownComponents } from './sweep.ts';
import { topicsBelow } from './topics.ts';

const topics = topicsBelow('home/monzo', 'homeassistant');

test('only topics of accounts, pots and logins are ours', () => {
  const ours = ['acc_1', 'pot_1', 'acc_1/availability', 'login/login_1'];
  const others = [
    'acc_1/event',
    'bridge/state',
    'login',
    'login/a/b',
    'account',
    'user_1',
    'acc_',
    'acc_1/availability/x',
  ];
  for (const topic of ours) assert.ok(isStateTopic(topics, `home/monzo/${topic}`), topic);
  for (const topic of others) assert.ok(!isStateTopic(topics, `home/monzo/${topic}`), topic);
  assert.ok(!isStateTopic(topics, 'home/acc_1'));
  assert.ok(isDocumentTopic(topics, topics.document('acc_1')));
  assert.ok(!isDocumentTopic(topics, 'homeassistant/device/zigbee_1/config'));
});

test('a document is ours if it names this program and all its topics are below the base topic', () => {
  const document = (origin: unknown, ...components: readonly object[]) =>
    JSON.stringify({
      origin,
      components: Object.fromEntries(components.map((value, index) => [`c${index}`, value])),
    });
  const sensor = { platform: 'sensor', state_topic: 'home/monzo/acc_1' };
  const us = { name: 'monzo-bridge' };
  assert.deepEqual(
    ownComponents(topics, document(us, sensor)),
    new Map([['c0', { platform: 'sensor', uniqueId: '' }]]),
  );
  assert.equal(ownComponents(topics, document({ name: 'other' }, sensor)), null);
  assert.equal(
    ownComponents(topics, document(us, sensor, { ...sensor, state_topic: 'home/monzo2/acc_1' })),
    null,
  );
  assert.equal(ownComponents(topics, document(us)), null);
  for (const nonsense of ['', 'null', '[]', '{"components":3}', '{"origin":null,"components":{"a":null}}'])
    assert.equal(ownComponents(topics, nonsense), null, nonsense);
});
