import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { sleep } from './async.ts';
import { systemClock, type Clock } from './clock.ts';
import { givenBack } from './limits.ts';

/** What decides when memory is given back. Memory is in bytes. */
export interface MemoryUse {
  readonly clock: Clock;
  /** What the process holds. */
  readonly resident: () => number;
  /** The share of the time since the last call, from 0 to 1, in which the process was busy. */
  readonly busy: () => number;
  /** Gives all garbage back to the system; nothing else happens meanwhile. */
  readonly collect: () => void;
}

/**
 * Gives back what a busy time has left behind, once it is over: by itself the engine keeps garbage until it needs the room, so
 * a day of a few purchases would hold what the largest import took. Ends with the signal.
 */
export async function giveMemoryBack(
  { clock, resident, busy, collect }: MemoryUse,
  ending: AbortSignal,
): Promise<void> {
  let kept = 0;
  while (await sleep(clock, givenBack.lookEvery, ending)) {
    const isBusy = busy() > givenBack.busyAbove;
    const held = resident();
    kept = Math.min(kept, held);
    if (isBusy || held - kept < givenBack.grownBy) continue;
    collect();
    kept = resident();
  }
}

/** This process and its engine. */
export function systemMemory(): MemoryUse {
  const { performance } = globalThis;
  let last = performance.eventLoopUtilization();
  return {
    clock: systemClock,
    resident: () => process.memoryUsage.rss(),
    busy: () => {
      const now = performance.eventLoopUtilization();
      const { utilization } = performance.eventLoopUtilization(now, last);
      last = now;
      return utilization;
    },
    collect: createCollector(),
  };
}

/** The engine shows its collector only to a context that is made after this flag; a last resort also drops what it could make anew. */
function createCollector(): () => void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as NodeJS.GCFunction;
  setFlagsFromString('--no-expose-gc');
  return () => collect({ type: 'major', flavor: 'last-resort' });
}
