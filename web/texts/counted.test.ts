import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { texts } from './people.ts';
import { counted } from './counted.ts';

describe('a text about several things', () => {
  it('has a sentence for each plural form of the language', () => {
    assert.equal(texts.people.history(1), 'History: 1 transaction read.');
    assert.equal(texts.people.history(0), 'History: 0 transactions read.');
    assert.equal(texts.people.history(2), 'History: 2 transactions read.');
  });

  it('may be the same for all', () => {
    assert.equal(counted(1, { other: (amount) => `${amount} shown` }), '1 shown');
  });
});
