import assert from 'node:assert/strict';
import { test } from 'node:test';
import { filterMatches } from './topics.ts';

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
