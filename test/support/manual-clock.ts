import type { Clock } from '../../src/clock.ts';

/** A clock that stands still until a test moves it. */
export interface ManualClock extends Clock {
  /** Moves time on, ending each wait at its own moment and in order, and lets what it caused settle in between. */
  advance(ms: number): Promise<void>;
  /** How many waits are pending. */
  waits(): number;
}

interface Wait {
  readonly due: number;
  readonly end: () => void;
}

/** A manual clock that shows `start`, in milliseconds since the epoch. */
export function createManualClock(start: number): ManualClock {
  let now = start;
  const pending = new Set<Wait>();
  const next = (until: number): Wait | undefined =>
    [...pending].filter(({ due }) => due <= until).toSorted((a, b) => a.due - b.due)[0];
  return {
    now: () => now,
    wait: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason as Error);
        const abandon = () => {
          pending.delete(wait);
          reject(signal?.reason as Error);
        };
        const wait: Wait = {
          due: now + Math.max(0, ms),
          end: () => {
            pending.delete(wait);
            signal?.removeEventListener('abort', abandon);
            resolve();
          },
        };
        pending.add(wait);
        signal?.addEventListener('abort', abandon, { once: true });
      }),
    async advance(ms) {
      const until = now + ms;
      await settled();
      for (let wait = next(until); wait; wait = next(until)) {
        now = wait.due;
        wait.end();
        await settled();
      }
      now = until;
      await settled();
    },
    waits: () => pending.size,
  };
}

/** Lets promises and already finished streams run their course, without any time passing on a manual clock. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 8; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
