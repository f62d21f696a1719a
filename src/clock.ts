/**
 * Milliseconds since some moment before the program started. Nobody can set it, but it stands still while the machine
 * sleeps; it means nothing in another process, so it is never stored.
 */
export type Monotonic = number;

/**
 * The one source of time. Instants are milliseconds since the epoch, UTC; durations are milliseconds. What is recorded or
 * shown has an instant; what is due, how long ago something was and which of two came first is told by `monotonic`,
 * because the wall clock may be wrong and put right.
 */
export interface Clock {
  now(): number;
  monotonic(): Monotonic;
  /** Resolves after `ms` of monotonic time; rejects with the signal's reason as soon as it is aborted. */
  wait(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The machine's own clocks. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  wait: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error);
      const abandon = () => {
        clearTimeout(timer);
        reject(signal?.reason as Error);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', abandon);
        resolve();
      }, ms);
      signal?.addEventListener('abort', abandon, { once: true });
    }),
};
