import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { changed, hashOf, route, routeOf } from './route.ts';

describe('a route', () => {
  it('comes back from its address as it went in, whatever is asked for', () => {
    const asked = { q: 'café & co? #1=50%', account: 'acc_1' };
    const found = routeOf(hashOf(route('transactions', asked)));
    assert.equal(found?.page, 'transactions');
    assert.deepEqual(Object.fromEntries(found?.query ?? []), asked);
  });

  it('is none where the address names no page', () => {
    for (const hash of ['', '#', '#/', '#code=abc', '#/nowhere', '#/overview/deeper'])
      assert.equal(routeOf(hash), null, hash);
    assert.equal(hashOf(route('charts')), '#/charts');
  });

  it('is changed by members, and an empty one goes', () => {
    const before = route('transactions', { q: 'tea', pot: 'pot_1' });
    assert.equal(hashOf(changed(before, { q: '', kind: 'fee' })), '#/transactions?pot=pot_1&kind=fee');
    assert.equal(hashOf(before), '#/transactions?q=tea&pot=pot_1');
  });
});
