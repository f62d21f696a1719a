import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FakeClock } from '../../sim/fake-clock.ts';

export interface Waiting {
  /** In milliseconds of the clock on the wall: far more than anything takes, on any machine, however busy. */
  readonly patience?: number;
  /** What goes on between two looks; a short sleep where left out, which suits other processes. */
  readonly between?: () => Promise<unknown>;
}

/**
 * Waits until nothing more arrives: no socket, thread or child process of ours has woken the event loop for so many
 * milliseconds. What was sent over the loopback has arrived by then, however slow the machine is. A peer that answers
 * after a pause of its own needs a silence that is no shorter.
 */
export async function quiet(silence = 1): Promise<void> {
  const arrivals = () => performance.nodeTiming.uvMetricsInfo.events;
  // A peer that never falls silent must not hold up the test.
  for (let rounds = 0; rounds < 1_000; rounds += 1) {
    const before = arrivals();
    await sleep(silence);
    if (arrivals() === before) return;
  }
}

/** Waits for what has to come; only what never comes takes as long as the patience lasts, and is then told by name. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  { patience = 120_000, between = () => sleep(10) }: Waiting = {},
): Promise<void> {
  for (const deadline = Date.now() + patience; !(await condition()); await between())
    if (Date.now() > deadline) throw new Error(`did not happen in time: ${what}`);
}

/** Moves a clock between two looks, with room for what is on its way over the loopback. */
export const inSteps = (clock: FakeClock, ms: number) => async (): Promise<void> => {
  await quiet(3);
  await clock.advance(ms);
};
