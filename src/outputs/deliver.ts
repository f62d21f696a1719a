import type { Clock } from '../clock.ts';
import { messageOf } from '../errors.ts';
import type { PartHealth } from '../domain/health.ts';
import type { LoggedEvent, Sink } from './output.ts';

export interface DeliveryOptions {
  readonly sink: Sink;
  /** The entries behind a place in the log, oldest first; a part of them is enough. */
  readonly read: (after: number) => readonly LoggedEvent[];
  readonly cursor: () => number;
  readonly moveCursor: (seq: number) => void;
  readonly clock: Clock;
  /** Between 0 and 1, so that several sinks do not try again in step. */
  readonly random: () => number;
  /** Called when a run of events has been delivered, and when trouble begins or ends. */
  readonly onChange?: () => void;
}

export interface Delivery {
  /** New events may exist. */
  ring(): void;
  /** Entries behind the cursor, as many as one reading shows. */
  undelivered(): number;
  health(): PartHealth;
  /** Ends after the entry that is on its way; nothing is skipped, the cursor stays where it is. */
  close(): Promise<void>;
}

/** A broker that restarts is back within seconds; one that is gone for a day is not asked all day long. */
const pause = { shortest: 1_000, longest: 60_000 } as const;

/**
 * Carries events from the log to one sink: in order, one at a time, never skipping. The cursor moves only after the
 * sink has said that it holds the event, so after a crash an event may come twice but never not at all.
 */
export function createDelivery(options: DeliveryOptions): Delivery {
  const { sink, read, cursor, clock } = options;
  const closing = new AbortController();
  const bell = createBell(clock, closing.signal);
  let failures = 0;
  let trouble: string | null = null;
  let waiting = false;

  const note = (sentence: string | null) => {
    if (sentence === trouble) return;
    trouble = sentence;
    options.onChange?.();
  };
  const offer = async (entry: LoggedEvent) => {
    const outcome = await sink.deliver(entry);
    if (outcome === 'wait') return false;
    options.moveCursor(entry.seq);
    failures = 0;
    note(null);
    return true;
  };
  const carry = async () => {
    const entries = read(cursor());
    waiting = false;
    for (const entry of entries) {
      if (closing.signal.aborted) return;
      waiting = !(await offer(entry));
      if (waiting) break;
    }
    if (entries.length > 0) options.onChange?.();
    if (waiting) return bell.rung({ atMost: pause.longest });
    if (entries.length > 0) return;
    note(null);
    await bell.rung({});
  };
  const run = async () => {
    while (!closing.signal.aborted)
      try {
        await carry();
      } catch (error) {
        note(messageOf(error));
        await bell.ready(restAfter((failures += 1), options.random()));
      }
  };
  sink.onReady(() => bell.wake());
  const running = run();
  return {
    ring: () => bell.ring(),
    undelivered: () => read(cursor()).length,
    health: () => ({
      part: `${sink.name}_events`,
      state: trouble !== null || waiting ? 'degraded' : 'ok',
      sentence: trouble ?? (waiting ? 'Events are kept until somebody is there to receive them.' : null),
    }),
    close: async () => {
      closing.abort();
      await running;
    },
  };
}

/** Doubles from one second to a minute, of which the upper half is left to chance. */
function restAfter(failures: number, random: number): number {
  const longest = Math.min(pause.longest, pause.shortest * 2 ** (failures - 1));
  return longest * (0.5 + random / 2);
}

interface Bell {
  ring(): void;
  wake(): void;
  /** Until the next ring or wake, remembered even if it came before. */
  rung(limit: { readonly atMost?: number }): Promise<void>;
  /** For so long, or until woken; a mere ring does not cut a rest after a failure short. */
  ready(atMost: number): Promise<void>;
}

function createBell(clock: Clock, closing: AbortSignal): Bell {
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
