import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { toMajorText } from './values.ts';
import { amountsMeant, writtenAmount } from './written-amount.ts';

const meantIn = (word: string, currency: string) => {
  const amount = writtenAmount(word);
  if (amount === null) return null;
  const meant = amountsMeant(amount);
  const own = meant.find(({ currencies }) => currencies?.includes(currency) === true);
  return (own ?? meant.find(({ currencies }) => currencies === null))?.amounts.toSorted((a, b) => a - b);
};

describe('an amount in a search', () => {
  it('is read with a point, a comma, a sign, a currency, and groups', () => {
    for (const word of ['49.99', '49,99', '£49.99', '49,99€', '$49.99'])
      assert.deepEqual(meantIn(word, 'GBP'), [-4_999, 4_999], word);
    for (const word of ['-49.99', '−49,99', '-£49.99', '£-49.99', '–49.99'])
      assert.deepEqual(meantIn(word, 'GBP'), [-4_999], word);
    assert.deepEqual(meantIn('+49.99', 'GBP'), [4_999]);
    assert.deepEqual(meantIn('50', 'GBP'), [-5_000, 5_000]);
    assert.deepEqual(meantIn('49.9', 'GBP'), [-4_990, 4_990]);
    for (const word of ['1,234.50', '1.234,50', "1'234.50"])
      assert.deepEqual(meantIn(word, 'GBP'), [-123_450, 123_450], word);
    assert.deepEqual(meantIn('1,234,567', 'GBP'), [-123_456_700, 123_456_700]);
  });

  it('means what the currency has: a comma may divide thousands, or three decimal places', () => {
    assert.deepEqual(meantIn('1,234', 'GBP'), [-123_400, 123_400]);
    assert.deepEqual(meantIn('1,234', 'KWD'), [-1_234_000, -1_234, 1_234, 1_234_000]);
    assert.deepEqual(meantIn('970', 'JPY'), [-970, 970]);
    assert.deepEqual(meantIn('49.99', 'JPY'), [], 'nothing is rounded');
    assert.deepEqual(meantIn('49.00', 'JPY'), [-49, 49]);
    assert.deepEqual(meantIn('0', 'GBP'), [0]);
  });

  it('is no date, no sort code, no time, no name', () => {
    for (const word of [
      '29.11.2026',
      '04-00-04',
      '12:30',
      '#12',
      '3x',
      '1.2.3',
      '--5',
      '+£-5',
      '5%',
      '.',
      '',
    ])
      assert.equal(writtenAmount(word), null, word);
  });

  it('finds every amount as it is written', () => {
    const amounts = fc.integer({ min: -999_999_999, max: 999_999_999 });
    fc.assert(
      fc.property(amounts, fc.constantFrom('GBP', 'JPY', 'KWD', 'CLF'), (amount, currency) => {
        const text = toMajorText(amount, currency);
        assert.ok(meantIn(text, currency)?.includes(amount), text);
        assert.ok(meantIn(text.replace('.', ','), currency)?.includes(amount), text);
      }),
    );
  });
});
