import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settled } from '../../sim/fake-clock.ts';
import { coalesced } from './coalesce.ts';

/** Work whose runs are ended by hand. */
function handWork() {
  const ends: ((failure?: Error) => void)[] = [];
  const run = coalesced(
    () =>
      new Promise<void>((resolve, reject) => {
        ends.push((failure) => (failure ? reject(failure) : resolve()));
      }),
  );
  return { run, ends };
}

test('calls while it runs cause exactly one more run, which they share', async () => {
  const { run, ends } = handWork();
  const first = run();
  const others = [run(), run(), run()];
  assert.equal(ends.length, 1);
  ends[0]?.();
  await first;
  await settled();
  assert.equal(ends.length, 2);
  ends[1]?.();
  await Promise.all(others);
  await settled();
  assert.equal(ends.length, 2);
});

test('a call is answered by a run that began after it, even when the one before failed', async () => {
  const { run, ends } = handWork();
  const first = run();
  const second = run();
  ends[0]?.(new Error('the bank is down'));
  await assert.rejects(first, /bank is down/);
  await settled();
  ends[1]?.();
  await second;
  const third = run();
  assert.equal(ends.length, 3, 'after all is quiet a call runs at once');
  ends[2]?.();
  await third;
});
