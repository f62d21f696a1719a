import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import {
  createDayFinder,
  dateText,
  dateTimeText,
  dayAfter,
  daysBetween,
  dayStart,
  localDay,
  shortDateText,
  spanText,
  spendDayStart,
} from './time.ts';

const london = 'Europe/London';
const at = (text: string) => Date.parse(text);

test('a day is a day of the time zone', () => {
  assert.equal(localDay(at('2026-06-30T23:30:00Z'), london), '2026-07-01');
  assert.equal(localDay(at('2026-12-31T23:30:00Z'), london), '2026-12-31');
  assert.equal(localDay(at('2026-06-30T23:30:00Z'), 'America/New_York'), '2026-06-30');
});

test('days and moments are written as English has them', () => {
  const styles = [
    [dateText, { dateStyle: 'long' }],
    [dateTimeText, { dateStyle: 'long', timeStyle: 'short' }],
    [shortDateText, { dateStyle: 'medium' }],
  ] as const;
  for (const [text, style] of styles) {
    const usual = new Intl.DateTimeFormat('en-GB', { ...style, timeZone: london });
    for (let month = 0; month < 12; month += 1) {
      const instant = Date.UTC(2026, month, 9 + month, 23 - month, 5);
      assert.equal(text(instant, london), usual.format(instant));
    }
  }
});

test('a day starts at local midnight, or later if the clocks skip it', () => {
  assert.equal(dayStart('2026-07-01', london), at('2026-06-30T23:00:00Z'));
  assert.equal(dayStart('2026-01-01', london), at('2026-01-01T00:00:00Z'));
  assert.equal(dayStart('2018-11-04', 'America/Sao_Paulo'), at('2018-11-04T03:00:00Z'));
});

test('the spending day starts at the latest four in the morning', () => {
  const cases = [
    ['2026-01-15T03:59:59.999Z', '2026-01-14T04:00:00Z'],
    ['2026-01-15T04:00:00.000Z', '2026-01-15T04:00:00Z'],
    ['2026-07-15T02:59:59.999Z', '2026-07-14T03:00:00Z'],
    ['2026-07-15T03:00:00.000Z', '2026-07-15T03:00:00Z'],
    // Clocks go forward on 29 March 2026 at 01:00 UTC and back on 25 October at 01:00 UTC.
    ['2026-03-29T02:30:00.000Z', '2026-03-28T04:00:00Z'],
    ['2026-03-29T03:00:00.000Z', '2026-03-29T03:00:00Z'],
    ['2026-10-25T03:30:00.000Z', '2026-10-24T03:00:00Z'],
    ['2026-10-25T04:00:00.000Z', '2026-10-25T04:00:00Z'],
  ] as const;
  for (const [when, start] of cases) assert.equal(spendDayStart(at(when)), at(start), when);
});

test('the spending day never starts later than now nor more than 25 hours ago', () => {
  const instants = fc.integer({ min: at('2015-01-01T00:00:00Z'), max: at('2035-01-01T00:00:00Z') });
  const zones = fc.constantFrom(london, 'America/New_York', 'Pacific/Apia', 'Asia/Kathmandu', 'UTC');
  fc.assert(
    fc.property(instants, zones, (instant, zone) => {
      const start = spendDayStart(instant);
      assert.ok(start <= instant && instant - start < 25 * 3_600_000);
      assert.equal(dayStart(localDay(instant, zone), zone) <= instant, true);
    }),
  );
});

test('days follow the calendar, and are found for any instant', () => {
  assert.deepEqual(daysBetween('2026-02-27', dayAfter('2026-03-01')), [
    '2026-02-27',
    '2026-02-28',
    '2026-03-01',
  ]);
  assert.deepEqual(daysBetween('2026-03-01', '2026-03-01'), []);
  for (const timeZone of ['Europe/London', 'Asia/Kathmandu', 'Australia/Lord_Howe', 'America/St_Johns']) {
    const dayOf = createDayFinder(timeZone);
    fc.assert(
      fc.property(fc.integer({ min: Date.parse('2015-01-01'), max: Date.parse('2035-01-01') }), (at) => {
        assert.equal(dayOf(at), localDay(at, timeZone));
        assert.equal(dayOf(at), localDay(at, timeZone));
      }),
    );
  }
});

test('a duration is in the largest unit of which it has at least two', () => {
  const spans = [0, 1_000, 90_000, 120_000, 900_000, 5_400_000, 7_200_000, 172_800_000, 259_200_000];
  assert.deepEqual(spans.map(spanText), [
    '0 seconds',
    '1 second',
    '90 seconds',
    '2 minutes',
    '15 minutes',
    '90 minutes',
    '2 hours',
    '2 days',
    '3 days',
  ]);
});
