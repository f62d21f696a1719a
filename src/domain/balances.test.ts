import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { balanceHistory, knownFrom, sumOfBalances, type BalanceHistory } from './balances.ts';
import { daysBetween } from './time.ts';

const days = daysBetween('2026-02-20', '2026-03-12');
const valuesOf = ({ points }: BalanceHistory) => points.map(({ balance }) => balance);

test('a balance is calculated back from its reading; without a reading there are no points', () => {
  const readings = [{ day: '2026-03-03', balance: 700, late: -50 }];
  const changes = new Map([
    ['2026-03-01', 1_000],
    ['2026-03-03', -350],
  ]);
  assert.deepEqual(balanceHistory({ readings, changes }), {
    points: [
      { day: '2026-03-01', balance: 1_000, reconstructed: true },
      { day: '2026-03-02', balance: 1_000, reconstructed: true },
      { day: '2026-03-03', balance: 700, reconstructed: false },
    ],
    earlier: 0,
    isWhole: true,
  });
  assert.deepEqual(balanceHistory({ readings: [], changes }), {
    points: [],
    earlier: 0,
    isWhole: false,
  });
  assert.equal(balanceHistory({ readings, changes: new Map([['2026-03-01', 5]]) }).isWhole, false);
  const still = balanceHistory({ readings, changes: new Map() });
  assert.deepEqual([still.earlier, still.isWhole], [650, true]);
});

const life = fc.array(
  fc.record({
    moved: fc.array(fc.integer({ min: -9_000, max: 9_000 }), { maxLength: 3 }),
    readAfter: fc.option(fc.nat({ max: 3 }), { nil: null }),
  }),
  { minLength: days.length, maxLength: days.length },
);

test('calculated balances are correct at the end of every day, for any readings', () => {
  fc.assert(
    fc.property(life, fc.integer({ min: -100, max: 100 }), (lived, opening) => {
      let balance = opening;
      const truth = new Map<string, number>();
      const readings = lived.flatMap(({ moved, readAfter }, index) => {
        const day = days[index] ?? '';
        const sum = (part: readonly number[]) => part.reduce((total, one) => total + one, 0);
        const seen = readAfter === null ? null : balance + sum(moved.slice(0, readAfter));
        balance += sum(moved);
        truth.set(day, seen ?? balance);
        return seen === null ? [] : [{ day, balance: seen, late: balance - seen }];
      });
      const changes = new Map(
        lived.map(({ moved }, index) => [days[index] ?? '', moved.reduce((total, one) => total + one, 0)]),
      );
      const { points } = balanceHistory({ readings, changes });
      const read = new Set(readings.map(({ day }) => day));
      assert.deepEqual(
        points.map(({ day }) => day),
        read.size === 0 ? [] : days.slice(0, days.indexOf(readings.at(-1)?.day ?? '') + 1),
      );
      for (const point of points) {
        assert.equal(point.balance, truth.get(point.day));
        assert.equal(point.reconstructed, !read.has(point.day));
      }
    }),
  );
});

test('a total begins on the first day on which any of its parts is known, and says which are guessed until when', () => {
  const full = balanceHistory({
    readings: [{ day: '2026-03-05', balance: 100, late: 0 }],
    changes: new Map([['2026-03-01', 100]]),
  });
  const dormant = balanceHistory({
    readings: [{ day: '2026-03-04', balance: -40, late: 0 }],
    changes: new Map(),
  });
  const partly = balanceHistory({
    readings: [{ day: '2026-03-05', balance: 100, late: 0 }],
    changes: new Map([['2026-03-03', 30]]),
  });
  const unread = balanceHistory({ readings: [], changes: new Map([['2026-03-01', 9]]) });
  const sum = (...parts: readonly BalanceHistory[]) => sumOfBalances([...parts, unread]);
  assert.deepEqual(
    sum(full, dormant).map(({ day, balance }) => [day, balance]),
    [
      ['2026-03-01', 60],
      ['2026-03-02', 60],
      ['2026-03-03', 60],
      ['2026-03-04', 60],
      ['2026-03-05', 60],
    ],
  );
  assert.deepEqual(
    sum(full, partly).map(({ day, balance, reconstructed }) => [day, balance, reconstructed]),
    [
      ['2026-03-01', 170, true],
      ['2026-03-02', 170, true],
      ['2026-03-03', 200, true],
      ['2026-03-04', 200, true],
      ['2026-03-05', 200, false],
    ],
  );
  assert.deepEqual([full, dormant, partly, unread].map(knownFrom), [
    undefined,
    undefined,
    '2026-03-03',
    null,
  ]);
  assert.deepEqual(sum(), []);
  assert.deepEqual(valuesOf(full), [100, 100, 100, 100, 100]);
});
