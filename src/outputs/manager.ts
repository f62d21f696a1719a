import { settlesWithin, sleep } from '../async.ts';
import type { Clock } from '../clock.ts';
import type {
  DeliveryRecords,
  ParkedChoice,
  SettledEvent,
  SinkPosition,
  SinkStatus,
} from '../domain/delivery.ts';
import type { PartHealth } from '../domain/view.ts';
import type { Instant } from '../domain/values.ts';
import { balanceFirst, eventsKept, undeliveredAfter } from '../limits.ts';
import { createDelivery, type Delivery } from './delivery-loop.ts';
import type { Output, Snapshot, Sink } from './output.ts';

export interface OutputManagerOptions {
  readonly clock: Clock;
  /** Whether the bank has told the time: until then the clock may be years ahead. */
  readonly isTimeKnown: () => boolean;
  /** Between 0 and 1. */
  readonly random: () => number;
  readonly records: DeliveryRecords;
  /** An event arrived at a sink, so many milliseconds after it was recorded. */
  readonly onDelivered?: (sink: string, took: number) => void;
  /** How often a snapshot is rendered without any change, in milliseconds: values become stale with time alone. */
  readonly renderEvery: number;
}

const parkedShown = 20;

/** All outputs and sinks: each output is shown every snapshot, and each sink is sent the events after its own cursor. */
export class OutputManager {
  readonly #options: OutputManagerOptions;
  readonly #stop = new AbortController();
  readonly #outputs: Output[] = [];
  readonly #awaiting: Sink[] = [];
  readonly #sinks: ActiveSink[] = [];
  #snapshot: (() => Snapshot) | null = null;
  #isDue = false;
  #looksAgain = false;
  /** The backlog in the last snapshot. */
  #backlog = 0;

  constructor(options: OutputManagerOptions) {
    this.#options = options;
  }

  addOutput(output: Output): void {
    this.#outputs.push(output);
  }

