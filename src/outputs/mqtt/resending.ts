import { coalesced, sleep } from '../../async.ts';
import type { Clock } from '../../clock.ts';
import { sentAgain } from '../../limits.ts';
import type { RetainedTopics } from './retained-topics.ts';

export interface ResendingOptions {
  readonly retained: RetainedTopics;
  readonly clock: Clock;
  /** Between 0 and 1. */
  readonly random: () => number;
  readonly closing: AbortSignal;
  /** Whether Home Assistant may have come unnoticed, and finds nothing on the broker. */
  readonly isUnsure: () => boolean;
}

/** Sends again what Home Assistant may lack. */
export interface Resending {
  /** The discovery documents, removals that it may have missed, then the states: Home Assistant has come. */
  everything(): void;
  /** The states alone: it subscribes to a new device's topics after its document, and finds none retained there. */
  states(): void;
  /** Resolves once nothing is due any more. */
  done(): Promise<void>;
}

export function createResending(options: ResendingOptions): Resending {
  const { retained, clock, random, closing, isUnsure } = options;
  const { shortest, longest, subscribing, unasked } = sentAgain;
  const underway = new Set<Promise<unknown>>();
  const pause = (ms: number) => sleep(clock, ms, closing);
  const atRandom = () => pause(shortest + random() * (longest - shortest));
  const everything = coalesced(async () => {
    if (!(await atRandom())) return;
    await retained.sendAgain('documents', closing);
    retained.removeAgain();
    if (await pause(subscribing)) await retained.sendAgain('states', closing);
  });
  const states = coalesced(async () => {
    if (await atRandom()) await retained.sendAgain('states', closing);
  });
  const follow = (work: Promise<unknown>) => {
    underway.add(work);
    void work.finally(() => underway.delete(work));
  };
  const unaskedAgain = async () => {
    // Events need not wait for this.
    while (await pause(unasked)) if (isUnsure()) await everything();
  };
  void unaskedAgain();
  return {
    everything: () => follow(everything()),
    states: () => follow(states()),
    done: async () => {
      while (underway.size > 0) await Promise.all(underway);
    },
  };
}
