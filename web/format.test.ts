import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { decimal, discreet, hideAmounts, money, monthInWords, share, typed, written } from './format.ts';
import { withPoint } from './written-number.ts';

const british = { locale: 'en-GB' } as const;

describe('an amount', () => {
  it('is printed to the last minor unit, also where floating point would round', () => {
    assert.equal(money(-605, 'GBP', british), '−£6.05');
    assert.equal(money(1, 'GBP', british), '£0.01');
    assert.equal(money(970, 'JPY', british), 'JP¥970');
    assert.equal(money(9_007_199_254_740_991, 'GBP', british), '£90,071,992,547,409.91');
    assert.equal(decimal(-5, 3), '-0.005');
    // Browsers print these without places, ISO 4217 has two.
    assert.equal(money(-1_250_000, 'HUF', british).replace('\u00A0', ' '), '−HUF 12,500.00');
    assert.equal(money(12_345, 'IDR', british).replace('\u00A0', ' '), 'IDR 123.45');
    assert.equal(money(12_345, 'IQD', british).replace('\u00A0', ' '), 'IQD 12.345');
  });

  it('is written as the reader writes it, with a sign where that is asked for', () => {
    assert.equal(money(123_456, 'EUR', { locale: 'de-DE' }).replaceAll('\u00A0', ' '), '1.234,56 €');
    assert.equal(money(250, 'GBP', { ...british, signed: true }), '+£2.50');
    assert.equal(money(0, 'GBP', { ...british, signed: true }), '£0.00');
  });

  it('of an unknown currency, or not known at all, still shows', () => {
    assert.equal(money(1_250, '??', british), '12.50 ??');
    assert.equal(money(null, 'GBP', british), 'not known');
  });
});

describe('a share', () => {
  it('of nothing is nothing', () => {
    assert.equal(share(1, 0, 'en-GB'), '0%');
    assert.equal(share(30, 90, 'en-GB'), '33%');
  });
});

describe('while amounts are hidden', () => {
  afterEach(() => hideAmounts(false));

  it('none is printed, except what a person is about to confirm', () => {
    hideAmounts(true);
    assert.equal(money(-605, 'GBP', british), '•••');
    assert.equal(money(605, '??', british), '•••');
    assert.equal(money(605, 'GBP', { ...british, always: true }), '£6.05');
    assert.equal(money(null, 'GBP', british), 'not known');
  });

  it('the bridge’s sentences keep all but their amounts', () => {
    const sentence = 'The account has 1,243.50 GBP and must keep -20 EUR; ask again in 30 s.';
    assert.equal(discreet(sentence), sentence);
    hideAmounts(true);
    assert.equal(discreet(sentence), 'The account has ••• GBP and must keep ••• EUR; ask again in 30 s.');
  });
});

describe('an amount to type', () => {
  it('is written and read with the decimal sign of the region', () => {
    assert.equal(written(1_250, 2, 'de-DE'), '12,50');
    assert.equal(written(1_250, 2, 'en-GB'), '12.50');
    assert.equal(typed('100.5', 'fr-FR'), '100,5');
    assert.equal(withPoint(' 12,50 ', 'de-DE'), '12.50');
    assert.equal(withPoint('-12.5', 'de-DE'), '-12.5');
  });

  it('is not guessed at where a point could separate thousands', () => {
    for (const text of ['1.000', '12.000.000', '-1.250']) assert.equal(withPoint(text, 'de-DE'), '', text);
    assert.equal(withPoint('1.000', 'en-GB'), '1.000');
    // Here spaces do that, so that a point can only be a decimal sign.
    assert.equal(withPoint('1.000', 'fr-FR'), '1.000');
  });
});

describe('a day', () => {
  it('is in the bank’s calendar, also where years are counted differently', () => {
    assert.match(monthInWords('2027-03', 'th-TH'), /2027/);
    assert.equal(monthInWords('2027-03', 'de-DE'), 'März 2027');
  });
});
