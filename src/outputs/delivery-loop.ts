import { setImmediate as nextTurn } from 'node:timers/promises';
import { createBackoff, createSignal, sleep, unlessAborted } from '../async.ts';
import type { Clock } from '../clock.ts';
import type { LoggedEvent, Outcome, SettledEvent } from '../domain/delivery.ts';
import { isTransferEvent } from '../domain/event.ts';
import { messageOf } from '../errors.ts';
import type { PartHealth } from '../domain/view.ts';
import { eventsUnderway, lateEvents } from '../limits.ts';
import type { Sent, Sink, Waiting } from './output.ts';

export interface DeliveryOptions {
  readonly sink: Sink;
  /** The next events for the sink, oldest first, at most so many. */
  readonly next: (limit: number) => readonly LoggedEvent[];
  /** Stores the outcomes of events: from the first one that was sent, without a gap. */
  readonly settle: (settled: readonly SettledEvent[]) => void;
  readonly parked: () => number;
  readonly clock: Clock;
  /** Between 0 and 1, so that several sinks do not try again at the same time. */
  readonly random: () => number;
  /** Called when events have been settled, and when trouble begins or ends. */
  readonly onChange?: () => void;
}

export interface Delivery {
  /** New events may exist. */
  ring(): void;
  /** What the sink waits for; null while it waits for nothing. */
  waiting(): Waiting | null;
  health(): PartHealth;
  /** Ends the loop. Events under way without an outcome are sent again after the next start. */
  close(): Promise<void>;
}

/** A broker that restarts is back within seconds; one that is away for a day is tried once a minute. */
const pause = { shortest: 1_000, longest: 60_000 } as const;

/**
 * Sends the events of the log to one sink: in order, without skipping any, many at once. Events are settled up to the first
 * one without an outcome, so after a crash an event may arrive twice, but none is lost.
 */
export function createDelivery(options: DeliveryOptions): Delivery {
  const { sink, clock } = options;
  const closing = new AbortController();
  const signal = createSignal(clock, closing.signal);
  const pacer = createPacer(clock, closing.signal);
  const pauses = createBackoff({ ...pause, random: options.random });
  let trouble: string | null = null;
  let isWaiting = false;

  const note = (sentence: string | null, waiting: boolean) => {
    if (sentence === trouble && waiting === isWaiting) return;
    trouble = sentence;
    isWaiting = waiting;
    options.onChange?.();
  };
  const deliverNext = async () => {
    const entries = await pacer.pace(options.next(eventsUnderway));
    const { settled, end } = await deliverAll(sink, entries, closing.signal);
    if (settled.length > 0) {
      options.settle(settled);
      pauses.reset();
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
        await deliverNext();
      } catch (error) {
        note(messageOf(error), false);
        await signal.pause(pauses.next());
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
  return `${events} put aside. The list of events shows the reason for each; send them again once it is fixed.`;
}

interface Delivered {
  readonly settled: readonly SettledEvent[];
  /** Why not all are settled. */
  readonly end: 'done' | 'wait' | { readonly thrown: unknown };
}

async function deliverAll(
  sink: Sink,
  entries: readonly LoggedEvent[],
  closing: AbortSignal,
): Promise<Delivered> {
  const { sent, end } = await sendAll(sink, entries, closing);
  const settled: SettledEvent[] = [];
  try {
    for (const { seq, outcome } of sent) {
      const known = await unlessClosing(closing, outcome);
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
  let end: Delivered['end'] = 'done';
  try {
    for (const entry of entries) {
      const answer = closing.aborted ? 'wait' : await sink.send(entry);
      if (answer === 'wait') {
        end = 'wait';
        break;
      }
      // Awaited later, and not at all where an earlier event fails.
      answer.outcome.catch(() => {});
      sent.push({ seq: entry.seq, outcome: answer.outcome });
    }
  } catch (thrown) {
    end = { thrown };
  }
  return { sent, end };
}

/** The outcome, or null where the loop is closed before there is one. One that is there already counts even then. */
async function unlessClosing(closing: AbortSignal, outcome: Promise<Outcome>): Promise<Outcome | null> {
  if (closing.aborted) return Promise.race([outcome, nextTurn(null)]);
  try {
    return await unlessAborted(outcome, closing);
  } catch (error) {
    if (error === closing.reason) return null;
    throw error;
  }
}

/** Shortens what is sent next, so that late events do not arrive all at once. */
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
      if (wasLate) await sleep(clock, lateEvents.rest, closing);
      wasLate = true;
      return entries.slice(0, lateEvents.atOnce);
    },
  };
}
