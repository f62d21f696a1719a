import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from './clock.ts';

/**
 * Waiting, in one place: until a time is over, until an answer or a deadline, until a change, and ever longer after
 * failures. Durations are milliseconds of the injected clock.
 */

/** Why the waiting beside finished work ends. One for all: without a reason each abort would make an error with a stack. */
const over = new Error('no longer waited for');

/** Waits, or until the signal is aborted, whichever comes first. Never rejects; false where it was cut short. */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<boolean> {
  return clock.wait(ms, signal).then(
    () => true,
    () => false,
  );
}

/** Rejects with the signal's reason as soon as it is aborted, also where the promise never settles. */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const settled = new AbortController();
  try {
    return await Promise.race([promise, rejectedOnAbort(signal, settled.signal)]);
  } finally {
    settled.abort(over);
  }
}

/** Resolves when the signal is aborted. */
export function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

export interface Deadline {
  readonly clock: Clock;
  /** How long the work may take. */
  readonly ms: number;
  /** What the work is rejected with once the time is over. */
  readonly late: () => Error;
  /** Ends the work early, with its own reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs the work until it settles, its time is over or the caller's signal is aborted. The work gets a signal that is
 * aborted in the last two cases; it is not waited for then. Rejects as the work does, with `late()`, or with the
 * reason of the caller's signal.
 */
export async function withDeadline<T>(
  { clock, ms, late, signal }: Deadline,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  const ended = new AbortController();
  const settled = new AbortController();
  const cut = new Promise<never>((_resolve, reject) => {
    ended.signal.addEventListener('abort', () => reject(ended.signal.reason as Error), { once: true });
  });
  const abandon = () => ended.abort(signal?.reason);
  signal?.addEventListener('abort', abandon, { once: true });
  const expire = async () => {
    if (await sleep(clock, ms, settled.signal)) ended.abort(late());
  };
  const timer = expire();
  try {
    return await Promise.race([work(ended.signal), cut]);
  } finally {
    signal?.removeEventListener('abort', abandon);
    settled.abort(over);
    await timer;
  }
}

/** Waits for a promise no longer than `ms`. True where it settled in time; rejects as it does. */
export async function settlesWithin(clock: Clock, ms: number, promise: Promise<unknown>): Promise<boolean> {
  const settled = new AbortController();
  try {
    return await Promise.race([
      promise.then(() => true),
      sleep(clock, ms, settled.signal).then((isOver) => !isOver),
    ]);
  } finally {
    settled.abort(over);
  }
}

export interface BackoffOptions {
  readonly shortest: number;
  readonly longest: number;
  /** In [0, 1): spreads the pauses, so that several waiters do not come back together; left out for none. */
  readonly random?: () => number;
  /** The share of each pause that is left to chance, from 0 to 1. */
  readonly jitter?: number;
}

/** Pauses that double with each failure in a row, up to the longest. */
export interface Backoff {
  /** The pause after one more failure; with jitter, somewhat shorter than the doubled one. */
  next(): number;
  /** After a success: the next pause is the shortest again. */
  reset(): void;
}

export function createBackoff({ shortest, longest, random, jitter = 0.5 }: BackoffOptions): Backoff {
  let pause = shortest;
  return {
    next() {
      const full = Math.min(pause, longest);
      pause = Math.min(longest, pause * 2);
      return random === undefined ? full : full * (1 - jitter + random() * jitter);
    },
    reset() {
      pause = shortest;
    },
  };
}

/**
 * Wraps work so that it never runs twice at once: a call while it runs causes exactly one more run, which all such
 * calls share. Every call settles with a run that began after it.
 */
export function coalesced<T>(work: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | null = null;
  let next: Promise<T> | null = null;
  const start = (): Promise<T> => {
    next = null;
    running = work().finally(() => {
      running = null;
    });
    return running;
  };
  return () => {
    if (next) return next;
    if (!running) return start();
    next = running.then(start, start);
    return next;
  };
}

/** One `coalesced` for each key. */
export function coalescedBy<Key, T>(work: (key: Key) => Promise<T>): (key: Key) => Promise<T> {
  const runs = new Map<Key, () => Promise<T>>();
  return (key) => {
    const run = runs.get(key) ?? coalesced(() => work(key));
    runs.set(key, run);
    return run();
  };
}

/** Announces that something changed. Listeners are called in the order in which they subscribed. */
export interface Notifier<T> {
  notify(value: T): void;
  /** Returns what ends the subscription. */
  subscribe(listener: (value: T) => void): () => void;
}

export function createNotifier<T = void>(): Notifier<T> {
  const listeners = new Set<(value: T) => void>();
  return {
    notify: (value) => {
      for (const listener of listeners) listener(value);
    },
    subscribe: (listener) => {
      // A function of its own each time: the same listener may subscribe twice.
      const entry = (value: T) => listener(value);
      listeners.add(entry);
      return () => void listeners.delete(entry);
    },
  };
}

/** Wakes a loop that has nothing to do. A signal that comes while the loop works is remembered. */
export interface Signal {
  /** There is something to do. Does not cut a `pause` short. */
  raise(): void;
  /** There is something to do, and a reason to try at once. */
  wake(): void;
  /** Until the next `raise` or `wake`, or for at most so long. */
  raised(limit?: { readonly atMost?: number }): Promise<void>;
  /** For so long, or until the next `wake`. */
  pause(ms: number): Promise<void>;
}

export function createSignal(clock: Clock, closing: AbortSignal): Signal {
  let isMissed = false;
  let sleeper: { readonly wake: () => void; readonly isLight: boolean } | null = null;

  const rest = async (isLight: boolean, ms?: number) => {
    if (closing.aborted) return;
    const woken = Promise.withResolvers<void>();
    const wake = () => woken.resolve();
    sleeper = { wake, isLight };
    closing.addEventListener('abort', wake, { once: true });
    if (ms === undefined) await woken.promise;
    else await settlesWithin(clock, ms, woken.promise);
    closing.removeEventListener('abort', wake);
    sleeper = null;
  };
  const rouse = (isDue: boolean) => {
    if (sleeper && isDue) sleeper.wake();
    else isMissed = true;
  };
  return {
    raise: () => rouse(sleeper?.isLight === true),
    wake: () => rouse(true),
    raised: async ({ atMost } = {}) => {
      if (!isMissed) await rest(true, atMost);
      isMissed = false;
    },
    pause: (ms) => rest(false, ms),
  };
}

function rejectedOnAbort(signal: AbortSignal, settled: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const abandon = () => reject(signal.reason as Error);
    if (signal.aborted) abandon();
    else signal.addEventListener('abort', abandon, { once: true, signal: settled });
  });
}

