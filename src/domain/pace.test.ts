import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { savingPace, savingReach, spendingPace } from './pace.ts';

describe('the pace of spending', () => {
  const month = '2026-03';
  const months = [
    { month: '2026-01', soFar: 1_000, whole: 4_000 },
    { month: '2026-02', soFar: 2_001, whole: 2_001 },
    { month: '2026-03', soFar: 700, whole: 900 },
  ];

  it('is the average of the full months before, each up to the same day', () => {
    assert.deepEqual(spendingPace({ month, knownFrom: '2026-01-01', months }), {
      spent: 700,
      usual: 1_501,
      usualMonth: 3_001,
      usualMonths: ['2026-01', '2026-02'],
    });
  });

  it('counts months in which nothing was spent, and none that began before the first transaction', () => {
    const { usual, usualMonths } = spendingPace({ month, knownFrom: '2025-11-30', months });
    assert.deepEqual([usual, usualMonths], [1_000, ['2025-12', '2026-01', '2026-02']]);
    const none = spendingPace({ month, knownFrom: '2026-02-02', months });
    assert.deepEqual([none.spent, none.usual, none.usualMonth], [700, null, null]);
  });

  it('is negative where more came back than was spent', () => {
    const refunds = [{ month: '2026-02', soFar: -500, whole: -500 }];
    const pace = spendingPace({ month, knownFrom: '2026-02-01', months: refunds });
    assert.deepEqual([pace.spent, pace.usual], [0, -500]);
  });
});

describe('the pace of a pot', () => {
  const ends = (...balances: readonly number[]) =>
    ['2025-11-30', '2025-12-31', '2026-01-31', '2026-02-28']
      .slice(4 - balances.length)
      .map((day, index) => ({ day, balance: balances[index] ?? 0 }));
  const facts = { month: '2026-03', balance: 4_000, goal: 10_000 };

  it('is that of the last three full months', () => {
    assert.equal(savingReach('2026-03'), '2025-11-30');
    assert.deepEqual(savingPace({ ...facts, points: ends(1_000, 1_500, 3_000, 4_000) }), {
      perMonth: 1_000,
      months: 3,
      reachedIn: '2026-09',
    });
  });

  it('is that of two where no more are known, and none where it is one', () => {
    assert.equal(savingPace({ ...facts, points: ends(0, 0, 4_000) })?.reachedIn, '2026-06');
    assert.equal(savingPace({ ...facts, points: ends(0, 4_000) }), null);
    assert.equal(savingPace({ ...facts, points: [] }), null);
  });

  it('is none where the pot does not grow, is full, or would take more than ten years', () => {
    assert.equal(savingPace({ ...facts, points: ends(4_000, 4_000, 4_000, 4_000) }), null);
    assert.equal(savingPace({ ...facts, points: ends(9_000, 4_000, 4_000, 4_000) }), null);
    assert.equal(savingPace({ ...facts, balance: 10_000, points: ends(0, 1, 2, 9_000) }), null);
    assert.equal(savingPace({ ...facts, points: ends(3_850, 3_900, 3_950, 4_000) })?.reachedIn, '2036-03');
    assert.equal(savingPace({ ...facts, goal: 10_001, points: ends(3_850, 3_900, 3_950, 4_000) }), null);
  });

  it('is none where a balance between is not known', () => {
    const [first, second, ...others] = ends(0, 1_000, 2_000, 4_000);
    assert.ok(first && second);
    assert.equal(savingPace({ ...facts, points: [first, ...others] })?.months, undefined);
    assert.equal(savingPace({ ...facts, points: [second, ...others] })?.months, 2);
  });
});
