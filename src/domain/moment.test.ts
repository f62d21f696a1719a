import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createAskingOrder, elapsed, mostAhead, type Moment } from './moment.ts';

const hour = 3_600_000;
const at = 1_000 * hour;
const began = 5_000;

/** So long after a mark by each clock. */
const after = (wall: number, bank: number | null, monotonic = 0): Moment => ({
  wall: at + wall,
  bank: bank === null ? null : at + bank,
  monotonic: began + monotonic,
});
const ours = { at, monotonic: began };
const earlier = { at, monotonic: null };

describe('the time since something was done', () => {
  it('is what all clocks say where they agree', () => {
    assert.deepEqual(elapsed(ours, after(7, 7, 7), began), { least: 7, most: 7 });
    assert.deepEqual(elapsed(earlier, after(7, 7, 3), began), { least: 7, most: 7 });
  });

  it('is at least what the slowest says, and at most what the fastest says', () => {
    assert.deepEqual(elapsed(ours, after(9, 5, 7), began), { least: 5, most: 9 });
    assert.deepEqual(elapsed(ours, after(5, 9, 7), began), { least: 5, most: 9 });
    assert.deepEqual(elapsed(ours, after(9, 7, 5), began), { least: 5, most: 9 });
    assert.deepEqual(elapsed(earlier, after(9, 5, 1), began), { least: 5, most: 9 });
  });

  it('is short by the clock that slept with the machine, and long by the others', () => {
    assert.deepEqual(elapsed(ours, after(8 * hour, 8 * hour, 1), began), { least: 1, most: 8 * hour });
  });

  it('is no more than monotonic time says where the bank has not told the time', () => {
    assert.deepEqual(elapsed(ours, after(hour, null, 7), began), { least: 7, most: hour });
    assert.deepEqual(elapsed(ours, after(7, null, hour), began), { least: 7, most: hour });
    assert.deepEqual(elapsed(earlier, after(hour, null, 7), began), { least: 7, most: hour });
    assert.deepEqual(elapsed(earlier, after(-hour, null, 7), began).least, 7);
  });

  it('is not told by a clock that is behind the mark', () => {
    assert.equal(elapsed(ours, after(-hour, 7, 8), began).least, 7);
    assert.equal(elapsed(ours, after(8, -hour, 7), began).least, 7);
    assert.equal(elapsed(ours, after(-mostAhead, 7, 7), began).least, 0);
  });

  it('is at least the age of this process where the mark is ahead of every clock, and may be any', () => {
    const { least, most } = elapsed(earlier, after(-48 * hour, -48 * hour, 90), began);
    assert.equal(least, 90);
    assert.equal(most, Number.POSITIVE_INFINITY);
  });
});

describe('the dates of answers to one question', () => {
  const asked = (at: number, askedAt: number) => ({ at, askedAt });

  it('are in the order of asking within one moment', () => {
    const date = createAskingOrder();
    assert.equal(date('balance', asked(1_000, 5)), 1_000);
    assert.equal(date('balance', asked(1_000, 5.2)), 1_001);
    assert.equal(date('balance', asked(1_000, 5.1)), 1_000, 'an answer that was overtaken');
    assert.equal(date('balance', asked(1_000, 5.2)), 1_002, 'asked for together');
    assert.equal(date('pots', asked(1_000, 5.2)), 1_000, 'another question');
  });

  it('are otherwise as they are told, also by a clock that was put back', () => {
    const date = createAskingOrder();
    assert.equal(date('balance', asked(100_000, 5)), 100_000);
    assert.equal(date('balance', asked(40_000, 6)), 40_000);
    assert.equal(date('balance', asked(40_020, 7)), 40_020);
    assert.equal(date('balance', asked(39_000, 6.5)), 39_000);
  });
});
