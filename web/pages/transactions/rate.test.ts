import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { rateInWords, rateOf } from './rate.ts';

type Money = readonly [amount: number, currency: string];

const exchange = ([own, currency]: Money, [local, abroad]: Money) => ({
  amount_minor: own,
  currency,
  local_amount_minor: local,
  local_currency: abroad,
});

describe('the exchange rate of a payment', () => {
  it('is exact, whatever decimal places the currencies have', () => {
    assert.equal(rateOf(exchange([-1_250, 'GBP'], [-1_499, 'USD'])), '1.19920000');
    assert.equal(rateOf(exchange([-1_000, 'GBP'], [-1_900, 'JPY'])), '190.00000000');
    assert.equal(rateOf(exchange([-1_000, 'GBP'], [-4_125, 'KWD'])), '0.41250000');
    assert.equal(rateOf(exchange([300, 'GBP'], [100, 'EUR'])), '0.33333333');
    assert.equal(rateOf(exchange([-1, 'GBP'], [-999_999_999_999, 'IDR'])), '999999999999.00000000');
  });

  it('is none where nothing was exchanged', () => {
    assert.equal(rateOf(exchange([-1_250, 'GBP'], [-1_250, 'GBP'])), null);
    assert.equal(rateOf(exchange([0, 'GBP'], [-1_499, 'USD'])), null, 'declined');
    assert.equal(rateOf(exchange([-5, 'GBP'], [-5, ''])), null);
    assert.equal(
      rateInWords(exchange([-5, 'GBP'], [-7, 'euro']), 'en-GB'),
      null,
      'no code that a browser knows',
    );
  });

  it('is written as in the region', () => {
    assert.deepEqual(rateInWords(exchange([-1_250, 'GBP'], [-1_499, 'USD']), 'en-GB'), ['£1', 'US$1.1992']);
    assert.deepEqual(rateInWords(exchange([-1_000, 'GBP'], [-190_476, 'JPY']), 'en-GB'), ['£1', 'JP¥19,048']);
    assert.deepEqual(rateInWords(exchange([-1_250, 'GBP'], [-1_499, 'USD']), 'de-DE'), [
      '1\u00A0£',
      '1,1992\u00A0$',
    ]);
  });
});
