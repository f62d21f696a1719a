import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { filtersOn, periodIn, periodsOn } from './periods.ts';

describe('the periods to choose from', () => {
  it('are those of the day, over the ends of months and years', () => {
    assert.deepEqual(periodsOn('2027-01-03'), {
      today: { since: '2027-01-03', before: '' },
      week: { since: '2026-12-28', before: '' },
      days: { since: '2026-12-05', before: '' },
      month: { since: '2027-01-01', before: '' },
      before: { since: '2026-12-01', before: '2027-01-01' },
      year: { since: '2027-01-01', before: '' },
      lastYear: { since: '2026-01-01', before: '2027-01-01' },
    });
    assert.equal(periodsOn('2028-03-01').days.since, '2028-02-01', 'with the day of a leap year');
  });

  it('are named in an address, which asks for other days on another day', () => {
    const asked = (today: string, query: string) => filtersOn(today, new URLSearchParams(query));
    assert.deepEqual(asked('2026-11-30', 'q=tea&period=month'), { q: 'tea', since: '2026-11-01' });
    assert.deepEqual(asked('2026-12-01', 'q=tea&period=month'), { q: 'tea', since: '2026-12-01' });
    assert.deepEqual(asked('2026-12-01', 'period=before'), { since: '2026-11-01', before: '2026-12-01' });
  });

  it('leave days alone that an address gives itself, and are none where the name is unknown', () => {
    const days = new URLSearchParams('since=2026-10-02&before=2026-11-01');
    assert.deepEqual(filtersOn('2026-11-30', days), { since: '2026-10-02', before: '2026-11-01' });
    assert.equal(periodIn(days), null);
    assert.equal(periodIn(new URLSearchParams('period=fortnight')), null);
  });

  it('keep their names on the days on which two of them are the same', () => {
    const names = ['week', 'month', 'year'];
    const days = names.map((name) => filtersOn('2027-01-07', new URLSearchParams({ period: name })));
    assert.deepEqual(new Set(days.map(({ since }) => since)), new Set(['2027-01-01']));
    assert.deepEqual(
      names.map((name) => periodIn(new URLSearchParams({ period: name }))),
      names,
    );
  });
});
