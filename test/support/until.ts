import { setTimeout as sleep } from 'node:timers/promises';
import type { FakeClock } from '../../sim/fake-clock.ts';

export interface Waiting {
  /** In milliseconds of the clock on the wall: far more than anything takes, on any machine, however busy. */
  readonly patience?: number;
  /** What goes on between two looks; a little sleep where left out. */
  readonly between?: () => Promise<unknown>;
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
  await sleep(3);
  await clock.advance(ms);
};
