import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { createMonzoClient } from '../monzo/monzo-client.ts';
import { readAmount, readDecimal } from './amount.ts';
import { placesOf, toMajorText } from './values.ts';
import { newPageFacts } from '../../test/support/samples.ts';

const read = (given: unknown, currency = 'GBP') => {
  const found = readAmount(given, currency);
  return 'amount' in found ? found.amount : found.wrong;
};

/** A number as the program sees it in a JSON body, after `JSON.parse`. */
const json = (text: string): unknown => JSON.parse(text);

const missing = /^An amount is missing; give one such as "12\.50"\.$/;
const empty = /^The amount is empty; write it as 12\.50\.$/;
const digits =
  /^The amount must be digits 0 to 9 with at most one point, such as 12\.50, and nothing else\.$/;
const comma = /^Write the amount with a point, not a comma: 12\.50\.$/;
const exponent = /^Write the amount without an exponent, in plain digits: 12\.50\.$/;
const positive = /^The amount must be above zero, such as 12\.50/;
const places = /^GBP has 2 decimal places at most; write the amount as 12\.50\.$/;
const kind = /^The amount must be text or a number, such as "12\.50"\.$/;
const huge = /^The amount is larger than any account holds; write it as 12\.50\.$/;
const noPlaces = /^JPY has no decimal places; write the amount as 1250\.$/;
const threePlaces = /^KWD has 3 decimal places at most; write the amount as 12\.500\.$/;

type Row = readonly [given: unknown, expected: number | RegExp, currency?: string];

describe('an amount as text', () => {
  const rows: readonly Row[] = [
    ['0.29', 29],
    ['4.35', 435],
    ['100', 10_000],
    ['0.01', 1],
    ['1.5', 150],
    ['007', 700],
    [' 2.00\n', 200],
    ['9999999999999.99', 999_999_999_999_999],
    ['1e2', exponent],
    ['1E2', exponent],
    ['0.30000000000000004', places],
    ['1,50', comma],
    ['1,000.00', digits],
    ['1.000,00', digits],
    ['٣', digits],
    ['３', digits],
    ['NaN', digits],
    ['Infinity', digits],
    ['0x10', digits],
    ['+1', digits],
    ['.5', digits],
    ['5.', digits],
    ['1_000', digits],
    ['1 000', digits],
    ['£5', digits],
    ['5 GBP', digits],
    ['null', digits],
    ['unknown', digits],
    ['1.2.3', digits],
    ['-1', positive],
    ['-0.00', positive],
    ['0', positive],
    ['0.00', positive],
    ['0.001', places],
    ['1.500', places],
    ['', empty],
    [' \t', empty],
    ['10000000000000.00', huge],
    ['9'.repeat(30_000), huge],
    ['100', 100, 'JPY'],
    ['100.0', noPlaces, 'JPY'],
    ['0.5', noPlaces, 'JPY'],
    ['0.001', 1, 'KWD'],
    ['4.35', 4_350, 'KWD'],
    ['0.0001', threePlaces, 'KWD'],
  ];
  for (const [given, expected, currency] of rows)
    it(`${JSON.stringify(given).slice(0, 40)} ${currency ?? ''}`, () => {
      const found = read(given, currency);
      if (expected instanceof RegExp) assert.match(String(found), expected);
      else assert.equal(found, expected);
    });
});

describe('an amount as a JSON value', () => {
  const rows: readonly (readonly [text: string, expected: number | RegExp, currency?: string])[] = [
    ['0.29', 29],
    ['4.35', 435],
    ['100', 10_000],
    ['100.00', 10_000],
    ['1e2', 10_000],
    ['1.5e1', 1_500],
    ['9999999999999.99', 999_999_999_999_999],
    ['0.30000000000000004', places],
    ['-1', positive],
    ['-0', positive],
    ['0', positive],
    ['0.001', places],
    ['1e-7', exponent],
    ['1e20', huge],
    ['1e21', exponent],
    ['1e400', digits],
    ['10000000000000.00', huge],
    ['90071992547409.91', huge],
    ['null', kind],
    ['{}', kind],
    ['[]', kind],
    ['["1"]', kind],
    ['true', kind],
    ['""', empty],
    ['100', 100, 'JPY'],
    ['0.5', noPlaces, 'JPY'],
    ['0.001', 1, 'KWD'],
    ['0.0001', threePlaces, 'KWD'],
  ];
  for (const [text, expected, currency] of rows)
    it(`${text} ${currency ?? ''}`, () => {
      const found = read(json(text), currency);
      if (expected instanceof RegExp) assert.match(String(found), expected);
      else assert.equal(found, expected);
    });

  it('is required', () => {
    assert.match(String(read(undefined)), missing);
  });
});

describe('every amount', () => {
  it('from 0.01 to 10,000.00 survives parser and wire exactly, as text and as a number', () => {
    let sent: string | undefined;
    const client = createMonzoClient({
      pageFacts: newPageFacts(),
      report: () => {},
      send: ({ form }) => {
        sent = form?.['amount'];
        return new Promise(() => {});
      },
    });
    for (let pence = 1; pence <= 1_000_000; pence += 1) {
      const written = `${Math.floor(pence / 100)}.${String(pence % 100).padStart(2, '0')}`;
      if (read(written) !== pence || read(json(written)) !== pence) assert.fail(`${written} is not ${pence}`);
      void client.depositIntoPot({ potId: 'pot_1', accountId: 'acc_1', amount: pence, dedupeId: 'one' });
      if (sent !== String(pence)) assert.fail(`${written} was sent as ${sent}`);
    }
  });

  const currencies = fc.constantFrom('GBP', 'JPY', 'KWD');
  const minor = fc.integer({ min: 1, max: 999_999_999_999_999 });

  it('is read back from its own text, in any currency', () => {
    fc.assert(
      fc.property(minor, currencies, (amount, currency) => {
        const text = toMajorText(amount, currency);
        assert.equal(read(text, currency), amount);
        assert.equal(read(json(text), currency), amount);
      }),
    );
  });

  it('with more decimal places than the currency has is refused, even if the extra digit is zero', () => {
    fc.assert(
      fc.property(minor, currencies, fc.integer({ min: 0, max: 9 }), (amount, currency, digit) => {
        const text = toMajorText(amount, currency);
        const longer = `${text}${placesOf(currency) === 0 ? '.' : ''}${digit}`;
        assert.equal(typeof read(longer, currency), 'string');
      }),
    );
  });

  it('is a safe whole number above zero, or else a sentence, for any input', () => {
    const anything = fc.oneof(
      fc.string(),
      fc.double(),
      fc.jsonValue(),
      fc.stringMatching(/^[\d.,eE+-]{0,20}$/),
    );
    fc.assert(
      fc.property(anything, currencies, (given, currency) => {
        const found = read(given, currency);
        if (typeof found === 'string') assert.match(found, /^[A-Z].{20,}\.$/);
        else assert.ok(Number.isSafeInteger(found) && found > 0);
      }),
    );
  });
});

describe('a limit', () => {
  it('may be zero, and is otherwise read like an amount', () => {
    assert.deepEqual(readDecimal('0', 'GBP'), { amount: 0 });
    assert.deepEqual(readDecimal('0.00', 'GBP'), { amount: 0 });
    assert.ok('wrong' in readDecimal('-1', 'GBP'));
    assert.ok('wrong' in readDecimal('0.001', 'GBP'));
  });
});
