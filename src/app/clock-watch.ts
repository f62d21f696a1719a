import { sleep } from '../async.ts';
import type { Clock, Monotonic } from '../clock.ts';
import type { Instant } from '../domain/values.ts';
import { durations } from '../limits.ts';
import type { Log } from '../log.ts';
import { leastStep } from '../monzo/bank-clock.ts';

export interface StepWatch {
  /** The machine's own clocks. */
  readonly wallClock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** The wall clock was set, or the machine slept. */
  readonly onStep: () => void;
}

const lookEvery = 30_000;
/** What is missed in a shorter time, by a clock that is set again and again or a machine that naps, the schedule finds. */
const leastApart = 5 * durations.minute;

/**
 * Notices that the wall clock was set or that the machine slept: then it has moved differently from monotonic time. What
 * was missed meanwhile must be looked for at once, but not again within five minutes. Resolves when the signal is aborted.
 */
export async function watchForSteps({ wallClock, log, signal, onStep }: StepWatch): Promise<void> {
  const offset = () => wallClock.now() - wallClock.monotonic();
  let before = offset();
  let looked: { readonly now: Instant; readonly monotonic: Monotonic } | null = null;
  /** By the clock that says most: only one of them goes on while the machine sleeps. */
  const sinceLook = () =>
    looked === null
      ? Number.POSITIVE_INFINITY
      : Math.max(wallClock.now() - looked.now, wallClock.monotonic() - looked.monotonic);
  while (await sleep(wallClock, lookEvery, signal)) {
    const step = offset() - before;
    before += step;
    if (Math.abs(step) < leastStep) continue;
    const seconds = Math.round(step / 1_000);
    if (sinceLook() < leastApart) {
      log.debug('The clock was set, or the machine slept, soon after the last time.', { seconds });
      continue;
    }
    log.warn('The clock was set, or the machine slept: the bridge reads everything again.', { seconds });
    looked = { now: wallClock.now(), monotonic: wallClock.monotonic() };
    onStep();
  }
}
