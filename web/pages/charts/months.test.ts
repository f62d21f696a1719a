import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Spending } from '../../api/figures.ts';
import { dayBefore, daysIn, filled, monthAfter, monthsUpTo, runningTotal, sinceFirst } from './months.ts';

const spent = (key: string, net: number, currency = 'GBP'): Spending => ({
  key,
  name: key,
  month: null,
  currency,
  net_minor: net,
  spent_minor: net,
  refunded_minor: 0,
  income_minor: 0,
  count: 1,
});

describe('months', () => {
  it('follow each other over the turn of the year', () => {
    assert.equal(monthAfter('2026-12', 1), '2027-01');
    assert.equal(monthAfter('2026-01', -1), '2025-12');
    assert.deepEqual(monthsUpTo('2026-02', 4), ['2025-11', '2025-12', '2026-01', '2026-02']);
  });

  it('begin with the first that has anything, and are six at least', () => {
    const year = monthsUpTo('2026-12', 13);
    assert.deepEqual(sinceFirst(year, new Set(['2026-03', '2026-11']))[0], '2026-03');
    for (const known of [['2026-11'], []]) assert.equal(sinceFirst(year, new Set(known)).length, 6);
    assert.deepEqual(sinceFirst(year, new Set(['2025-12', '2026-11'])), year);
  });

  it('have as many days as the calendar says, whatever the clocks do', () => {
    assert.deepEqual(['2026-02', '2028-02', '2026-03', '2026-10'].map(daysIn), [28, 29, 31, 31]);
    assert.equal(dayBefore('2026-03-30', 2), '2026-03-28');
  });
});

describe('spending', () => {
  it('is nothing where there is no row, and other currencies are left out', () => {
    const items = [spent('2026-01', 250), spent('2026-02', 99, 'EUR'), spent('2026-03', -40)];
    assert.deepEqual(
      filled(items, { keys: ['2026-01', '2026-02', '2026-03'], currency: 'GBP' }),
      [250, 0, -40],
    );
  });

  it('adds up from day to day, and the days to come are not there yet', () => {
    const items = [spent('2026-02-01', 100), spent('2026-02-03', 50), spent('2026-01-31', 999)];
    const total = runningTotal(items, { month: '2026-02', currency: 'GBP', today: '2026-02-04' });
    assert.equal(total.length, 28);
    assert.deepEqual(total.slice(0, 6), [100, 100, 150, 150, null, null]);
  });
});
