import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import {
  compareText,
  instantText,
  listText,
  parseInstant,
  placesOf,
  toMajorNumber,
  toMajorText,
} from './values.ts';

describe('decimal places', () => {
  const places: readonly (readonly [string, number])[] = [
    ['GBP', 2],
    ['EUR', 2],
    ['JPY', 0],
    ['KWD', 3],
    // Those for which Node's own table differs from ISO 4217.
    ...'AFN ALL COP HUF IDR IRR KPW LAK LBP MGA MMK PKR SOS SYP YER'
      .split(' ')
      .map((code) => [code, 2] as const),
    ['IQD', 3],
    ['CLF', 4],
    ['ZZZ', 2],
    ['', 2],
    ['pounds', 2],
  ];
  for (const [currency, expected] of places)
    it(`${currency || 'no currency'} has ${expected}`, () => {
      assert.equal(placesOf(currency), expected);
    });
});

describe('amounts as text', () => {
  const printed: readonly (readonly [amount: number, currency: string, text: string])[] = [
    [-605, 'GBP', '-6.05'],
    [-5, 'GBP', '-0.05'],
    [0, 'GBP', '0.00'],
    [-0, 'GBP', '0.00'],
    [100, 'GBP', '1.00'],
    [970, 'JPY', '970'],
    [-970, 'JPY', '-970'],
    [0, 'JPY', '0'],
    [1, 'KWD', '0.001'],
    [-12_345, 'KWD', '-12.345'],
    [-1_250_000, 'HUF', '-12500.00'],
    [Number.MAX_SAFE_INTEGER, 'GBP', '90071992547409.91'],
  ];
  for (const [amount, currency, text] of printed)
    it(`${amount} ${currency} is ${text}`, () => {
      assert.equal(toMajorText(amount, currency), text);
    });

  it('are read back as the same pence up to 10,000.00', () => {
    for (let pence = 1; pence <= 1_000_000; pence += 1) {
      if (Math.round(toMajorNumber(pence, 'GBP') * 100) !== pence) assert.fail(`${pence} was lost`);
      if (Number(toMajorText(-pence, 'GBP').replace('.', '')) !== -pence) assert.fail(`-${pence} was lost`);
    }
  });

  /** A double keeps any fifteen digits. */
  const most = 10 ** 15 - 1;
  const amounts = fc.oneof(fc.integer(), fc.bigInt({ min: -BigInt(most), max: BigInt(most) }).map(Number));

  for (const currency of ['GBP', 'JPY', 'KWD'])
    it(`print as numbers with the same exact decimal in ${currency}`, () => {
      fc.assert(
        fc.property(amounts, (amount) => {
          const text = toMajorText(amount, currency);
          assert.equal(toMajorNumber(amount, currency).toFixed(placesOf(currency)), text);
        }),
        { examples: [[most], [-most], [1], [-1]] },
      );
    });

  it('never show zero with a sign', () => {
    assert.ok(Object.is(toMajorNumber(-0, 'GBP'), 0));
  });
});

describe('timestamps', () => {
  const wholeSecond = Date.UTC(2022, 1, 1, 20, 47, 41);
  const read: readonly (readonly [text: string, instant: number])[] = [
    ['2022-02-01T20:47:41Z', wholeSecond],
    ['2022-02-01T20:47:41.1Z', wholeSecond + 100],
    ['2022-02-01T20:47:41.12Z', wholeSecond + 120],
    ['2022-02-01T20:47:41.123Z', wholeSecond + 123],
    ['2022-02-01T20:47:41.1234Z', wholeSecond + 123],
    ['2022-02-01T20:47:41.12345Z', wholeSecond + 123],
    ['2022-02-01T20:47:41.123456Z', wholeSecond + 123],
    ['2022-02-01T20:47:41.1234567Z', wholeSecond + 123],
    ['2022-02-01T20:47:41.12345678Z', wholeSecond + 123],
    ['2022-02-01T20:47:41.123456789Z', wholeSecond + 123],
    ['2022-02-01T20:47:41+00:00', wholeSecond],
    ['2022-02-01T21:47:41.12+01:00', wholeSecond + 120],
    ['2022-02-01T15:17:41-05:30', wholeSecond],
  ];
  for (const [text, instant] of read)
    it(`${text} is read`, () => {
      assert.equal(parseInstant(text), instant);
    });

  const refused = [
    '',
    null,
    undefined,
    'soon',
    '2022-02-01',
    '2022-02-01T20:47:41',
    '2022-02-01T20:47Z',
    '2022-02-01T20:47:41.Z',
    '2022-02-01 20:47:41Z',
    '2022-13-01T20:47:41Z',
    '2022-02-01T25:47:41Z',
    '2022-02-01T20:47:41Z and more',
    'on 2022-02-01T20:47:41Z',
    '1643748461',
  ];
  for (const text of refused)
    it(`${JSON.stringify(text) ?? 'nothing'} is none`, () => {
      assert.equal(parseInstant(text), null);
    });

  it('are read back from our own text', () => {
    fc.assert(
      fc.property(
        fc.date({
          noInvalidDate: true,
          min: new Date('0001-01-01T00:00:00Z'),
          max: new Date('9999-12-31T00:00:00Z'),
        }),
        (date) => {
          assert.equal(parseInstant(instantText(date.getTime())), date.getTime());
        },
      ),
    );
  });

  it('are printed in UTC', () => {
    assert.equal(instantText(wholeSecond), '2022-02-01T20:47:41.000Z');
  });
});

describe('the order of text', () => {
  it('is by code unit, not by locale', () => {
    assert.deepEqual(['b', 'a', 'B', 'é', 'a'].toSorted(compareText), ['B', 'a', 'a', 'b', 'é']);
  });
});

describe('what is listed in a sentence', () => {
  it('is written as English has it', () => {
    const usual = new Intl.ListFormat('en-GB');
    for (const items of [[], ['pots'], ['pots', 'balance'], ['pots', 'balance', 'details', 'rows']])
      assert.equal(listText(items), usual.format(items));
  });
});
