import { setImmediate as nextTurn } from 'node:timers/promises';
import { createBackoff, createSignal, sleep, unlessAborted } from '../async.ts';
import type { Clock } from '../clock.ts';
import type { LoggedEvent, Outcome, SettledEvent } from '../domain/delivery.ts';
import { isTransferEvent } from '../domain/event.ts';
import { messageOf } from '../errors.ts';
import type { PartHealth } from '../domain/view.ts';
import { eventsUnderway, lateEvents, settledTogether } from '../limits.ts';
import type { Sink, Waiting } from './output.ts';

export interface DeliveryOptions {
  readonly sink: Sink;
  /** The next events for the sink but those under way, oldest first, at most so many. */
  readonly next: (limit: number, underway: readonly number[]) => readonly LoggedEvent[];
  /** Stores the outcomes of events: from the first one that was sent, without a gap. */
  readonly settle: (settled: readonly SettledEvent[]) => void;
  readonly parked: () => number;
  readonly clock: Clock;
  /** Between 0 and 1, so that several sinks do not try again at the same time. */
  readonly random: () => number;
  /** Called when trouble begins or ends. */
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
 * Sends the events of the log to one sink: in order, without skipping any, as soon as they exist while there is room among
 * those under way. Events are settled up to the first one without an outcome, so after a crash an event may arrive twice,
 * but none is lost. Where one fails, it is sent again with all after it.
 */
export function createDelivery(options: DeliveryOptions): Delivery {
  const { sink, clock } = options;
  const closing = new AbortController();
  const signal = createSignal(clock, closing.signal);
  const pacer = createPacer(clock, closing.signal);
  const pauses = createBackoff({ ...pause, random: options.random });
  const condition = createCondition(options);
  const settle = (settled: readonly SettledEvent[]) => {
    options.settle(settled);
    pauses.reset();
    condition.forgetTrouble();
  };
  const window = createWindow({
    clock,
    closing: closing.signal,
    settle,
    onRoom: () => signal.raise(),
  });
  const deliverNext = async () => {
    const entries = await pacer.pace(options.next(eventsUnderway - window.size(), window.places()));
    const end = await sendAll({ sink, window, closing: closing.signal }, entries);
    if (end === 'broken') return;
    // Only an outcome shows that a failure is over.
    if (window.size() === 0) condition.forgetTrouble();
    condition.wait(end === 'wait');
    if (end === 'wait') await signal.raised({ atMost: pause.longest });
    else if (entries.length === 0) await signal.raised();
  };
  const run = async () => {
    while (!closing.signal.aborted)
      try {
        window.throwFailure();
        window.settleLeft();
        if (window.takes()) await deliverNext();
        else await signal.raised();
      } catch (error) {
        window.giveUp();
        condition.fail(messageOf(error));
        await signal.pause(pauses.next());
      }
  };
  sink.onReady(() => signal.wake());
  const running = run();
  return {
    ring: () => signal.raise(),
    waiting: condition.waiting,
    health: condition.health,
    close: async () => {
      closing.abort();
      await running;
      await window.close();
    },
  };
}

type ConditionOptions = Pick<DeliveryOptions, 'sink' | 'parked' | 'onChange'>;

/** What is wrong with the delivery, and whether it waits for its receiver. */
function createCondition({ sink, parked, onChange }: ConditionOptions) {
  let trouble: string | null = null;
  let isWaiting = false;
  const become = (sentence: string | null, isAway: boolean) => {
    const isSame = sentence === trouble && isAway === isWaiting;
    trouble = sentence;
    isWaiting = isAway;
    if (!isSame) onChange?.();
  };
  const waiting = () => (isWaiting ? sink.waiting() : null);
  return {
    waiting,
    fail: (sentence: string) => become(sentence, false),
    wait: (isAway: boolean) => become(trouble, isAway),
    forgetTrouble: () => become(null, isWaiting),
    health: (): PartHealth => {
      const part = `${sink.name}_events`;
      const sentence = trouble ?? waiting()?.sentence ?? null;
      if (sentence !== null) return { part, state: 'degraded', sentence };
      const count = parked();
      if (count === 0) return { part, state: 'ok', sentence: null };
      return { part, state: 'needs_user', sentence: parkedSentence(count) };
    },
  };
}

function parkedSentence(parked: number): string {
  const events = parked === 1 ? '1 event was refused and is' : `${parked} events were refused and are`;
  return `${events} put aside. The list of events shows the reason for each; send them again once it is fixed.`;
}

interface WindowOptions {
  readonly clock: Clock;
  readonly closing: AbortSignal;
  /** Takes the outcomes of the first ones under way. May throw. */
  readonly settle: (settled: readonly SettledEvent[]) => void;
  /** There is room again, or a failure to throw. */
  readonly onRoom: () => void;
}

interface Underway {
  readonly seq: number;
  outcome: Outcome | null;
  failure: { readonly thrown: unknown } | null;
}

/** The events under way, in the order in which they were sent. */
interface Window {
  size(): number;
  /** Where they stand in the log. */
  places(): readonly number[];
  /** Whether another one may follow: not once one has failed. */
  takes(): boolean;
  add(seq: number, outcome: Promise<Outcome>): void;
  /** Throws the failure that everything before it was settled of. */
  throwFailure(): void;
  /**
   * Forgets those without an outcome: they are sent again. The first ones with an outcome stay where it could not be stored,
   * because the disk is full: their receiver has them, and must not get them again and again.
   */
  giveUp(): void;
  /** Stores the outcomes that could not be stored before. Throws where they still cannot. */
  settleLeft(): void;
  /** Settles what has an outcome by now, and nothing more. */
  close(): Promise<void>;
}

function createWindow({ clock, closing, settle, onRoom }: WindowOptions): Window {
  let entries: Underway[] = [];
  let failure: Underway['failure'] = null;
  let isClosed = false;
  let isLeft = false;
  const takes = () => entries.length < eventsUnderway && entries.every((entry) => entry.failure === null);
  const settleFirst = () => {
    const proven = provenOf(entries);
    if (proven.length > 0) settle(proven);
    entries = entries.slice(proven.length);
  };
  const settleProven = () => {
    if (isClosed) return;
    const wasStuck = !takes();
    try {
      settleFirst();
      failure = entries[0]?.failure ?? null;
    } catch (thrown) {
      failure = { thrown };
    }
    if (wasStuck || failure !== null) onRoom();
  };
  const isMoreExpected = () =>
    provenOf(entries).length < Math.min(entries.length, settledTogether.most) &&
    entries.every((entry) => entry.failure === null);
  const settleSoon = createTogether({ clock, closing, isMoreExpected, work: settleProven });
  return {
    size: () => entries.length,
    places: () => entries.map(({ seq }) => seq),
    takes,
    add: (seq, outcome) => {
      const entry: Underway = { seq, outcome: null, failure: null };
      entries.push(entry);
      outcome
        .then(
          (known) => void (entry.outcome = known),
          (thrown: unknown) => void (entry.failure = { thrown }),
        )
        .finally(settleSoon);
    },
    throwFailure: () => {
      if (failure !== null) throw failure.thrown;
    },
    giveUp: () => {
      entries = entries.slice(0, provenOf(entries).length);
      failure = null;
      isLeft = entries.length > 0;
    },
    settleLeft: () => {
      if (isLeft) settleFirst();
      isLeft = false;
    },
    close: async () => {
      await nextTurn();
      settleProven();
      isClosed = true;
    },
  };
}

/** Those with an outcome, up to the first without one. */
function provenOf(entries: readonly Underway[]): readonly SettledEvent[] {
  const proven: SettledEvent[] = [];
  for (const { seq, outcome } of entries) {
    if (outcome === null) break;
    proven.push({ seq, outcome });
  }
  return proven;
}

interface Together {
  readonly clock: Clock;
  readonly closing: AbortSignal;
  readonly isMoreExpected: () => boolean;
  readonly work: () => void;
}

/** Returns what has the work done once for all that comes shortly after one another: each time is a flush of the disk. */
function createTogether({ clock, closing, isMoreExpected, work }: Together): () => void {
  const enough = createSignal(clock, closing);
  let isDue = false;
  const run = async () => {
    await nextTurn();
    if (isMoreExpected()) await enough.raised({ atMost: settledTogether.within });
    isDue = false;
    work();
  };
  return () => {
    if (isDue && !isMoreExpected()) enough.raise();
    if (isDue) return;
    isDue = true;
    void run();
  };
}

interface Sending {
  readonly sink: Sink;
  readonly window: Window;
  readonly closing: AbortSignal;
}

/** `broken`: one before them has failed, or the loop is closing. */
async function sendAll(
  { sink, window, closing }: Sending,
  entries: readonly LoggedEvent[],
): Promise<'all' | 'wait' | 'broken'> {
  for (const entry of entries) {
    const room = sink.room?.() ?? null;
    if (room !== null) await unlessAborted(room, closing).catch(() => {});
    if (closing.aborted || !window.takes()) return 'broken';
    try {
      const answer = await sink.send(entry);
      if (answer === 'wait') return 'wait';
      window.add(entry.seq, answer.outcome);
    } catch (thrown) {
      window.add(entry.seq, Promise.reject(thrown));
      return 'broken';
    }
  }
  return 'all';
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
