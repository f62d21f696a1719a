import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFakeClock } from '../../sim/fake-clock.ts';
import { createTokenRest, type Refusals } from './token-rest.ts';

const minute = 60_000;
const day = 24 * 60 * minute;

const refused = (times: number, at: number): Refusals => ({
  fault: 'refresh_dead',
  times,
  at,
  isWhole: true,
});

test('a refused pair is tried after minutes, then less and less often, daily for weeks, and then no more', () => {
  const clock = createFakeClock(0);
  const rests = Array.from({ length: 37 }, (_, index) => createTokenRest(clock).left(refused(index + 1, 0)));
  assert.deepEqual(rests.slice(0, 4), [5 * minute, 10 * minute, 20 * minute, 40 * minute]);
  assert.deepEqual(
    rests.slice(9, 36),
    Array.from({ length: 27 }, () => day),
  );
  assert.equal(rests[36], Number.POSITIVE_INFINITY);
});

test('the rest goes by monotonic time, and no clock that was set makes it longer than it would have been', async () => {
  const clock = createFakeClock(1_000 * day);
  const rest = createTokenRest(clock);
  const times = refused(2, clock.now());
  assert.equal(rest.left(times), 10 * minute);
  await clock.advance(4 * minute);
  assert.equal(rest.left(times), 6 * minute);
  assert.equal(createTokenRest(clock).left(times), 6 * minute, 'after a restart');
  assert.equal(createTokenRest(clock).left(refused(2, clock.now() + 5 * day)), 10 * minute, 'dated ahead');
  await clock.advance(6 * minute);
  assert.equal(rest.left(times), 0);
  assert.equal(rest.left(null), 0);
});
