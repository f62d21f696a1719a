import assert from 'node:assert/strict';
import { test } from 'node:test';
import { linked, withoutLinks } from './linked.ts';

const sentence = 'Add it (https://my.home-assistant.io/redirect/config_flow_start/?domain=mqtt). Wait.';

test('an address in Home Assistant becomes a link, or is left out where a link cannot stand', () => {
  const href = 'https://my.home-assistant.io/redirect/config_flow_start/?domain=mqtt';
  assert.deepEqual(linked(sentence).values.slice(0, 2), ['Add it', href]);
  assert.equal(withoutLinks(sentence), 'Add it. Wait.');
});

test('no other address becomes a link', () => {
  for (const other of [
    'Pay at (https://evil.example/redirect/x).',
    'See (javascript:alert(1)).',
    'Nothing.',
  ]) {
    assert.deepEqual(linked(other).values, [other]);
    assert.equal(withoutLinks(other), other);
  }
});
