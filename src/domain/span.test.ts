import assert from 'node:assert/strict';
import { test } from 'node:test';
import { spanText } from './span.ts';

test('a length of time is said in the largest unit of which it has at least two', () => {
  const spans = [0, 1_000, 90_000, 120_000, 900_000, 5_400_000, 7_200_000, 172_800_000, 259_200_000];
  assert.deepEqual(spans.map(spanText), [
    '0 seconds',
    '1 second',
    '90 seconds',
    '2 minutes',
    '15 minutes',
    '90 minutes',
    '2 hours',
    '2 days',
    '3 days',
  ]);
});
