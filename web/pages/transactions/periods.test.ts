import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chosenPeriod, periodsOn } from './periods.ts';

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

  it('are recognised in an address, and other days are a person’s own', () => {
    const chosen = (query: string) => chosenPeriod(new URLSearchParams(query), '2026-11-29');
    assert.equal(chosen(''), null);
    assert.equal(chosen('since=2026-11-01'), 'month');
    assert.equal(chosen('since=2026-10-01&before=2026-11-01'), 'before');
    assert.equal(chosen('since=2026-10-02&before=2026-11-01'), 'own');
    assert.equal(chosen('before=2026-11-01'), 'own');
  });
});
