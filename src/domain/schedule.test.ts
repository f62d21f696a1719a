import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { durations, follow, householdEvery, listEvery, sweep, watchedBelow } from '../limits.ts';
import {
  cadenceOf,
  dueTasks,
  nextDue,
  shouldFollow,
  type Cadence,
  type Done,
  type Task,
} from './schedule.ts';

const { second, minute, hour, day } = durations;

const figures = {
  listEvery,
  householdEvery,
  watchedBelow,
  sweepEvery: sweep.every,
  followEvery: minute,
  webhooksEvery: day,
};
const cadence = (pollEvery: number | null, webhooksWork: boolean) =>
  cadenceOf({ pollEvery, webhooksWork, figures });

describe('how often the bank is read', () => {
  const cadences: readonly (readonly [
    poll: number | null,
    webhooks: boolean,
    list: number,
    household: number,
  ])[] = [
    [null, false, 120, 900],
    [null, true, 900, 900],
    [300, false, 300, 900],
    [300, true, 300, 900],
    [86_400, true, 86_400, 900],
    [60, false, 60, 900],
    [60, true, 60, 900],
    [59, false, 59, 59],
    [1, true, 1, 1],
  ];
  for (const [poll, webhooks, list, household] of cadences)
    it(`POLL_SECONDS ${poll ?? 'unset'}, webhooks ${webhooks ? 'working' : 'none'}: ${list} s and ${household} s`, () => {
      const { transactions, household: households } = cadence(poll === null ? null : poll * second, webhooks);
      assert.deepEqual(
        { transactions, households },
        { transactions: list * second, households: household * second },
      );
    });

  it('the last weeks twice a day, with any setting', () => {
    assert.equal(cadence(null, false).sweep, 12 * hour);
    assert.equal(cadence(second, true).sweep, 12 * hour);
  });
});

describe('what is due', () => {
  const every: Cadence = { household: 900, transactions: 120, webhooks: 9_000, sweep: 5_000, follow: 60 };

  it('everything at first, the household before its transactions', () => {
    assert.deepEqual(dueTasks({}, every, 0), ['household', 'transactions', 'webhooks', 'sweep', 'follow']);
    assert.equal(nextDue({}, every), Number.NEGATIVE_INFINITY);
  });

  it('each task at its time and not before', () => {
    const done: Done = {
      household: 1_000,
      transactions: 1_000,
      webhooks: 1_000,
      sweep: 1_000,
      follow: 1_000,
    };
    assert.deepEqual(dueTasks(done, every, 1_059), []);
    assert.equal(nextDue(done, every), 1_060);
    assert.deepEqual(dueTasks(done, every, 1_060), ['follow']);
    assert.deepEqual(dueTasks(done, every, 1_120), ['transactions', 'follow']);
    assert.deepEqual(dueTasks(done, every, 1_900), ['household', 'transactions', 'follow']);
  });

  it('once, however often it was missed', () => {
    const done: Done = { household: 0, transactions: 0, sweep: 0, follow: 0 };
    assert.deepEqual(dueTasks({ ...done, transactions: 100_000, follow: 100_000 }, every, 100_000), [
      'household',
      'webhooks',
      'sweep',
    ]);
  });
});

/** Simulates a day of the poller: waits for the next task, does what is due, and counts the calls to the bank. */
function callsInADay(webhooksWork: boolean, accounts: number): number {
  const every = cadence(null, webhooksWork);
  const calls = {
    household: 1 + 2 * accounts,
    transactions: accounts,
    sweep: accounts,
    follow: 0,
    webhooks: accounts,
  };
  const done: Partial<Record<Task, number>> = {};
  let count = 0;
  for (let now = 0; now < day; now = nextDue(done, every)) {
    const due = dueTasks(done, every, now);
    for (const task of due) {
      count += calls[task];
      done[task] = now;
    }
  }
  return count;
}

describe('an idle day of two accounts with pots', () => {
  it('takes 1,926 calls without webhooks, of at most 2,500', () => {
    assert.equal(callsInADay(false, 2), 96 * 5 + 720 * 2 + 2 * 2 + 2);
    assert.ok(callsInADay(false, 2) <= 2_500);
  });

  it('takes 678 calls with webhooks, of at most 700', () => {
    assert.equal(callsInADay(true, 2), 96 * 5 + 96 * 2 + 2 * 2 + 2);
    assert.ok(callsInADay(true, 2) <= 700);
  });
});

describe('following a pending row', () => {
  const looked = (age: number, ago: number) =>
    shouldFollow({ created: day - age, lookedAt: day - ago }, day, follow);

  const waits: readonly (readonly [what: string, age: number, pause: number])[] = [
    ['a new row rests the shortest pause', minute, 15 * minute],
    ['an hour on, still the shortest', hour, 15 * minute],
    ['four hours on, a quarter of its age', 4 * hour, hour],
    ['a day on, the longest pause', day, 6 * hour],
    ['three weeks on, still the longest', 21 * day, 6 * hour],
    ['thirty days on, for the last time', 30 * day, 6 * hour],
  ];
  for (const [what, age, pause] of waits)
    it(what, () => {
      assert.equal(looked(age, pause - 1), false);
      assert.equal(looked(age, pause), true);
    });

  it('ends after thirty days', () => {
    assert.equal(looked(30 * day + 1, 30 * day), false);
  });
});
