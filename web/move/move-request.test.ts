import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { balancesAfter, minorOf, newRequestId } from './move-request.ts';

describe('an amount as a person writes it', () => {
  it('is read exactly', () => {
    assert.equal(minorOf('0.29', 2), 29);
    assert.equal(minorOf(' 1200 ', 2), 120_000);
    assert.equal(minorOf('12.5', 2), 1_250);
    assert.equal(minorOf('970', 0), 970);
    assert.equal(minorOf('12,50', 2, 'de-DE'), 1_250);
    assert.equal(minorOf('12.50', 2, 'de-DE'), 1_250);
  });

  it('is refused where it is none, or could be two', () => {
    for (const text of [
      '',
      '0',
      '0.00',
      '-5',
      '+5',
      '1.005',
      '1,000',
      '1e3',
      '£5',
      '5 5',
      '1.2.3',
      '9'.repeat(13),
    ])
      assert.equal(minorOf(text, 2, 'en-GB'), null, text);
    assert.equal(minorOf('1.5', 0), null);
  });
});

describe('balances after a move', () => {
  it('give to one what they take from the other', () => {
    const before = { account: 10_000, pot: 500 };
    assert.deepEqual(balancesAfter(before, 300, 'deposit'), { account: 9_700, pot: 800 });
    assert.deepEqual(balancesAfter(before, 300, 'withdraw'), { account: 10_300, pot: 200 });
    assert.deepEqual(balancesAfter({ account: null, pot: 500 }, 300, 'deposit'), { account: null, pot: 800 });
  });
});

describe('a request id', () => {
  it('is made of all the randomness it is given', () => {
    assert.equal(
      newRequestId((bytes) => bytes.fill(171)),
      `page-${'ab'.repeat(16)}`,
    );
  });
});
