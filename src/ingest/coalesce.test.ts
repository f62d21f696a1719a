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

test('never runs twice at once, however soon after the end of a run it is called', async () => {
  for (let ticks = 0; ticks < 12; ticks += 1) {
    let underWay = 0;
    let most = 0;
    const ends: (() => void)[] = [];
    const finish = (): void => ends.splice(0).forEach((end) => end());
    const run = coalesced(async () => {
      underWay += 1;
      most = Math.max(most, underWay);
      await new Promise<void>((resolve) => void ends.push(resolve));
      underWay -= 1;
    });
    const calls = [run(), run()];
    finish();
    for (let tick = 0; tick < ticks; tick += 1) await Promise.resolve();
    calls.push(run());
    for (let rest = 0; rest < calls.length; rest += 1) {
      await settled();
      finish();
    }
    await Promise.all(calls);
    assert.equal(most, 1, `called ${ticks} ticks after the end`);
  }
});
