import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createFakeClock } from '../sim/fake-clock.ts';
import { giveMemoryBack, systemMemory } from './memory.ts';

const million = 1_000_000;

/** A process whose garbage the engine keeps. */
function start() {
  const clock = createFakeClock(0);
  const held = { live: 100 * million, garbage: 0, busy: 0 };
  const collections: number[] = [];
  const stop = new AbortController();
  const ended = giveMemoryBack(
    {
      clock,
      resident: () => held.live + held.garbage,
      busy: () => held.busy,
      collect: () => {
        collections.push(clock.monotonic());
        held.garbage = 0;
      },
    },
    stop.signal,
  );
  return { clock, held, collections, stop, ended };
}

describe('memory', () => {
  it('is given back once a busy time is over, and no sooner', async () => {
    const { clock, held, collections } = start();
    Object.assign(held, { garbage: 40 * million, busy: 0.3 });
    await clock.advance(10_000);
    assert.equal(collections.length, 0);
    held.busy = 0;
    await clock.advance(1_000);
    assert.deepEqual([collections.length, held.garbage], [1, 0]);
  });

  it('is left alone while it has not grown', async () => {
    const { clock, held, collections } = start();
    await clock.advance(1_000);
    assert.equal(collections.length, 1);
    held.garbage = 5 * million;
    await clock.advance(3_600_000);
    assert.equal(collections.length, 1);
    held.garbage = 15 * million;
    await clock.advance(1_000);
    assert.equal(collections.length, 2);
  });

  it('that became needed is not collected again and again', async () => {
    const { clock, held, collections } = start();
    held.live = 150 * million;
    await clock.advance(60_000);
    assert.equal(collections.length, 1);
  });

  it('that became free is the new measure', async () => {
    const { clock, held, collections } = start();
    held.live = 150 * million;
    await clock.advance(1_000);
    held.live = 100 * million;
    await clock.advance(1_000);
    held.garbage = 20 * million;
    await clock.advance(1_000);
    assert.equal(collections.length, 2);
  });

  it('is no longer looked at once the process stops', async () => {
    const { clock, held, collections, stop, ended } = start();
    stop.abort();
    await ended;
    held.garbage = 40 * million;
    await clock.advance(10_000);
    assert.equal(collections.length, 0);
  });

  it('of this process can be collected', async () => {
    const { collect, busy, resident } = systemMemory();
    const forgotten = (() => new WeakRef({}))();
    await new Promise((resolve) => setImmediate(resolve));
    collect();
    assert.equal(forgotten.deref(), undefined);
    assert.ok(resident() > million);
    assert.ok(busy() >= 0 && busy() <= 1);
  });
});
