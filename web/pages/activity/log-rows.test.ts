import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { continued, touches, withNewest } from './log-rows.ts';

const rows = (seqs: readonly number[], next: string | null = String(seqs.at(-1))) => ({
  items: seqs.map((seq) => ({ seq })),
  next,
});

describe('a log from its newest row back', () => {
  it('goes on below, where the rows before ended', () => {
    assert.deepEqual(continued(rows([9, 8]), rows([7, 5], null)), rows([9, 8, 7, 5], null));
  });

  it('takes new rows on top, and keeps those that somebody went back to', () => {
    const held = rows([7, 6, 5, 4]);
    assert.deepEqual(withNewest(held, rows([9, 8, 7])), rows([9, 8, 7, 6, 5, 4]));
    assert.deepEqual(withNewest(rows([7, 6], null), rows([8, 7])), rows([8, 7, 6], null));
  });

  it('keeps the newer ones when an older answer comes late', () => {
    assert.deepEqual(withNewest(rows([9, 8, 7, 6]), rows([8, 7])), rows([9, 8, 7, 6]));
  });

  it('begins anew rather than hide a gap', () => {
    const newest = rows([20, 19, 18]);
    assert.equal(touches(rows([9, 8]), newest), false);
    assert.deepEqual(withNewest(rows([9, 8]), newest), newest);
  });

  it('knows that there is no gap where the newest rows are all there are', () => {
    assert.deepEqual(withNewest(rows([], null), rows([3, 2], null)), rows([3, 2], null));
    assert.deepEqual(withNewest(rows([2, 1], null), rows([], null)), rows([2, 1], null));
    assert.deepEqual(withNewest(rows([], null), rows([30, 29])), rows([30, 29]));
  });
});