export interface QueueBounds {
  /** How much work runs at once. */
  readonly atOnce: number;
  /** How much work waits for its turn. */
  readonly waiting: number;
}

/** Work in the order in which it came, within bounds. */
export interface Queue {
  /** Starts the work as soon as there is room; it must not throw. Returns false where it was not taken. */
  add(work: () => Promise<void>): boolean;
}

/** A queue that refuses what is beyond its bounds, so that a flood costs no memory. */
export function createQueue({ atOnce, waiting }: QueueBounds): Queue {
  const queue: (() => Promise<void>)[] = [];
  let running = 0;
  const advance = () => {
    while (running < atOnce) {
      const work = queue.shift();
      if (!work) return;
      running += 1;
      void work().finally(() => {
        running -= 1;
        advance();
      });
    }
  };
  return {
    add: (work) => {
      if (running >= atOnce && queue.length >= waiting) return false;
      queue.push(work);
      advance();
      return true;
    },
  };
}

/** Work in the order in which it came, so much at once as is allowed. */
export interface Slots {
  /** Starts the work as soon as there is room for it, in the order of the calls. */
  within<Result>(work: () => Promise<Result>): Promise<Result>;
  /** Null where there is room; else resolves once there is. */
  room(): Promise<void> | null;
  allow(count: number): void;
}

export function createSlots(count: number): Slots {
  const queue: (() => void)[] = [];
  const freed = createNotifier();
  let allowed = count;
  let taken = 0;
  const isFull = () => taken >= allowed;
  const advance = () => {
    while (!isFull() && queue.length > 0) {
      taken += 1;
      queue.shift()?.();
    }
    if (!isFull()) freed.notify();
  };
  const turn = () =>
    new Promise<void>((resolve) => {
      queue.push(resolve);
      advance();
    });
  const room = async () => {
    while (isFull()) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const stop = freed.subscribe(resolve);
      await promise;
      stop();
      // What freed it may be a refusal: whoever has to stop because of it hears of it first.
      await nextTurn();
    }
  };
  return {
    within: async (work) => {
      await turn();
      return work().finally(() => {
        taken -= 1;
        advance();
      });
    },
    room: () => (isFull() ? room() : null),
    allow: (next) => {
      allowed = next;
      advance();
    },
  };
}
