import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brokerPasswords, parseBrokerUrl } from './broker.ts';

test('a broker address is parsed, and shown without user and password', () => {
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
