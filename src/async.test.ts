import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFakeClock, settled } from '../sim/fake-clock.ts';
import {
  coalesced,
  coalescedBy,
  createBackoff,
  createNotifier,
  createSignal,
  settlesWithin,
  sleep,
  unlessAborted,
  withDeadline,
} from './async.ts';

const late = () => new Error('too late');
const never = () => new Promise<never>(() => {});

/** What became of a promise so far. */
function watched<T>(promise: Promise<T>) {
  const outcome: { value?: T; reason?: unknown } = {};
  promise.then(
    (value) => (outcome.value = value),
    (reason: unknown) => (outcome.reason = reason),
  );
  return outcome;
}

test('sleep says whether the time passed, and an abort ends it without rejecting', async () => {
  const clock = createFakeClock(0);
  const stop = new AbortController();
  const [whole, cut] = [watched(sleep(clock, 100)), watched(sleep(clock, 100, stop.signal))];
  stop.abort();
  await clock.advance(99);
  assert.deepEqual([whole.value, cut.value], [undefined, false]);
  await clock.advance(1);
  assert.equal(whole.value, true);
  assert.equal(await sleep(clock, 100, stop.signal), false, 'after the abort there is nothing to wait for');
});

test('work within its deadline settles as it does, and leaves no timer behind', async () => {
  const clock = createFakeClock(0);
  assert.equal(await withDeadline({ clock, ms: 100, late }, async () => 'done'), 'done');
  const failing = withDeadline({ clock, ms: 100, late }, () => Promise.reject(new Error('broken')));
  await assert.rejects(failing, /broken/);
  assert.equal(clock.sleepers(), 0);
});

test('work that ignores its signal is abandoned at the deadline, and its signal is aborted', async () => {
  const clock = createFakeClock(0);
  let seen: AbortSignal | undefined;
  const outcome = watched(
    withDeadline({ clock, ms: 100, late }, (signal) => {
      seen = signal;
      return never();
    }),
  );
  await clock.advance(99);
  assert.deepEqual([outcome.reason, seen?.aborted], [undefined, false]);
  await clock.advance(1);
  assert.match(String(outcome.reason), /too late/);
  assert.equal(seen?.reason, outcome.reason);
});

test('a caller’s abort ends the work with its reason, before it begins or while it runs', async () => {
  const clock = createFakeClock(0);
  const caller = new AbortController();
  const outcome = watched(withDeadline({ clock, ms: 100, late, signal: caller.signal }, never));
  const reason = new Error('no longer needed');
  caller.abort(reason);
  await settled();
  assert.equal(outcome.reason, reason);
  assert.equal(clock.sleepers(), 0);
  const begun = withDeadline({ clock, ms: 100, late, signal: caller.signal }, () => assert.fail('began'));
  await assert.rejects(begun, reason);
  await assert.rejects(unlessAborted(never(), caller.signal), reason);
});

test('settlesWithin says whether a promise settled in time, and rejects as it does', async () => {
  const clock = createFakeClock(0);
  assert.equal(await settlesWithin(clock, 100, Promise.resolve()), true);
  await assert.rejects(settlesWithin(clock, 100, Promise.reject(new Error('broken'))), /broken/);
  const outcome = watched(settlesWithin(clock, 100, never()));
  await clock.advance(100);
  assert.equal(outcome.value, false);
  assert.equal(clock.sleepers(), 0);
});

test('pauses double up to the longest, vary by their jitter, and start again after a success', () => {
  const plain = createBackoff({ shortest: 1_000, longest: 5_000 });
  assert.deepEqual(
    Array.from({ length: 5 }, () => plain.next()),
    [1_000, 2_000, 4_000, 5_000, 5_000],
  );
  plain.reset();
  assert.equal(plain.next(), 1_000);
  const least = createBackoff({ shortest: 1_000, longest: 5_000, random: () => 0, jitter: 0.25 });
  assert.deepEqual([least.next(), least.next()], [750, 1_500]);
  const most = createBackoff({ shortest: 1_000, longest: 5_000, random: () => 1 });
  assert.deepEqual([most.next(), most.next()], [1_000, 2_000]);
});

test('a notifier calls all current subscribers', () => {
  const heard: string[] = [];
  const notifier = createNotifier<string>();
  const listener = (what: string) => void heard.push(what);
  const leave = notifier.subscribe(listener);
  notifier.subscribe(listener);
  notifier.notify('first');
  leave();
  notifier.notify('second');
  assert.deepEqual(heard, ['first', 'first', 'second']);
});

test('a signal is remembered while the loop works, and only wake ends a pause early', async () => {
  const clock = createFakeClock(0);
  const closing = new AbortController();
  const signal = createSignal(clock, closing.signal);
  signal.raise();
  await signal.raised();
  const raised = watched(signal.raised().then(() => 'raised'));
  await settled();
  assert.equal(raised.value, undefined, 'a signal counts once');
  signal.raise();
  await settled();
  assert.equal(raised.value, 'raised');

  const pause = watched(signal.pause(100).then(() => 'over'));
  signal.raise();
  await clock.advance(99);
  assert.equal(pause.value, undefined);
  signal.wake();
  await settled();
  assert.equal(pause.value, 'over');
  await signal.raised();
  await Promise.all([signal.raised({ atMost: 50 }), clock.advance(50)]);
  const last = signal.raised();
  closing.abort();
  await last;
  assert.equal(clock.sleepers(), 0);
});

test('keys are coalesced separately', async () => {
  const runs: string[] = [];
  const run = coalescedBy(async (key: string) => {
    runs.push(key);
    await settled();
  });
  await Promise.all([run('a'), run('a'), run('a'), run('b')]);
  assert.deepEqual(runs.sort(), ['a', 'a', 'b']);
});

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

test('calls during a run cause exactly one more run, which they share', async () => {
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

test('a call gets the result of a run that began after it, even if the previous run failed', async () => {
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

test('never runs twice at once, however soon after a run it is called', async () => {
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
