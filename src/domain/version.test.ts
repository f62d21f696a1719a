import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isNewer } from './version.ts';

const ascending = [
  '0.1.0',
  '0.2.0-edge.1',
  '0.2.0-edge.2',
  '0.2.0-edge.10',
  '0.2.0',
  '0.10.0',
  '2026.9',
  '2026.9.1',
  '2026.12.0b3',
  '2026.12.0',
];

test('versions are in the order of their numbers, and trials come before what they try', () => {
  for (const [index, version] of ascending.entries())
    for (const [place, other] of ascending.entries())
      assert.equal(isNewer(version, other), index > place, `${version} ${other}`);
});

test('the same version is not newer, however it is written', () => {
  assert.equal(isNewer('2026.9', '2026.9.0'), false);
  assert.equal(isNewer('v1.0.0', '1.0.0'), false);
  assert.equal(isNewer('1.0.0+build.7', '1.0.0'), false);
});

test('what is no version is neither newer nor older', () => {
  for (const none of ['', 'dev', 'unreleased', '1'])
    assert.deepEqual([isNewer(none, '1.0.0'), isNewer('1.0.0', none)], [false, false]);
});
