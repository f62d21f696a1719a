import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { shownAmount, stateAmount, writtenAmount } from './written-amount.ts';

const locale = (number_format: string, language = 'en-GB') => ({
  language,
  number_format,
  time_format: '24',
  date_format: 'DMY',
  time_zone: 'local',
});

describe('an amount as a person types it', () => {
  const english = locale('language');
  const german = locale('language', 'de');

  for (const [written, minor, whose] of [
    ['12.50', 1_250, english],
    [' 0.29 ', 29, english],
    ['7', 700, english],
    ['1,50', 150, german],
    ['1.50', 150, german],
    ['1,50', 150, locale('decimal_comma')],
    ['1,50', 150, locale('space_comma')],
    ['12.50', 1_250, locale('comma_decimal', 'de')],
    ['١٢٫٥٠', 1_250, locale('language', 'ar-EG')],
    ['۱۲', 1_200, locale('language', 'fa')],
  ] as const)
    it(`is read exactly: ${written} in ${whose.language}, ${whose.number_format}`, () => {
      assert.equal(writtenAmount(written, 'GBP', whose), minor);
    });

  for (const written of [
    '1,50',
    '£ 5',
    '£5',
    '1e3',
    '1,000',
    '0',
    '-5',
    '1.005',
    '',
    '5 5',
    '0x10',
    'five',
    '1.2.3',
  ])
    it(`is refused where it could mean two things or none: “${written}”`, () => {
      assert.equal(writtenAmount(written, 'GBP', english), null);
    });

  it('has no more places than its currency', () => {
    assert.equal(writtenAmount('970', 'JPY', english), 970);
    assert.equal(writtenAmount('9.5', 'JPY', english), null);
  });
});

describe('an amount as an entity has it', () => {
  for (const [state, minor] of [
    ['451.25', 45_125],
    ['50.0', 5_000],
    ['50.100', 5_010],
    ['-3.5', -350],
    ['-0.0', 0],
    ['0.1', 10],
    ['unknown', null],
    ['unavailable', null],
    ['1.005', null],
    ['1e-05', null],
    [undefined, null],
  ] as const)
    it(`is read exactly, or not at all: ${state}`, () => {
      assert.equal(stateAmount(state, 'GBP'), minor);
    });

  it('is shown as the person writes numbers', () => {
    assert.equal(shownAmount(45_125, 'GBP', locale('language')), '£451.25');
    assert.equal(shownAmount(123_456, 'GBP', locale('decimal_comma')), '1.234,56\u00A0£');
    assert.equal(shownAmount(null, 'GBP', locale('language')), '–');
  });
});
