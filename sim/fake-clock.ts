import type { Clock } from '../src/clock.ts';

interface Sleeper {
  /** In monotonic time. */
  readonly at: number;
  readonly ms: number;
  readonly wake: () => void;
}

/** A clock that only moves when a test moves it. */
export interface FakeClock extends Clock {
  /** Moves on by `ms`, and ends each wait on the way at its own time. */
  advance(ms: number): Promise<void>;
  /**
   * Sets the wall clock forward or back, as a person or a time server does; forward is also what a machine sees that
   * slept for so long. Monotonic time stands still, and waits keep their length.
   */
  jump(ms: number): void;
  /** The number of waits in progress; of those of this length where it is given. */
  sleepers(ms?: number): number;
}

/** Runs everything that is ready, such as promises and the streams of fetch, without moving the clock. */
export async function settled(turns = 3): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** Monotonic time has fractions of a millisecond in reality, and instants on disk have none. */
const fraction = 0.25;

/** A fake clock that starts at an instant (ms since the epoch). */
export function createFakeClock(start: number): FakeClock {
  let offset = start;
  let elapsed = 0;
  const waiting = new Set<Sleeper>();
  const earliest = () => {
    let first: Sleeper | undefined;
    for (const sleeper of waiting) if (!first || sleeper.at < first.at) first = sleeper;
    return first;
  };
  return {
    now: () => offset + elapsed,
    monotonic: () => elapsed + fraction,
    wait: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason as Error);
        const abandon = () => {
          waiting.delete(sleeper);
          reject(signal?.reason as Error);
        };
        const wake = () => {
          signal?.removeEventListener('abort', abandon);
          resolve();
        };
        const sleeper = { at: elapsed + Math.ceil(ms), ms, wake };
        waiting.add(sleeper);
        signal?.addEventListener('abort', abandon, { once: true });
      }),
    async advance(ms) {
      const until = elapsed + ms;
      await settled();
      for (let next = earliest(); next && next.at <= until; next = earliest()) {
        waiting.delete(next);
        elapsed = Math.max(elapsed, next.at);
        next.wake();
        await settled();
      }
      elapsed = until;
    },
    jump(ms) {
      offset += ms;
    },
    sleepers: (ms) =>
      ms === undefined ? waiting.size : [...waiting].filter((sleeper) => sleeper.ms === ms).length,
  };
}

/** Reproducible random numbers, uniform in [0, 1). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
