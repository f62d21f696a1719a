import type { Clock } from '../src/clock.ts';

interface Sleeper {
  at: number;
  readonly wake: () => void;
}

/** A clock that moves only when told to. */
export interface FakeClock extends Clock {
  /** Moves on by `ms`, waking everybody due on the way, each at their own instant. */
  advance(ms: number): Promise<void>;
  /** Is set to another time, back or on, as a person or a time server does: whoever waits, waits as long as before. */
  jump(ms: number): void;
  /** How many are waiting. */
  sleepers(): number;
}

/** Lets everything that is ready run, promises and the streams below fetch, without any time passing. */
export async function settled(turns = 3): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** A fake clock that starts at the given instant (ms since the epoch). */
export function createFakeClock(start: number): FakeClock {
  let now = start;
  const waiting = new Set<Sleeper>();
  const earliest = () => {
    let first: Sleeper | undefined;
    for (const sleeper of waiting) if (!first || sleeper.at < first.at) first = sleeper;
    return first;
  };
  return {
    now: () => now,
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
        const sleeper = { at: now + Math.ceil(ms), wake };
        waiting.add(sleeper);
        signal?.addEventListener('abort', abandon, { once: true });
      }),
    async advance(ms) {
      const until = now + ms;
      await settled();
      for (let next = earliest(); next && next.at <= until; next = earliest()) {
        waiting.delete(next);
        now = Math.max(now, next.at);
        next.wake();
        await settled();
      }
      now = until;
    },
    jump(ms) {
      now += ms;
      for (const sleeper of waiting) sleeper.at += ms;
    },
    sleepers: () => waiting.size,
  };
}

/** Reproducible chance, uniform in [0, 1). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
