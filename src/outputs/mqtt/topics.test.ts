import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brokerPasswords, parseBrokerUrl } from './broker.ts';
import { isDocumentTopic, isStateTopic, ownComponents } from './sweep.ts';
import { filterMatches, topicsBelow } from './topics.ts';

const topics = topicsBelow('home/monzo', 'homeassistant');

test('filters match by the rules of MQTT', () => {
  const cases: readonly (readonly [string, string, boolean])[] = [
    ['a/b', 'a/b', true],
    ['a/b', 'a/b/c', false],
    ['a/b/c', 'a/b', false],
    ['a/+', 'a/b', true],
    ['a/+', 'a/b/c', false],
    ['+/b', 'a/b', true],
    ['a/#', 'a/b/c', true],
    ['a/#', 'a', true],
    ['a/#', 'b/a', false],
    ['#', 'a/b', true],
    ['a/+/c', 'a//c', true],
  ];
  for (const [filter, topic, expected] of cases)
    assert.equal(filterMatches(filter, topic), expected, `${filter} ${topic}`);
});

test('only topics of accounts, pots and logins count as ours', () => {
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

test('a document is ours when it says so and everything in it lies below our base', () => {
  const document = (origin: unknown, ...components: readonly object[]) =>
    JSON.stringify({
      origin,
      components: Object.fromEntries(components.map((value, index) => [`c${index}`, value])),
    });
  const sensor = { platform: 'sensor', state_topic: 'home/monzo/acc_1' };
  const us = { name: 'monzo-bridge' };
  assert.deepEqual(ownComponents(topics, document(us, sensor)), new Map([['c0', 'sensor']]));
  assert.equal(ownComponents(topics, document({ name: 'other' }, sensor)), null);
  assert.equal(
    ownComponents(topics, document(us, sensor, { ...sensor, state_topic: 'home/monzo2/acc_1' })),
    null,
  );
  assert.equal(ownComponents(topics, document(us)), null);
  for (const nonsense of ['', 'null', '[]', '{"components":3}', '{"origin":null,"components":{"a":null}}'])
    assert.equal(ownComponents(topics, nonsense), null, nonsense);
});

test('a broker address is taken apart, and shown without its secrets', () => {
  assert.deepEqual(parseBrokerUrl('mqtts://alex:p%40ss%2Fword@broker.example'), {
    protocol: 'mqtts',
    host: 'broker.example',
    port: 8883,
    username: 'alex',
    password: 'p@ss/word',
    shown: 'mqtts://broker.example:8883',
  });
  assert.equal(parseBrokerUrl('mqtt://[::1]:1884').host, '::1');
  for (const wrong of ['', 'broker', 'http://secret@broker', 'mqtt://'])
    assert.throws(
      () => parseBrokerUrl(wrong),
      (error: Error) => !error.message.includes('secret'),
    );
});

const typedPasswords = [
  ['100%', '100%'],
  ['100%-sure', '100%-sure'],
  ['50%zz and p%40ss', '50%zz and p@ss'],
  ['caf%C3%A9', 'café'],
  ['broken %ff byte', 'broken %ff byte'],
  ['%25percent', '%percent'],
] as const;

test('a percent sign that begins no encoding is part of the password', () => {
  for (const [typed, meant] of typedPasswords)
    assert.equal(parseBrokerUrl(`mqtt://alex:${typed}@broker`).password, meant, typed);
});

test('every form of the password is known, to be concealed', () => {
  assert.deepEqual(brokerPasswords('mqtt://broker'), []);
  assert.deepEqual(brokerPasswords('mqtt://alex:p%40ss "100%"@broker'), [
    'p@ss "100%"',
    'p%40ss "100%"',
    'p%40ss%20%22100%%22',
  ]);
});
