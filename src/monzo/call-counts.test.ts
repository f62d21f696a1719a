import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFakeClock } from '../../sim/fake-clock.ts';
import { createCallCounts } from './call-counts.ts';

const minute = 60_000;

test('calls are counted altogether, for an hour and for a day', async () => {
  const clock = createFakeClock(Date.parse('2026-03-10T12:00:00Z'));
  const counts = createCallCounts(clock);
  assert.deepEqual(counts.read(), { total: 0, lastHour: 0, lastDay: 0 });
  counts.count();
  counts.count();
  await clock.advance(50 * minute);
  counts.count();
  assert.deepEqual(counts.read(), { total: 3, lastHour: 3, lastDay: 3 });
  await clock.advance(10 * minute);
  assert.deepEqual(counts.read(), { total: 3, lastHour: 1, lastDay: 3 });
  await clock.advance(23 * 60 * minute);
  counts.count();
  assert.deepEqual(counts.read(), { total: 4, lastHour: 1, lastDay: 2 });
});
