import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { changed, hashOf, pageNameOf, placesBelow, route, routeOf } from './route.ts';

describe('a route', () => {
  it('comes back from its address as it went in, whatever is asked for', () => {
    const asked = { q: 'café & co? #1=50%', account: 'acc_1' };
    const found = routeOf(hashOf(route('transactions', asked)));
    assert.equal(found?.page, 'transactions');
    assert.deepEqual(Object.fromEntries(found?.query ?? []), asked);
  });

  it('is none where the address names no page', () => {
    for (const hash of ['', '#', '#/', '#code=abc', '#/nowhere', '#/overview/deeper', '#/settings/nowhere'])
      assert.equal(routeOf(hash), null, hash);
    assert.equal(hashOf(route('charts')), '#/charts');
  });

  it('is found by its address below a page, and belongs to that page', () => {
    for (const place of [...placesBelow('activity'), ...placesBelow('settings')]) {
      assert.equal(routeOf(`#/${place}`)?.page, place);
      assert.equal(pageNameOf(place), place.split('/')[0]);
    }
    assert.equal(pageNameOf('report'), 'charts');
    assert.equal(pageNameOf('settings'), 'settings');
  });

  it('is found by the addresses that earlier versions gave it', () => {
    for (const [former, now] of [
      ['#/people', '#/settings/people'],
      ['#/people?at=people', '#/settings/people'],
      ['#/people?at=rails', '#/settings/limits'],
      ['#/activity', '#/activity'],
      ['#/activity?at=health', '#/activity/health'],
      ['#/activity?at=moves', '#/activity/moves'],
      ['#/activity?at=events', '#/activity/events'],
      ['#/activity?at=bank', '#/activity/monzo'],
    ] as const) {
      const found = routeOf(former);
      assert.equal(found && hashOf(found), now);
    }
  });

  it('is changed by members, and an empty one goes', () => {
    const before = route('transactions', { q: 'tea', pot: 'pot_1' });
    assert.equal(hashOf(changed(before, { q: '', kind: 'fee' })), '#/transactions?pot=pot_1&kind=fee');
    assert.equal(hashOf(before), '#/transactions?q=tea&pot=pot_1');
  });
});
