import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { leftOf, lineAmount } from './receipt-lines.ts';

describe('the lines of a receipt', () => {
  it('are amounts as people type them, with a minus for a discount', () => {
    assert.equal(lineAmount('4.20', 2), 420);
    assert.equal(lineAmount(' -1.5 ', 2), -150);
    assert.equal(lineAmount('− 1', 2), -100);
    assert.equal(lineAmount('4,20', 2, 'de-DE'), 420);
    for (const text of ['', '-', 'four', '1.234', '--1']) assert.equal(lineAmount(text, 2), null, text);
  });

  it('leave what is not in them yet', () => {
    const lines = ['10', '-1', '', 'what'].map((amount, key) => ({ key, description: 'x', amount }));
    assert.equal(leftOf(1_234, lines, 2), 334);
    assert.equal(leftOf(1_234, [], 2), 1_234);
    assert.equal(leftOf(500, [{ key: 0, description: '', amount: '700' }], 0), -200);
  });
});
