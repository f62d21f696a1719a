import type { Clock } from '../clock.ts';

/** Wakes who waits for events. */
export interface Bell {
  ring(): void;
  wake(): void;
  /** Until the next ring or wake, remembered even if it came before. */
  rung(limit: { readonly atMost?: number }): Promise<void>;
  /** For so long, or until woken; a mere ring does not cut a rest after a failure short. */
  ready(atMost: number): Promise<void>;
}

export function createBell(clock: Clock, closing: AbortSignal): Bell {
  let missed = false;
  let sleeper: { readonly controller: AbortController; readonly lightly: boolean } | null = null;

  const sleep = async (lightly: boolean, atMost?: number) => {
    if (closing.aborted) return;
    const controller = new AbortController();
    sleeper = { controller, lightly };
    const signal = AbortSignal.any([controller.signal, closing]);
    const woken = new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    await (atMost === undefined ? woken : Promise.race([woken, clock.wait(atMost, signal).catch(() => {})]));
    sleeper = null;
    controller.abort();
  };
  return {
    ring: () => {
      if (sleeper?.lightly) sleeper.controller.abort();
      else missed = true;
    },
    wake: () => {
      if (sleeper) sleeper.controller.abort();
      else missed = true;
    },
    rung: async ({ atMost }) => {
      if (!missed) await sleep(true, atMost);
      missed = false;
    },
    ready: (atMost) => sleep(false, atMost),
  };
}