  /** Its delivery begins with that of the others, or at once where theirs has begun: then it throws as `deliver` does. */
  addSink(sink: Sink): void {
    this.#awaiting.push(sink);
    if (this.#snapshot !== null) this.deliver(this.#snapshot);
  }

  /**
   * Begins the delivery: every sink receives the events after its cursor, a new sink those from now on. Outputs are shown
   * what `snapshot` returns. Throws where the disk refuses to store a cursor.
   */
  deliver(snapshot: () => Snapshot): void {
    this.#snapshot = snapshot;
    for (const { name } of this.#awaiting) this.#options.records.attend(name);
    for (const sink of this.#awaiting.splice(0)) this.#begin(sink);
  }

  #begin(sink: Sink): void {
    const { clock, random, records, onDelivered } = this.#options;
    const { name } = sink;
    const recorded = new Map<number, Instant>();
    const delivery = createDelivery({
      sink,
      next: (limit, underway) => {
        const entries = records.next(name, limit, underway);
        for (const { seq, event } of entries) recorded.set(seq, event.at);
        return entries;
      },
      settle: (settled) => {
        records.settle(name, settled);
        for (const { seq, outcome } of settled) {
          const at = recorded.get(seq);
          recorded.delete(seq);
          if (at !== undefined && outcome === 'delivered') onDelivered?.(name, clock.now() - at);
        }
        sink.settled?.(settled);
        this.#settled(settled);
      },
      parked: () => records.position(name).parkedCount,
      clock,
      random,
      onChange: () => this.renderSoon(),
    });
    this.#sinks.push({ sink, delivery, backlog: createBacklog(clock) });
  }

  /** Renders now and then, and deletes old events that no sink needs any more, until closed. */
  async run(): Promise<void> {
    const { clock, renderEvery } = this.#options;
    void this.#tidy();
    while (!this.#stop.signal.aborted) {
      this.renderSoon();
      await sleep(clock, renderEvery, this.#stop.signal);
    }
  }

  /** Renders in the next turn, once for all changes of this one. */
  renderSoon(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    setImmediate(() => this.#render());
  }

  /** Renders, then sends new events: an automation that an event starts must find the new balance. */
  announce(): void {
    this.#render();
    for (const { delivery } of this.#sinks) delivery.ring();
  }

  /** Resolves when the outputs have published what they were shown, and after `balanceFirst` at the latest. */
  async settled(): Promise<void> {
    const settled = Promise.all(this.#outputs.map(async (output) => output.settled?.()));
    await settlesWithin(this.#options.clock, balanceFirst, settled);
  }

  sinks(): readonly SinkStatus[] {
    const { records } = this.#options;
    return this.#sinks.map(({ sink: { name }, delivery }) => {
      const { state, sentence } = delivery.health();
      const waitsFor = delivery.waiting()?.waitsFor ?? null;
      const parked = records.parked(name, parkedShown);
      return { name, ...records.position(name), parked, state, sentence, waitsFor };
    });
  }

  /** Sends events again that a sink refused. Returns how many. */
  retry(choice: ParkedChoice): number {
    const retried = this.#options.records.retry(choice);
    for (const { delivery } of this.#sinks) delivery.ring();
    this.renderSoon();
    return retried;
  }

  /** The number of undelivered events at the sink that is furthest behind. */
  undelivered(): number {
    const { records } = this.#options;
    return Math.max(0, ...this.#sinks.map(({ sink }) => records.position(sink.name).undelivered));
  }

  /** The same for outputs: 0 until one of them has waited for `undeliveredAfter`, and again as soon as none waits. */
  backlog(): number {
    const { records } = this.#options;
    const backlogs = this.#sinks.map(({ sink, backlog }) => backlog(records.position(sink.name)));
    void this.#lookAgain(Math.min(...backlogs.map(({ changesIn }) => changesIn)));
    this.#backlog = Math.max(0, ...backlogs.map(({ shown }) => shown));
    return this.#backlog;
  }

  health(): readonly PartHealth[] {
    return [...this.#outputs, ...this.#sinks.map(({ delivery }) => delivery)].map((part) => part.health());
  }

  /** Ends the delivery, then closes every output; what was rendered stays. Throws the first failure once all are closed. */
  async close(): Promise<void> {
    this.#stop.abort(new Error('the bridge is stopping'));
    await Promise.all(this.#sinks.map(({ delivery }) => delivery.close()));
    const closed = await Promise.allSettled(this.#outputs.map(async (output) => output.close()));
    const failed = closed.find(({ status }) => status === 'rejected');
    if (failed?.status === 'rejected') throw failed.reason;
  }

  /** Deletes little at a time, so that nothing else has to wait for the disk. */
  async #tidy(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) await sleep(this.#options.clock, this.#tidyOnce(), signal);
  }

  /** Returns how long to wait before the next time, in milliseconds. A clock that was never checked deletes nothing. */
  #tidyOnce(): number {
    const { clock, isTimeKnown } = this.#options;
    if (!isTimeKnown()) return eventsKept.askTimeEvery;
    return this.#prune(clock.now() - eventsKept.longest) ? eventsKept.breath : eventsKept.lookEvery;
  }

  /** Whether there may be more to delete. A failing disk is reported by what has something to record. */
  #prune(before: Instant): boolean {
    const { records } = this.#options;
    try {
      for (const { sink } of this.#sinks) records.attend(sink.name);
      return records.prune(before, eventsKept.atOnce) === eventsKept.atOnce;
    } catch {
      return false;
    }
  }

  /** An event that has passed through changes nothing that is shown. */
  #settled(settled: readonly SettledEvent[]): void {
    const isRefused = settled.some(({ outcome }) => typeof outcome === 'object');
    if (isRefused || this.#backlog > 0) this.renderSoon();
  }

  async #lookAgain(ms: number): Promise<void> {
    if (this.#looksAgain || ms === Infinity) return;
    this.#looksAgain = true;
    await sleep(this.#options.clock, ms, this.#stop.signal);
    this.#looksAgain = false;
    this.renderSoon();
  }

  #render(): void {
    this.#isDue = false;
    if (this.#stop.signal.aborted || this.#outputs.length === 0) return;
    const snapshot = this.#snapshot?.();
    if (snapshot === undefined) return;
    for (const output of this.#outputs) output.show(snapshot);
  }
}

interface ActiveSink {
  readonly sink: Sink;
  readonly delivery: Delivery;
  readonly backlog: (position: SinkPosition) => Backlog;
}

interface Backlog {
  readonly shown: number;
  /** In how many milliseconds it would be another one; `Infinity` where it would not. */
  readonly changesIn: number;
}

/** Returns what tells how many events wait, from where one sink is now: nothing changes for those that pass through. */
function createBacklog(clock: Clock): ActiveSink['backlog'] {
  let shown = 0;
  let before = { cursor: 0, undelivered: 0 };
  let since = clock.monotonic();
  return ({ cursor, undelivered }) => {
    const now = clock.monotonic();
    const goesOn = before.undelivered === 0 || cursor > before.cursor || undelivered < before.undelivered;
    before = { cursor, undelivered };
    if (shown === 0 && goesOn) since = now;
    if (undelivered === 0) shown = 0;
    else if (now - since >= undeliveredAfter) {
      shown = undelivered;
      since = now;
    }
    return { shown, changesIn: shown === undelivered ? Infinity : since + undeliveredAfter - now };
  };
}
