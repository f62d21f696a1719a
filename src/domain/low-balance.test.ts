import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { isLowBalance, recoveryBand, thresholdIn } from './low-balance.ts';

test('a threshold is read in the minor units of its currency', () => {
  for (const [text, currency, minor] of [
    ['50', 'GBP', 50_00],
    ['12.5', 'GBP', 12_50],
    ['-100.25', 'GBP', -100_25],
    ['0', 'GBP', 0],
    ['-0', 'GBP', 0],
    ['1000.9', 'JPY', 1_000],
    ['1.2345', 'KWD', 1_234],
  ] as const)
    assert.equal(thresholdIn(text, currency), minor, `${text} ${currency}`);
});

test('a low balance is no longer low a tenth above the threshold, and at least 5.00 above', () => {
  assert.equal(recoveryBand(200_00, 'GBP'), 20_00);
  assert.equal(recoveryBand(-200_00, 'GBP'), 20_00);
  assert.equal(recoveryBand(10_00, 'GBP'), 5_00);
  assert.equal(recoveryBand(333_33, 'GBP'), 33_34);
  const judge = (balance: number, wasLow: boolean) =>
    isLowBalance({ balance, currency: 'GBP', threshold: '200', wasLow });
  assert.deepEqual([judge(200_00, false), judge(199_99, false)], [false, true]);
  assert.deepEqual([judge(219_99, true), judge(220_00, true)], [true, false]);
});

test('it changes only when a balance crosses to the other side of the band', () => {
  const balance = fc.integer({ min: -50_000, max: 50_000 });
  fc.assert(
    fc.property(fc.array(balance), fc.integer({ min: -300, max: 300 }), (balances, threshold) => {
      const least = threshold * 100;
      const most = least + recoveryBand(least, 'GBP');
      let wasLow = false;
      for (const one of balances) {
        const isLow = isLowBalance({ balance: one, currency: 'GBP', threshold: String(threshold), wasLow });
        if (one < least) assert.ok(isLow);
        else if (one >= most) assert.ok(!isLow);
        else assert.equal(isLow, wasLow);
        wasLow = isLow;
      }
    }),
  );
});
