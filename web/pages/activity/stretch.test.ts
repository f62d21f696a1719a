import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { continued, touches, withNewest } from './stretch.ts';

const stretch = (seqs: readonly number[], next: string | null = String(seqs.at(-1))) => ({
  items: seqs.map((seq) => ({ seq })),
  next,
});

describe('a log from its newest row back', () => {
  it('goes on below, where the rows before ended', () => {
    assert.deepEqual(continued(stretch([9, 8]), stretch([7, 5], null)), stretch([9, 8, 7, 5], null));
  });

  it('takes new rows on top, and keeps those that somebody went back to', () => {
    const held = stretch([7, 6, 5, 4]);
    assert.deepEqual(withNewest(held, stretch([9, 8, 7])), stretch([9, 8, 7, 6, 5, 4]));
    assert.deepEqual(withNewest(stretch([7, 6], null), stretch([8, 7])), stretch([8, 7, 6], null));
  });

  it('keeps the newer ones when an older answer comes late', () => {
    assert.deepEqual(withNewest(stretch([9, 8, 7, 6]), stretch([8, 7])), stretch([9, 8, 7, 6]));
  });

  it('begins anew rather than hide a gap', () => {
    const newest = stretch([20, 19, 18]);
    assert.equal(touches(stretch([9, 8]), newest), false);
    assert.deepEqual(withNewest(stretch([9, 8]), newest), newest);
  });

  it('knows that there is no gap where the newest rows are all there are', () => {
    assert.deepEqual(withNewest(stretch([], null), stretch([3, 2], null)), stretch([3, 2], null));
    assert.deepEqual(withNewest(stretch([2, 1], null), stretch([], null)), stretch([2, 1], null));
    assert.deepEqual(withNewest(stretch([], null), stretch([30, 29])), stretch([30, 29]));
  });
});
