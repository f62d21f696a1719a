import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { amountText, currenciesOf, limitsIn } from './limits.ts';

describe('limits as they are typed in', () => {
  it('are taken with a point everywhere, and with a comma where it is the decimal sign', () => {
    assert.equal(amountText('0', 'en'), '0');
    assert.equal(amountText(' 12.50 ', 'en'), '12.50');
    assert.equal(amountText('12,5', 'de'), '12.5');
    assert.equal(amountText('12.5', 'de'), '12.5');
  });

  it('are refused where they can be read in two ways, or in none', () => {
    for (const written of ['1,000', '£5', '-1', '1e3', 'a lot', '12.', '.5', '0.00001', '1234567890123'])
      assert.equal(amountText(written, 'en'), null, written);
    assert.equal(amountText('1.000,50', 'de'), null);
  });

  it('an empty field is no limit, and the first wrong one is named', () => {
    const fields = ['GBP', 'EUR', '*'].map(
      (currency) => ({ account: 'acc_1', kind: 'floor', currency }) as const,
    );
    const typed = new Map([
      ['floor-GBP-acc_1', '20'],
      ['floor-*-acc_1', '1.5'],
    ]);
    const read = (name: string) => typed.get(name) ?? '';
    assert.deepEqual(limitsIn(fields, read), { GBP: '20', '*': '1.5' });
    typed.set('floor-EUR-acc_1', 'x');
    assert.throws(() => limitsIn(fields, read), { field: 'floor-EUR-acc_1' });
  });

  it('name single currencies before all the others', () => {
    assert.deepEqual(currenciesOf({ '*': '1', EUR: '2', GBP: '3' }), ['EUR', 'GBP', '*']);
    assert.deepEqual(currenciesOf({ EUR: '2' }), ['EUR']);
  });
});
