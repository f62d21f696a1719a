import type { Clock } from '../clock.ts';
import type { LoggedEvent, SettledEvent } from '../domain/delivery.ts';
import { isTransferEvent } from '../domain/event.ts';
import { messageOf } from '../errors.ts';
import type { PartHealth } from '../domain/view.ts';
import { eventsUnderway, lateEvents } from '../limits.ts';
import { createSignal } from '../async.ts';
import type { Sent, Sink, Waiting } from './output.ts';

export interface DeliveryOptions {
  readonly sink: Sink;
  /** What the sink has to be handed next, oldest first, at most so many. */
  readonly next: (limit: number) => readonly LoggedEvent[];
  /** Remembers what became of events, from the first that was handed over on, without a gap. */
  readonly settle: (settled: readonly SettledEvent[]) => void;
  readonly parked: () => number;
  readonly clock: Clock;
  /** Between 0 and 1, so that several sinks do not try again in step. */
  readonly random: () => number;
  /** Called when a run of events has been delivered, and when trouble begins or ends. */
  readonly onChange?: () => void;
}

export interface Delivery {
  /** New events may exist. */
  ring(): void;
  /** Whom the events are kept for; null while nobody is waited for. */
  waiting(): Waiting | null;
  health(): PartHealth;
  /** Nothing is skipped: what was under way and not acknowledged comes again after the next start. */
  close(): Promise<void>;
}

/** A broker that restarts is back within seconds; one that is gone for a day is not asked all day long. */
const pause = { shortest: 1_000, longest: 60_000 } as const;

/**
 * Carries events from the log to one sink: in order, never skipping, many under way at once. Only those are settled
 * that the sink has answered for, up to the first one it has not; so after a crash an event may come twice but never
 * not at all.
 */
export function createDelivery(options: DeliveryOptions): Delivery {
  const { sink, clock } = options;
  const closing = new AbortController();
  const signal = createSignal(clock, closing.signal);
  const pacer = createPacer(clock, closing.signal);
  let failures = 0;
  let trouble: string | null = null;
  let isWaiting = false;

  const note = (sentence: string | null, waiting: boolean) => {
    if (sentence === trouble && waiting === isWaiting) return;
    trouble = sentence;
    isWaiting = waiting;
    options.onChange?.();
  };
  const carry = async () => {
    const entries = await pacer.pace(options.next(eventsUnderway));
    const { settled, end } = await handOver(sink, entries, closing.signal);
    if (settled.length > 0) {
      options.settle(settled);
      failures = 0;
      options.onChange?.();
    }
    if (closing.signal.aborted) return;
    if (typeof end === 'object') throw end.thrown;
    note(null, end === 'wait');
    if (end === 'wait') await signal.raised({ atMost: pause.longest });
    else if (entries.length === 0) await signal.raised();
  };
  const run = async () => {
    while (!closing.signal.aborted)
      try {
        await carry();
      } catch (error) {
        note(messageOf(error), false);
        await signal.pause(restAfter((failures += 1), options.random()));
      }
  };
  sink.onReady(() => signal.wake());
  const running = run();
  const waiting = () => (isWaiting ? sink.waiting() : null);
  return {
    ring: () => signal.raise(),
    waiting,
    health: () => {
      const part = `${sink.name}_events`;
      const sentence = trouble ?? waiting()?.sentence ?? null;
      if (sentence !== null) return { part, state: 'degraded', sentence };
      const parked = options.parked();
      if (parked === 0) return { part, state: 'ok', sentence: null };
      return { part, state: 'needs_user', sentence: parkedSentence(parked) };
    },
    close: async () => {
      closing.abort();
      await running;
    },
  };
}

function parkedSentence(parked: number): string {
  const events = parked === 1 ? '1 event was refused and is' : `${parked} events were refused and are`;
  return `${events} put aside. The reason stands at each in the list of events; once it is removed, have them sent again.`;
}

interface HandedOver {
  readonly settled: readonly SettledEvent[];
  /** Why not all are settled. */
  readonly end: 'done' | 'wait' | { readonly thrown: unknown };
}

async function handOver(
  sink: Sink,
  entries: readonly LoggedEvent[],
  closing: AbortSignal,
): Promise<HandedOver> {
  const { sent, end } = await sendAll(sink, entries, closing);
  const settled: SettledEvent[] = [];
  try {
    for (const { seq, outcome } of sent) {
      const known = await unless(closing, outcome);
      if (known === null) break;
      settled.push({ seq, outcome: known });
    }
    return { settled, end };
  } catch (thrown) {
    return { settled, end: { thrown } };
  }
}

type Underway = Sent & Pick<LoggedEvent, 'seq'>;

async function sendAll(sink: Sink, entries: readonly LoggedEvent[], closing: AbortSignal) {
  const sent: Underway[] = [];
  let end: HandedOver['end'] = 'done';
  try {
    for (const entry of entries) {
      const answer = closing.aborted ? 'wait' : await sink.send(entry);
      if (answer === 'wait') {
        end = 'wait';
        break;
      }
      // Awaited later, and not at all where an earlier one fails.
      answer.outcome.catch(() => {});
      sent.push({ seq: entry.seq, outcome: answer.outcome });
    }
  } catch (thrown) {
    end = { thrown };
  }
  return { sent, end };
}

/** What the promise resolves with, or null where the end comes before it. */
function unless<Value>(closing: AbortSignal, promise: Promise<Value>): Promise<Value | null> {
  if (closing.aborted)
    return Promise.race([promise, new Promise<null>((resolve) => setImmediate(resolve, null))]);
  return new Promise((resolve, reject) => {
    const end = () => resolve(null);
    closing.addEventListener('abort', end, { once: true });
    promise.then(resolve, reject).finally(() => closing.removeEventListener('abort', end));
  });
}

/** Cuts what is to be sent next so that late events do not come all at once. */
function createPacer(clock: Clock, closing: AbortSignal) {
  let wasLate = false;
  const isLate = ({ event }: LoggedEvent) =>
    clock.now() - event.at > lateEvents.after || (!isTransferEvent(event) && event.recovered);
  return {
    pace: async (entries: readonly LoggedEvent[]): Promise<readonly LoggedEvent[]> => {
      const [first] = entries;
      if (first === undefined || !isLate(first)) {
        wasLate = false;
        const late = entries.findIndex(isLate);
        return late < 0 ? entries : entries.slice(0, late);
      }
      if (wasLate) await clock.wait(lateEvents.rest, closing).catch(() => {});
      wasLate = true;
      return entries.slice(0, lateEvents.atOnce);
    },
  };
}

/** Doubles from one second to a minute, of which the upper half is left to chance. */
function restAfter(failures: number, random: number): number {
  const longest = Math.min(pause.longest, pause.shortest * 2 ** (failures - 1));
  return longest * (0.5 + random / 2);
}
