import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFakeClock, settled } from '../../sim/fake-clock.ts';
import { createBudget, type Priority } from './budget.ts';

const start = Date.parse('2026-01-01T00:00:00Z');
const small = () => {
  const clock = createFakeClock(start);
  return { clock, budget: createBudget({ clock, size: () => ({ capacity: 2, perSecond: 10 }) }) };
};

test('a full bucket lets calls through at once and sets no timer', async () => {
  const { clock, budget } = small();
  await budget.take('poll');
  await budget.take('poll');
  assert.equal(clock.sleepers(), 0);
});

test('an empty bucket fills by ten calls a second, up to its size', async () => {
  const { clock, budget } = small();
  let taken = 0;
  for (let call = 0; call < 5; call += 1) void budget.take('poll').then(() => (taken += 1));
  await settled(8);
  assert.equal(taken, 2);
  await clock.advance(99);
  assert.equal(taken, 2);
  await clock.advance(1);
  assert.equal(taken, 3);
  await clock.advance(200);
  assert.equal(taken, 5);
  assert.equal(clock.sleepers(), 0);
  await clock.advance(3_600_000);
  for (let call = 0; call < 3; call += 1) void budget.take('poll').then(() => (taken += 1));
  await settled(8);
  assert.equal(taken, 7);
});

test('money goes before doorbells, doorbells before polls, and among equals the first', async () => {
  const { clock, budget } = small();
  await budget.take('poll');
  await budget.take('poll');
  const served: string[] = [];
  const ask = (name: string, priority: Priority) => void budget.take(priority).then(() => served.push(name));
  ask('poll 1', 'poll');
  ask('poll 2', 'poll');
  ask('ring 1', 'doorbell');
  ask('money 1', 'money');
  ask('ring 2', 'doorbell');
  ask('money 2', 'money');
  await clock.advance(300);
  ask('money 3', 'money');
  await clock.advance(1_000);
  assert.deepEqual(served, ['money 1', 'money 2', 'ring 1', 'money 3', 'ring 2', 'poll 1', 'poll 2']);
});

test('a caller who gives up leaves the line, and no timer stays once it is empty', async () => {
  const { clock, budget } = small();
  await budget.take('poll');
  await budget.take('poll');
  const gone = new AbortController();
  const left = assert.rejects(budget.take('poll', gone.signal), /never mind/);
  await settled(8);
  assert.equal(clock.sleepers(), 1);
  gone.abort(new Error('never mind'));
  await left;
  await settled(8);
  assert.equal(clock.sleepers(), 0);
  await assert.rejects(budget.take('poll', gone.signal), /never mind/);
  let served = false;
  void budget.take('poll').then(() => (served = true));
  await clock.advance(100);
  assert.equal(served, true);
});

test('all callers in line can be dismissed', async () => {
  const { clock, budget } = small();
  await budget.take('poll');
  await budget.take('poll');
  const both = [budget.take('money'), budget.take('poll')].map((taken) => assert.rejects(taken, /closed/));
  await settled(8);
  budget.dismiss(() => new Error('closed'));
  await Promise.all(both);
  await settled(8);
  assert.equal(clock.sleepers(), 0);
});
